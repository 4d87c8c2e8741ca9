local sidelight = require "double/sidelight"

describe("SelfCheck", function()
  local w, SelfCheck

  before_each(function()
    w = sidelight.world()
    SelfCheck = w:load("SelfCheck")
  end)

  after_each(function()
    w:stop()
  end)

  local function report()
    local file = assert(io.open(w.folder .. "/sidelight-self-check.txt"))
    local text = file:read("*a")
    file:close()
    return text
  end

  for what, is_raw in pairs({ raw = true, rendered = false }) do
    it("tries every key on a virtual copy of a " .. what .. " file", function()
      local photo = w.catalog:add({ path = "/photos/1", is_raw = is_raw })
      w.catalog:select({ photo })
      w:press("MenuSelfCheck.lua")
      assert.equal(23, select(2, report():gsub("ok       ", "")))
      assert.matches(is_raw and "Temperature sent 5400" or "IncrementalTint sent %-4", report())
      assert.matches("^Lightroom 0 %(double%)\nmacOS\nLua 5.1\n", report())
      assert.same({}, photo.history)
      assert.equal(5, #w.catalog.photos[2].history)
      assert.equal(w.folder .. "/sidelight-self-check.txt", w:happened("reveal")[1].path)
    end)
  end

  it("tells what is missing from what is different", function()
    assert.same({
      "DIFFERENT A sent 1, found 2", "MISSING   B sent { 1, 2 }, found nil", "ok        C sent x, found x",
    }, SelfCheck.compare({ A = 1, B = { 1, 2 }, C = "x" }, { A = 2, C = "x" }))
  end)

  it("writes down a step that failed", function()
    local photo = w.catalog:add({ path = "/photos/1" })
    w.catalog.is_busy = true
    local lines = w:task(SelfCheck.check, photo.photo)
    assert.equal("[basic panel]", lines[1])
    assert.equal("FAILED    Lightroom's catalog is busy; try again", lines[2])
  end)

  it("wants one photo", function()
    w:press("MenuSelfCheck.lua")
    assert.matches("Select one photo", sidelight.said(w))
    w.catalog:select({ w.catalog:add({ path = "/a.mov", is_video = true }) })
    w:press("MenuSelfCheck.lua")
    assert.equal(1, #w.catalog.photos)
  end)

  it("shows what it cannot write", function()
    w.catalog:select({ w.catalog:add({ path = "/photos/1" }) })
    local folder = w.folder
    w.folder = "/no/such/folder"
    w:press("MenuSelfCheck.lua")
    w.folder = folder
    assert.matches("ok        Exposure2012", sidelight.said(w))
  end)
end)
