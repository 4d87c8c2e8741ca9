local widgets = require "double/widgets"
local world = require "double/world"

describe("panel", function()
  local w, panel, settings, box, pressed

  local function build()
    panel, settings = require "sidelight/panel", require "sidelight/settings"
    settings.load()
    pressed = {}
    box = panel.build {
      auto = function()
        pressed[#pressed + 1] = "auto"
      end,
      match_camera = function()
        pressed[#pressed + 1] = "match the camera"
      end,
      undo = function()
        pressed[#pressed + 1] = "undo"
      end,
    }
  end

  before_each(function()
    w = world.start()
    build()
  end)

  after_each(function()
    w:stop()
  end)

  local function find(label)
    return assert(widgets.find(box, label), label)
  end

  it("shows the settings", function()
    assert.equal("auto", find("engine").value)
    assert.equal(2.3, find("HDR headroom").value)
    assert.equal(1, find("strength").value)
    assert.is_false(find("as duplicate").value)
    assert.is_false(find("overwrite").value)
  end)

  it("shows what is remembered", function()
    settings.change("headroom", 3.7)
    settings.change("strength", 0)
    settings.change("duplicate", true)
    w:restart()
    build()
    assert.same({ 3.7, 0, true }, { find("HDR headroom").value, find("strength").value, find("as duplicate").value })
  end)

  it("gives sliders their range", function()
    local headroom, strength = find("HDR headroom"), find("strength")
    assert.same({ 0, 4, 0, 4 }, { headroom.hard_min, headroom.hard_max, headroom.soft_min, headroom.soft_max })
    assert.same({ 0, 1, 0, 1 }, { strength.hard_min, strength.hard_max, strength.soft_min, strength.soft_max })
    assert.same({ 0.1, 2, 0.1, 2 }, { headroom.step, headroom.digits, strength.step, strength.digits })
    headroom.value, strength.value = 9, -1
    assert.same({ 4, 0 }, { headroom.value, strength.value })
  end)

  it("shows every engine and selects the one that is set", function()
    settings.ENGINES = { "auto", "camera" }
    settings.values.engine = "camera"
    build()
    local engine = find("engine")
    assert.same({ { "auto", "camera" }, "camera" }, { engine.items, engine.value })
    engine.selected = 1
    engine.changed_callback(engine)
    assert.equal("auto", settings.values.engine)
  end)

  it("changes settings by clicks", function()
    widgets.click(find("overwrite"))
    widgets.click(find("as duplicate"))
    assert.same({ true, true }, { settings.values.overwrite, settings.values.duplicate })
    widgets.click(find("overwrite"))
    assert.is_false(settings.values.overwrite)
  end)

  it("takes over what the sliders show when it is asked", function()
    find("HDR headroom").value, find("strength").value = 0, 0.4
    assert.same({ 2.3, 1 }, { settings.values.headroom, settings.values.strength })
    panel.read()
    assert.same({ 0, 0.4 }, { settings.values.headroom, settings.values.strength })
  end)

  it("has nothing to take over before it is shown", function()
    w:restart()
    panel, settings = require "sidelight/panel", require "sidelight/settings"
    panel.read()
    panel.explain("a.dng\nit was dark")
    assert.equal(2.3, settings.values.headroom)
  end)

  it("has a button for each action", function()
    for _, label in ipairs({ "auto HDR", "match the camera", "undo" }) do
      widgets.click(find(label))
      assert.is_true(#find(label).tooltip > 10)
    end
    assert.same({ "auto", "match the camera", "undo" }, pressed)
  end)

  it("explains everything it offers", function()
    for _, label in ipairs({ "engine", "HDR headroom", "strength", "as duplicate", "overwrite" }) do
      assert.is_true(#find(label).tooltip > 10)
    end
  end)

  it("explains a photo in lines that fit, reasons apart", function()
    panel.WIDTH = 34
    panel.explain("a.dng\nExposure up by 1.2 EV because the subject is dark\nWhites down")
    assert.equal(
      "a.dng\nExposure up by 1.2 EV because the\nsubject is dark\nWhites down", panel.explanation.label
    )
  end)

  it("counts letters, not bytes, and fills lines to the last", function()
    local half = ("é"):rep(panel.WIDTH // 2)
    local rest = ("é"):rep(panel.WIDTH - 1 - #half // 2)
    panel.explain(table.concat({ half, rest, half, rest .. "é", half }, " "))
    assert.equal(table.concat({ half .. " " .. rest, half, rest .. "é", half }, "\n"), panel.explanation.label)
  end)

  it("shows the name and three reasons", function()
    panel.explain("a.dng\none\ntwo\nthree\nfour\nfive")
    assert.equal("a.dng\none\ntwo\nthree", panel.explanation.label)
  end)

  it("leaves alone what does not fit and is one word, and what is not text", function()
    local long = ("x"):rep(60) .. ".dng"
    panel.explain(long .. "\n\xff\xfe\xff")
    assert.equal(long .. "\n\xff\xfe\xff", panel.explanation.label)
  end)

  it("keeps an explanation until there is another", function()
    panel.explain("a.dng")
    panel.explain(nil)
    panel.explain("")
    assert.equal("a.dng", panel.explanation.label)
  end)
end)
