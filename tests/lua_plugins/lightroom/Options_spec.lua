local sidelight = require "double/sidelight"

describe("Options", function()
  local w, Options

  before_each(function()
    w = sidelight.world()
    Options = w:load("Options")
    sidelight.photos(w, 1)
  end)

  after_each(function()
    w:stop()
  end)

  local function press(entered)
    w.entered = entered
    w:press("MenuOptions.lua")
    return w.sidelight.requests[#w.sidelight.requests]
  end

  it("are what the dialog says", function()
    local values = press({ headroom = 1.5, strength = 60 }).values
    assert.equal(1.5, values.headroom)
    assert.equal(0.6, values.strength)
    assert.equal("auto", values.engine)
    assert.equal("Sidelight: Auto HDR", w.dialog.title)
  end)

  it("are remembered", function()
    press({ headroom = 1.5, strength = 60 })
    assert.equal(1.5, press({}).values.headroom)
    assert.same({ engine = "auto", headroom = 1.5, strength = 60, copy = false, sdr_too = false }, w.prefs)
  end)

  it("make sense whatever was entered or remembered", function()
    assert.equal(4, press({ headroom = 99 }).values.headroom)
    assert.equal(0, press({ headroom = -3 }).values.headroom)
    w.prefs.engine, w.prefs.strength, w.prefs.headroom = "gone", "x", {}
    assert.same(Options.DEFAULTS, Options.remembered())
  end)

  it("may be thought better of", function()
    w.pressed = "cancel"
    assert.is_nil(press({ headroom = 1 }))
    assert.same({}, w.prefs)
    assert.same({}, w.catalog.undo_steps)
  end)

  it("can be for SDR", function()
    w.sidelight.predict = function(values)
      return { terms = { Exposure2012 = 1, HDREditMode = values.headroom == 0 and 0 or 1 } }
    end
    w.catalog.photos[1].develop.HDREditMode = 1
    press({ headroom = 0 })
    assert.equal(0, w.catalog.photos[1].develop.HDREditMode)
  end)
end)
