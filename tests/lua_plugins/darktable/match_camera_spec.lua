local world = require "double/world"

describe("match_camera", function()
  local w, match_camera, settings

  before_each(function()
    w = world.start()
    match_camera, settings = require "sidelight/match_camera", require "sidelight/settings"
  end)

  after_each(function()
    w:stop()
  end)

  local function edit(images)
    local progress = {}
    function progress.set() end
    function progress.canceled()
      return false
    end
    return w:run(match_camera.run, w.installation, images, progress)
  end

  it("asks for an SDR edit like the camera's, whatever the panel shows", function()
    settings.values.headroom = 2.3
    local photo = w:photo("a.dng")
    assert.equal("Match the camera: 1 edited", (edit({ photo }):text()))
    local header = w.helper.talks[1].header
    assert.same({ "auto", "camera", "0.000" }, { header.action, header.engine, header.headroom })
    assert.same({ 1, "sidelight sdr" }, { w:count(), w:record(photo).edit })
    assert.same({ "auto", 2.3 }, { settings.values.engine, settings.values.headroom })
  end)

  it("names a photo without a camera's JPEG, and edits the others", function()
    w.helper.photos["a.dng"] = { failed = "there is no JPEG of the camera in it" }
    local result = edit({ w:photo("a.dng"), w:photo("b.dng") })
    assert.equal("Match the camera: 1 edited, 1 failed. a.dng: there is no JPEG of the camera in it", (result:text()))
  end)

  it("speaks the language of the screen", function()
    w.translations["Match the camera"] = "Wie die Kamera"
    assert.equal("Wie die Kamera", match_camera.title())
  end)
end)
