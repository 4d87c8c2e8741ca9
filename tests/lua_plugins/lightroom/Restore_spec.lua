local sidelight = require "double/sidelight"

describe("Restore", function()
  local w, photos

  before_each(function()
    w = sidelight.world()
    photos = sidelight.photos(w, 2)
    photos[1].develop.Exposure2012 = -1
  end)

  after_each(function()
    w:stop()
  end)

  local function restore()
    w:press("MenuRestore.lua")
    return sidelight.said(w)
  end

  it("puts back what was before, and takes its snapshot away", function()
    w:press("MenuAuto.lua")
    assert.equal("Sidelight: Restore: 2 restored", restore())
    assert.equal(-1, photos[1].develop.Exposure2012)
    assert.equal(0, photos[2].develop.HDREditMode)
    assert.same({}, photos[1].snapshots)
  end)

  it("is one undo step itself", function()
    w:press("MenuAuto.lua")
    restore()
    assert.equal("Restore before Sidelight", w.catalog:undo())
    assert.equal(0.5, photos[1].develop.Exposure2012)
    assert.equal(1, #photos[1].snapshots)
  end)

  it("goes back one edit at a time", function()
    w:press("MenuAuto.lua")
    w.sidelight.predict = function()
      return { terms = { Exposure2012 = 2 } }
    end
    w:press("MenuAuto.lua")
    assert.equal(2, photos[1].develop.Exposure2012)
    restore()
    assert.equal(0.5, photos[1].develop.Exposure2012)
    restore()
    assert.equal(-1, photos[1].develop.Exposure2012)
    assert.equal("Sidelight: Restore: 2 without an edit of Sidelight", restore())
  end)

  it("needs no Sidelight", function()
    w:press("MenuAuto.lua")
    w.sidelight.is_down = true
    assert.equal("Sidelight: Restore: 2 restored", restore())
  end)

  it("leaves photos that were never edited, and videos", function()
    w.catalog:select({ photos[1], w.catalog:add({ path = "/photos/clip.mov", is_video = true }) })
    assert.equal("Sidelight: Restore: 2 without an edit of Sidelight", restore())
    assert.same({}, w.catalog.undo_steps)
  end)

  it("asks when nothing is selected", function()
    w.catalog:select({})
    w.confirmed = false
    w:press("MenuRestore.lua")
    assert.equal(1, #w:happened("question"))
    assert.same({}, w:happened("bezel"))
  end)

  it("changes nothing when canceled or busy", function()
    w:press("MenuAuto.lua")
    local Restore = w:load("Restore")
    local objects = { photos[1].photo, photos[2].photo }
    local summary = w:task(Restore.restore, objects, function()
      return true
    end)
    assert.matches("canceled", summary.stopped)
    w.catalog.is_busy = true
    assert.matches("busy", restore())
    assert.equal(0.5, photos[1].develop.Exposure2012)
    assert.equal(1, #photos[1].snapshots)
  end)
end)
