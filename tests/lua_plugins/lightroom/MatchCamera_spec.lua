local sidelight = require "double/sidelight"

describe("MatchCamera", function()
  local w

  before_each(function()
    w = sidelight.world()
    w.sidelight.predict = function(values)
      if values.engine ~= "camera" or values.headroom ~= 0 then
        return { status = 422, body = '{"detail":"asked for in another way"}' }
      elseif values.photo:find("002") then
        return { status = 422, body = '{"detail":"there is no JPEG of the camera in it"}' }
      end
      return { terms = { Exposure2012 = 1, ToneCurvePV2012 = { 0, 0, 64, 80, 255, 255 }, ToneCurveName2012 = "Custom", HDREditMode = 0 } }
    end
  end)

  after_each(function()
    w:stop()
  end)

  local function press()
    w:press("MenuMatchCamera.lua")
    return sidelight.said(w)
  end

  it("asks for an SDR edit like the camera's", function()
    local state = sidelight.photos(w, 1)[1]
    state.develop.HDREditMode, state.develop.HDRMaxValue = 1, 2
    assert.equal("Sidelight: Match the camera: 1 edited", press())
    assert.same({ 0, 64 }, { state.develop.HDREditMode, state.develop.ToneCurvePV2012[3] })
    assert.same({ "Sidelight Match the camera" }, state.history)
    assert.equal("Sidelight: Match the camera", w:happened("progress")[1].title)
    assert.equal("Sidelight Match the camera", w.catalog:undo())
  end)

  it("is taken back by Restore", function()
    local state = sidelight.photos(w, 1)[1]
    press()
    w:press("MenuRestore.lua")
    assert.equal("Sidelight: Restore: 1 restored", sidelight.said(w))
    assert.equal(0, state.develop.Exposure2012)
  end)

  it("names a photo without a camera's JPEG", function()
    local photos = sidelight.photos(w, 2)
    assert.equal("Sidelight: Match the camera: 1 edited, 1 failed\n002.cr3: there is no JPEG of the camera in it", press())
    assert.equal(0, photos[2].develop.Exposure2012)
  end)

  it("does not take a preview of Lightroom's for the camera's", function()
    w.files["/cache/1.dng"] = "dng"
    w.catalog:select({ w.catalog:add({ path = "/gone/1.cr3", thumbnail = "jpeg", smart_preview = "/cache/1.dng" }) })
    assert.equal("Sidelight: Match the camera: 1 failed\n1.cr3: " .. w:load("Previews").NO_FILE, press())
    assert.same({}, w.sidelight.requests)
  end)

  it("says in its own name what is in the way", function()
    sidelight.photos(w, 1)
    w.sidelight.is_down = true
    assert.matches("^Sidelight: Match the camera\nSidelight is not running", press())
  end)
end)
