local sidelight = require "double/sidelight"

describe("Predictions", function()
  local w, Predictions

  before_each(function()
    w = sidelight.world()
    Predictions = w:load("Predictions")
  end)

  after_each(function()
    w:stop()
  end)

  local function entries(count)
    local found = {}
    for index = 1, count do
      found[index] = { number = index }
    end
    return found
  end

  local function run(list, ask, is_canceled)
    local told = {}
    local done = w:task(Predictions.run, list, ask, is_canceled or function()
      return false
    end, function(count)
      told[#told + 1] = count
    end)
    return done, told
  end

  local function slow(entry)
    w.modules.LrTasks.sleep(0.5)
    return { of = entry.number }
  end

  it("come in for every photo, a few at a time", function()
    local list, open, most = entries(7), 0, 0
    local done, told = run(list, function(entry)
      open = open + 1
      most = math.max(most, open)
      local edit = slow(entry)
      open = open - 1
      return edit
    end)
    assert.is_true(done)
    for index, entry in ipairs(list) do
      assert.same({ of = index }, entry.edit)
    end
    assert.equal(Predictions.AT_ONCE, most)
    assert.is_true(told[#told] > told[1])
  end)

  it("fail one by one", function()
    local list = entries(3)
    run(list, function(entry)
      if entry.number == 1 then
        return nil, "it is broken"
      elseif entry.number == 2 then
        error("worse", 0)
      end
      return slow(entry)
    end)
    assert.same({ "it is broken", "worse" }, { list[1].trouble, list[2].trouble })
    assert.is_nil(list[3].trouble)
  end)

  it("end at once when they are canceled, whatever is on its way", function()
    local list, canceled, ended = entries(500), false, nil
    w:at(2, function()
      canceled = true
    end)
    w.scheduler:start(function()
      local done = Predictions.run(list, function(entry)
        w.modules.LrTasks.sleep(30)
        return { of = entry.number }
      end, function()
        return canceled
      end, function() end)
      ended = w.scheduler:now()
      assert(not done)
    end)
    w.scheduler:run()
    assert.is_true(ended <= 2.2)
    assert.is_nil(list[1].edit)
    assert.is_nil(list[3].trouble)
  end)

  it("of no photos are all there", function()
    assert.is_true((run({}, slow)))
  end)
end)
