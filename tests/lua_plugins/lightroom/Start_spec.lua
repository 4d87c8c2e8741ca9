local sidelight = require "double/sidelight"

describe("Start", function()
  local w

  after_each(function()
    w:stop()
  end)

  local function start(command, after_s)
    w = sidelight.world({ installation = { endpoint = "/state/endpoint.json", start = command } })
    w.sidelight.is_down = true
    if after_s then
      w.on_execute = function()
        w:at(after_s, function()
          w.sidelight.is_down = false
        end)
      end
    end
    return w:task(function()
      return w:load("Start").daemon()
    end)
  end

  it("starts what does not run, by setup's own words", function()
    assert.is_not_nil((start("run it &", 3)))
    assert.same({ "run it &" }, w.started)
  end)

  it("does not start what runs", function()
    w = sidelight.world({ installation = { endpoint = "/state/endpoint.json", start = "run it &" } })
    assert.is_not_nil((w:task(w:load("Start").daemon)))
    assert.same({}, w.started)
  end)

  it("says so where it may not", function()
    local daemon, trouble = start(false)
    assert.is_nil(daemon)
    assert.equal("Sidelight is not running. Start it with: sidelight serve", trouble)
    assert.same({}, w.started)
  end)

  it("gives up after a while", function()
    local daemon, trouble = start("run it &")
    assert.is_nil(daemon)
    assert.matches("is not running", trouble)
    local patience = w:load("Start").PATIENCE_S
    assert.is_true(w.scheduler:now() > patience - 5 and w.scheduler:now() < patience + 5)
  end)

  it("starts nothing beside a stranger", function()
    w = sidelight.world({ installation = { endpoint = "/state/endpoint.json", start = "run it &" } })
    w.sidelight.key = "guess"
    local _, trouble = w:task(w:load("Start").daemon)
    assert.matches("another program", trouble)
    assert.same({}, w.started)
  end)

  it("needs setup", function()
    w = sidelight.world({ installation = false })
    local _, trouble = w:task(w:load("Start").daemon)
    assert.matches("sidelight setup lightroom", trouble)
    assert.equal("absent", select(2, w:task(w:load("Start").start)))
  end)
end)
