local world = require "double/world"

describe("outcome", function()
  local w, result

  before_each(function()
    w = world.start()
    local words = { done = "%d edited", kept = "%d kept", failed = "%d failed" }
    result = require("sidelight/outcome").new("Auto HDR", { "done", "kept", "failed" }, words)
  end)

  after_each(function()
    w:stop()
  end)

  local function said()
    return (result:text())
  end

  local function reasons()
    return (select(2, result:text()))
  end

  it("says that there was nothing to do", function()
    assert.equal("Auto HDR: nothing to do", said())
  end)

  it("says so in the language of the screen", function()
    w.translations["nothing to do"] = "nichts zu tun"
    assert.equal("Auto HDR: nichts zu tun", said())
  end)

  it("counts in the order of its words", function()
    result:add("kept", "a")
    result:add("done", "b")
    result:add("done", "c")
    assert.equal("Auto HDR: 2 edited, 1 kept", said())
    assert.same({ 2, 1, 0 }, { result:count("done"), result:count("kept"), result:count("failed") })
  end)

  it("gives the reason of the one that failed", function()
    result:add("done", "a.dng")
    result:add("failed", "b.dng", "it is broken")
    assert.equal("Auto HDR: 1 edited, 1 failed. b.dng: it is broken", said())
    assert.same({ "b.dng: it is broken" }, reasons())
  end)

  it("gives the first reason of many, and all of them for the log", function()
    result:add("failed", "a.dng", "one")
    result:add("failed", "b.dng", "two")
    result:add("failed", "c.dng")
    result:add("failed", "d.dng", "")
    assert.equal("Auto HDR: 4 failed. a.dng: one …", said())
    assert.same({ "a.dng: one", "b.dng: two" }, reasons())
  end)

  it("gives no reasons for what went well or was kept", function()
    result:add("kept", "a.dng", "it has an edit already")
    result:add("done", "b.dng", "indeed")
    assert.equal("Auto HDR: 1 edited, 1 kept", said())
    assert.same({}, reasons())
  end)

  it("says last why it stopped", function()
    result:add("done", "a.dng")
    result:add("failed", "b.dng", "it is broken")
    result:stop("the disk is full")
    assert.equal("Auto HDR: 1 edited, 1 failed. b.dng: it is broken. the disk is full", said())
  end)

  it("says why it stopped before anything", function()
    result:stop("Sidelight is not running")
    assert.equal("Auto HDR: Sidelight is not running", said())
  end)

  it("takes names and reasons for what they are", function()
    result:add("failed", "100%d %s.dng", "%q")
    assert.equal("Auto HDR: 1 failed. 100%d %s.dng: %q", said())
  end)
end)
