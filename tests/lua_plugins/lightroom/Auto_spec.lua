local sidelight = require "double/sidelight"

describe("Auto", function()
  local w, Auto

  before_each(function()
    w = sidelight.world()
    Auto = w:load("Auto")
  end)

  after_each(function()
    w:stop()
  end)

  local function press()
    w:press("MenuAuto.lua")
    return sidelight.said(w)
  end

  it("edits the selection in one undo step after a snapshot", function()
    local photos = sidelight.photos(w, 3)
    assert.equal("Sidelight: Auto HDR: 3 edited", press())
    for _, state in ipairs(photos) do
      assert.equal(0.5, state.develop.Exposure2012)
      assert.equal(1, state.develop.HDREditMode)
      assert.same({ "Sidelight Auto HDR" }, state.history)
      assert.equal(0, state.snapshots[1].develop.Exposure2012)
    end
    assert.equal("Sidelight Auto HDR", w.catalog:undo())
    for _, state in ipairs(photos) do
      assert.equal(0, state.develop.Exposure2012)
      assert.equal(0, state.develop.HDREditMode)
    end
    assert.is_true(w.progress.is_over and w.progress.is_cancelable)
  end)

  it("sends only what changes", function()
    local state = sidelight.photos(w, 1)[1]
    state.develop.Crop = nil
    state.develop.MaskGroupBasedCorrections = { { What = "Mask" } }
    press()
    local sent = w:happened("apply")[1]
    assert.is_nil(sent.settings.MaskGroupBasedCorrections)
    assert.is_nil(sent.settings.Contrast2012)
    assert.is_nil(sent.settings.ToneCurvePV2012)
    assert.same({}, sent.dropped)
    assert.same({ { What = "Mask" } }, state.develop.MaskGroupBasedCorrections)
  end)

  it("does nothing the second time", function()
    sidelight.photos(w, 2)
    press()
    assert.equal("Sidelight: Auto HDR: 2 were like that already", press())
    assert.equal(2, #w.catalog.undo_steps)
  end)

  it("asks for what Sidelight's configuration says", function()
    sidelight.photos(w, 1)
    press()
    assert.same({ photo = "/photos/001.cr3", editors = { "lightroom" } }, w.sidelight.requests[1].values)
  end)

  it("keeps to an HDR limit that the photo has", function()
    local state = sidelight.photos(w, 1)[1]
    state.develop.HDREditMode, state.develop.HDRMaxValue = 1, 1.5
    press()
    assert.equal(1.5, w.sidelight.requests[1].values.headroom)
    assert.same({ headroom = 3 }, Auto.request({ headroom = 3 }, { HDREditMode = 1, HDRMaxValue = 1.5 }))
    assert.same({}, Auto.request({}, { HDREditMode = 0, HDRMaxValue = 2.3 }))
    assert.same({ headroom = 4 }, Auto.request({}, { HDREditMode = 1, HDRMaxValue = 9 }))
    assert.same({}, Auto.request({}, { HDREditMode = 1, HDRMaxValue = 0 }))
  end)

  it("skips videos and names virtual copies and stacks", function()
    local photos = sidelight.photos(w, 2)
    photos[1].metadata.isVirtualCopy, photos[2].metadata.isInStackInFolder = true, true
    photos[3] = w.catalog:add({ path = "/photos/clip.mov", is_video = true })
    w.catalog:select(photos)
    assert.equal(
      "Sidelight: Auto HDR: 2 edited, 1 videos skipped\n1 of them are virtual copies\n1 of them are in stacks", press())
    assert.equal(2, #w.sidelight.requests)
  end)

  it("of videos alone changes nothing", function()
    w.catalog:select({ w.catalog:add({ path = "/photos/clip.mov", is_video = true }) })
    assert.equal("Sidelight: Auto HDR: 1 videos skipped\n", press())
    assert.same({}, w.catalog.undo_steps)
  end)

  it("leaves kelvin out of a rendered file, and says so", function()
    w.files["/photos/1.jpg"] = "jpeg"
    local state = w.catalog:add({ path = "/photos/1.jpg", is_raw = false })
    w.catalog:select({ state })
    assert.matches("white balance left as it is", press())
    assert.equal(0.5, state.develop.Exposure2012)
    assert.is_nil(state.develop.Temperature)
    assert.equal("As Shot", state.develop.WhiteBalance)
  end)

  it("says what Lightroom did not take", function()
    sidelight.photos(w, 1)
    w.sidelight.predict = function()
      return { terms = { Exposure2012 = 9, NewSlider = 1, Contrast2012 = 5 } }
    end
    assert.matches("1 edited\n001.cr3: Lightroom did not take Exposure2012, NewSlider$", press())
  end)

  it("changes nothing when it is canceled while photos are predicted", function()
    sidelight.photos(w, 500)
    w.sidelight.seconds = 4
    w:at(10, function()
      w.progress.is_canceled = true
    end)
    assert.matches("canceled; nothing was changed", press())
    assert.is_true(w:happened("message")[1].at <= 11)
    assert.same({}, w.catalog.undo_steps)
    assert.same({}, w:happened("snapshot"))
  end)

  it("changes nothing when it is canceled at the last moment", function()
    local photos = sidelight.photos(w, 3)
    local note = w.note
    function w:note(kind, values)
      note(self, kind, values)
      if kind == "snapshot" then
        w.progress.is_canceled = true
      end
    end
    assert.matches("canceled; nothing was changed", press())
    for _, state in ipairs(photos) do
      assert.equal(0, state.develop.Exposure2012)
      assert.same({}, state.snapshots)
    end
  end)

  it("edits 500 photos in one step, and never holds Lightroom up for long", function()
    sidelight.photos(w, 500)
    w.patience = 1000
    assert.equal("Sidelight: Auto HDR: 500 edited", press())
    assert.equal(2, #w.catalog.undo_steps)
    assert.is_true(w.scheduler.longest_s < 1)
  end)

  it("edits the others when one was deleted or cannot be predicted", function()
    local photos = sidelight.photos(w, 4)
    w.sidelight.predict = function(values)
      if values.photo:find("002") then
        return { status = 422, body = '{"detail":"it is cut off"}' }
      end
      photos[3].is_deleted = values.photo:find("004") ~= nil
      return nil
    end
    local said = press()
    assert.matches("^Sidelight: Auto HDR: 2 edited, 2 failed\n", said)
    assert.matches("002.cr3: it is cut off", said)
    assert.matches("003.cr3: .*the photo was deleted", said)
  end)

  it("edits photos that are away by their previews", function()
    local state = w.catalog:add({ path = "/gone/1.cr3", thumbnail = "jpeg" })
    w.catalog:select({ state })
    w.sidelight.predict = function(_, request)
      assert(request.body == "jpeg")
      return { terms = { Exposure2012 = 1, WhiteBalance = "Custom", IncrementalTemperature = 4, IncrementalTint = 0 } }
    end
    assert.matches("1 edited\n1.cr3: white balance left", press())
    assert.equal(1, state.develop.Exposure2012)
    assert.equal("As Shot", state.develop.WhiteBalance)
  end)

  it("leaves everything as it is while the catalog is busy", function()
    local state = sidelight.photos(w, 1)[1]
    w.catalog.is_busy = true
    assert.matches("busy; try again", press())
    assert.equal(0, state.develop.Exposure2012)
  end)

  it("edits virtual copies instead, if asked to", function()
    local photos = sidelight.photos(w, 2)
    w.entered = { copy = true }
    w:press("MenuOptions.lua")
    assert.equal("Sidelight: Auto HDR: 2 edited\n2 of them are virtual copies", sidelight.said(w))
    assert.equal(0, photos[1].develop.Exposure2012)
    assert.equal(0.5, w.catalog.photos[3].develop.Exposure2012)
    assert.equal("Sidelight", w.catalog.photos[4].metadata.copyName)
  end)

  it("leaves no virtual copies when it is canceled or fails", function()
    sidelight.photos(w, 4)
    w.entered = { copy = true }
    w:at(0.3, function()
      w.progress.is_canceled = true
    end)
    w:press("MenuOptions.lua")
    w.sidelight.predict = function()
      return { status = 500 }
    end
    w:press("MenuOptions.lua")
    assert.matches("4 failed", sidelight.said(w))
    assert.equal(4, #w.catalog.photos)
  end)

  it("makes SDR versions on copies besides, if asked to", function()
    local photos = sidelight.photos(w, 2)
    w.sidelight.predict = function(values)
      return { terms = { Exposure2012 = 1, HDREditMode = values.headroom == 0 and 0 or 1 } }
    end
    w.entered = { sdr_too = true, headroom = 2 }
    w:press("MenuOptions.lua")
    assert.equal(
      "Sidelight: Auto HDR: 2 edited; SDR: 2 edited\nSDR:\n2 of them are virtual copies", sidelight.said(w))
    assert.equal(4, #w.catalog.photos)
    for index, is_hdr in ipairs({ 1, 1, 0, 0 }) do
      assert.equal(is_hdr, w.catalog.photos[index].develop.HDREditMode)
    end
    assert.equal("Sidelight SDR", w.catalog.photos[3].metadata.copyName)
    assert.same({ "Sidelight Auto HDR" }, photos[1].history)
  end)

  for reason, change in pairs({
    ["Sidelight is not running. Start it with: sidelight serve"] = { is_down = true },
    ["another program answers in Sidelight's place, or endpoint.json holds a wrong token; nothing was sent to it. Restart Sidelight"] = { key = "guess" },
    ["the running Sidelight is of another version than this plug-in; run: sidelight setup lightroom"] = { api = { 2 } },
  }) do
    it("says at once: " .. reason, function()
      sidelight.photos(w, 2)
      for name, value in pairs(change) do
        w.sidelight[name] = value
      end
      assert.equal("Sidelight: Auto HDR\n" .. reason, press())
      assert.is_true(w.scheduler:now() < 2)
      assert.same({}, w.catalog.undo_steps)
      assert.is_true(w.progress.is_over)
    end)
  end
end)
