local world = require "double/world"

describe("settings", function()
  local w, settings

  local function restart()
    w:restart()
    settings = require "sidelight/settings"
    settings.load()
  end

  before_each(function()
    w = world.start()
    restart()
  end)

  after_each(function()
    w:stop()
  end)

  local DEFAULTS = { engine = "auto", headroom = 2.3, strength = 1.0, overwrite = false, duplicate = false }

  it("begins with what is usual, not with what darktable answers for nothing", function()
    assert.same(DEFAULTS, settings.values)
    restart()
    assert.same(DEFAULTS, settings.values)
  end)

  it("remembers what was changed", function()
    settings.change("headroom", 0)
    settings.change("strength", 0.5)
    settings.change("duplicate", true)
    restart()
    assert.same({ engine = "auto", headroom = 0, strength = 0.5, overwrite = false, duplicate = true }, settings.values)
    settings.change("duplicate", false)
    restart()
    assert.is_false(settings.values.duplicate)
  end)

  it("remembers overwriting for no longer than darktable runs", function()
    settings.change("overwrite", true)
    assert.is_true(settings.values.overwrite)
    assert.same({}, w.stored)
    settings.change("strength", 0.5)
    restart()
    assert.is_false(settings.values.overwrite)
    for key in pairs(w.stored) do
      assert.is_nil(key:find("overwrite"))
    end
  end)

  it("remembers an engine, and forgets one that is no more", function()
    settings.change("engine", "other")
    w:restart()
    settings = require "sidelight/settings"
    settings.ENGINES = { "auto", "camera", "other" }
    settings.load()
    assert.equal("other", settings.values.engine)
    restart()
    assert.equal("auto", settings.values.engine)
  end)

  it("keeps what belongs to the script under its name", function()
    settings.change("strength", 0.5)
    for key in pairs(w.stored) do
      assert.matches("^sidelight/", key)
    end
  end)

  it("says settings as an order does, wherever darktable runs", function()
    settings.change("headroom", 2.25)
    assert.same({ engine = "auto", headroom = "2.250", strength = "1.000" }, settings.fields())
    local format = string.format
    rawset(string, "format", function(...)
      return (format(...):gsub("%.", ","))
    end)
    local fields = settings.fields()
    rawset(string, "format", format)
    assert.same({ engine = "auto", headroom = "2.250", strength = "1.000" }, fields)
  end)

  it("says other values for one action, and keeps its own", function()
    assert.same(
      { engine = "camera", headroom = "0.000", strength = "1.000" }, settings.fields { engine = "camera", headroom = 0 }
    )
    assert.same({ "auto", 2.3 }, { settings.values.engine, settings.values.headroom })
    assert.same({}, w.stored)
  end)

  it("says what it read back as what was written", function()
    settings.change("strength", 0.7)
    restart()
    assert.equal("0.700", settings.fields().strength)
    assert.equal("2.300", settings.fields().headroom)
  end)
end)
