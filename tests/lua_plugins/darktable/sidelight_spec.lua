local files = require "double/files"
local widgets = require "double/widgets"
local world = require "double/world"

local LUA = {}
for name in ([[
  _G _VERSION arg assert collectgarbage coroutine debug dofile error getmetatable io ipairs lfs load loadfile math next
  os package pairs pcall print rawequal rawget rawlen rawset require select setmetatable string table tonumber tostring
  type utf8 warn xpcall
]]):gmatch("%S+") do
  LUA[name] = true
end

local SELECT_FIRST = "Sidelight: select photos first"

describe("sidelight", function()
  local w, script

  local function start(options)
    w = world.start(options)
    script = w:run(require, "sidelight/sidelight")
  end

  local function restart(options)
    w:stop()
    start(options)
  end

  before_each(function()
    start()
  end)

  after_each(function()
    w:stop()
  end)

  local function said()
    w.clock:run()
    return w.said[#w.said]
  end

  local function find(label)
    return assert(widgets.find(w.libs.sidelight.widget, label), label)
  end

  local function press(label)
    w:click("sidelight", label)
    return said()
  end

  it("edits what is selected, from its panel", function()
    local one, two, other = w:photo("a.dng"), w:photo("b.dng"), w:photo("c.dng")
    w:select(one, two)
    assert.equal("Auto HDR: 2 edited", press("auto HDR"))
    assert.same(
      { "sidelight sdr", "sidelight sdr", "" }, { w:record(one).edit, w:record(two).edit, w:record(other).edit }
    )
    assert.equal("b.dng\nit was dark", find("b.dng\nit was dark").label)
    assert.same({ "a.dng 0", "b.dng 0" }, w:selected())
    assert.equal("Auto HDR: 2 edited", script.sidelight.message)
  end)

  it("puts it back, and forgets what is selected and no more there", function()
    local photo = w:photo("a.dng")
    w:select(photo)
    press("auto HDR")
    w:select(w:image("a.dng", 1), photo)
    assert.equal("Undo Auto HDR: 2 back as they were", press("undo"))
    assert.same({ "a.dng 0" }, w:selected())
    assert.same({ 1, "" }, { w:count(), w:record(photo).edit })
  end)

  it("has the thumbnails of what changed drawn again", function()
    local photo, other = w:photo("a.dng"), w:photo("b.dng")
    w:select(photo)
    press("auto HDR")
    assert.same(
      { "sidelight sdr", "sidelight hdr" }, { w:record(photo).drawn, w:record(w:image("a.dng", 1)).drawn }
    )
    assert.is_nil(w:record(other).drawn)
  end)

  it("edits from actions on selection and by shortcuts, too", function()
    local photo = w:photo("a.dng")
    w:select(photo)
    w:action("sidelight_auto")
    assert.equal("Auto HDR: 1 edited", said())
    w:action("sidelight_undo")
    assert.equal("Undo Auto HDR: 2 back as they were", said())
    w:shortcut("sidelight: auto HDR")
    assert.equal("Auto HDR: 1 edited", said())
    w:shortcut("sidelight: undo auto HDR")
    assert.equal("Undo Auto HDR: 2 back as they were", said())
  end)

  it("matches the camera from everywhere, too, with the panel's strength", function()
    local photo = w:photo("a.dng")
    w:select(photo)
    find("strength").value = 0.5
    assert.equal("Match the camera: 1 edited", press("match the camera"))
    w:action("sidelight_match_camera")
    assert.equal("Match the camera: 1 edited", said())
    w:shortcut("sidelight: match the camera")
    assert.equal("Match the camera: 1 edited", said())
    for index = 1, 3 do
      local header = w.helper.talks[index].header
      assert.same({ "camera", "0.000", "0.500" }, { header.engine, header.headroom, header.strength })
    end
    assert.same({ 1, "sidelight sdr" }, { w:count(), w:record(photo).edit })
    assert.equal("Undo Auto HDR: 1 back as they were", press("undo"))
  end)

  it("edits what an action is given, whatever is selected when it begins", function()
    local photo, other = w:photo("a.dng"), w:photo("b.dng")
    w:select(photo)
    w:action("sidelight_auto")
    w:at(0, function()
      w:select(other)
    end)
    assert.equal("Auto HDR: 1 edited", said())
    assert.same({ "sidelight sdr", "" }, { w:record(photo).edit, w:record(other).edit })
    assert.same({ "b.dng 0" }, w:selected())
  end)

  it("acts by a shortcut on the photo under the pointer, as darktable does", function()
    local photo, hovered = w:photo("a.dng"), w:photo("b.dng")
    w:select(photo)
    w.hovered = hovered
    w:shortcut("sidelight: auto HDR")
    assert.equal("Auto HDR: 1 edited", said())
    assert.same({ "", "sidelight sdr" }, { w:record(photo).edit, w:record(hovered).edit })
    assert.same({ "a.dng 0" }, w:selected())
  end)

  it("uses what the panel shows", function()
    w:select(w:photo("a.dng"))
    find("HDR headroom").value, find("strength").value = 0, 0.5
    w:click("sidelight", "as duplicate")
    assert.equal("Auto HDR: 1 edited", press("auto HDR"))
    local header = w.helper.talks[1].header
    assert.same({ "0.000", "0.500" }, { header.headroom, header.strength })
    assert.equal("Sidelight", w:image("a.dng", 1).version_name)
    w:restart()
    w:run(require, "sidelight/sidelight")
    assert.same({ 0, 0.5, true }, { find("HDR headroom").value, find("strength").value, find("as duplicate").value })
  end)

  it("says that photos must be selected", function()
    w:photo("a.dng")
    w:select()
    assert.equal(SELECT_FIRST, press("auto HDR"))
    assert.equal(SELECT_FIRST, press("undo"))
    w:action("sidelight_auto")
    assert.equal(SELECT_FIRST, said())
    assert.same({ {}, {} }, { w.commands, w.jobs })
  end)

  it("says that it still works", function()
    local one, two = w:photo("a.dng"), w:photo("b.dng")
    w:select(one)
    w:click("sidelight", "auto HDR")
    w:at(50, function()
      w:select(two)
      w:click("sidelight", "auto HDR")
    end)
    w:at(60, function()
      w:click("sidelight", "undo")
    end)
    local last = said()
    assert.same({
      "Sidelight still works on the last photos", "Sidelight still works on the last photos", "Auto HDR: 1 edited",
    }, w.said)
    assert.equal("Auto HDR: 1 edited", last)
    assert.equal("", w:record(two).edit)
    w:select(two)
    assert.equal("Auto HDR: 1 edited", press("auto HDR"))
  end)

  it("says that it is not set up", function()
    restart({ installed = false })
    w:select(w:photo("a.dng"))
    local sentence = "Sidelight is not set up here: run `sidelight setup darktable`"
    assert.equal(sentence, press("auto HDR"))
    assert.equal(sentence, press("undo"))
    w:stop()
    start({ installed = false })
    package.preload["sidelight/installation"] = function()
      return "nonsense"
    end
    w:select(w:photo("a.dng"))
    assert.equal(sentence, press("auto HDR"))
    assert.same({}, w.commands)
  end)

  it("says what failed, and all of it in the log", function()
    w.helper.photos["a.dng"] = { failed = "it is broken" }
    w.helper.photos["b\27[31m.dng"] = { failed = "it is empty" }
    w:select(w:photo("a.dng"), w:photo("b\27[31m.dng"))
    assert.equal("Auto HDR: 2 failed. a.dng: it is broken …", press("auto HDR"))
    assert.same({ "sidelight: a.dng: it is broken", "sidelight: b?[31m.dng: it is empty" }, w.logged)
  end)

  it("lives on after an error of its own", function()
    local auto = require "sidelight/auto"
    local run = auto.run
    auto.run = function()
      error("oh", 0)
    end
    w:select(w:photo("a.dng"))
    assert.equal("Sidelight: oh", press("auto HDR"))
    assert.is_false(w.jobs[1].object.valid)
    auto.run = run
    assert.equal("Auto HDR: 1 edited", press("auto HDR"))
  end)

  it("shows how far it is, and ends that", function()
    w:select(w:photo("a.dng"), w:photo("b.dng"))
    press("auto HDR")
    assert.equal(1, #w.jobs)
    assert.is_true(w.jobs[1].has_bar)
    assert.is_false(w.jobs[1].object.valid)
    assert.equal(1, w.jobs[1].most)
  end)

  it("can be canceled", function()
    local list = {}
    for number = 1, 20 do
      list[number] = w:photo(number .. ".dng")
    end
    w:select(table.unpack(list))
    w:at(400, function()
      w:cancel()
      assert.is_false(w.jobs[1].object.valid)
      script.sidelight.progress.cancel() -- harmless when it is over
    end)
    assert.matches("^Auto HDR: %d+ edited%. canceled; what was done before stays$", press("auto HDR"))
    assert.is_false(w.jobs[1].object.valid)
    assert.equal(20, #w:selected())
    assert.equal("", w:record(list[20]).edit)
    w:select(list[20])
    assert.equal("Auto HDR: 1 edited", press("auto HDR"))
  end)

  it("edits what was imported, where the preference says so", function()
    w:run(function()
      w:photo("a.dng")
    end)
    assert.same({}, w.said)
    w.dt.preferences.write("sidelight", "edit_imported", "bool", true)
    w:run(function()
      w:photo("b.dng")
      w:photo("c.dng")
      w:photo("d.dng", { sidecar = "edit=mine\n" })
    end)
    assert.same({ "Auto HDR: 2 edited, 1 kept as they are" }, w.said)
    local edits = {}
    for index, name in ipairs({ "a.dng", "b.dng", "c.dng", "d.dng" }) do
      edits[index] = w:record(w:image(name, 0)).edit
    end
    assert.same({ "", "sidelight sdr", "sidelight sdr", "mine" }, edits)
  end)

  it("speaks the language of the screen", function()
    w.translations[SELECT_FIRST] = "Erst Fotos wählen"
    assert.equal("Erst Fotos wählen", press("auto HDR"))
  end)

  describe("with a darktable", function()
    for _, api in ipairs({ { 9, 0, 0 }, { 9, 6, 0 }, { 10, 0, 0 } }) do
      it("of API " .. table.concat(api, ".") .. " works", function()
        restart({ api = api })
        w:select(w:photo("a.dng"))
        assert.equal("Auto HDR: 1 edited", press("auto HDR"))
      end)
    end

    for _, api in ipairs({ { 8, 9, 9 }, { 7, 0, 0 } }) do
      it("of API " .. table.concat(api, ".") .. " says that it is too old", function()
        restart({ api = api })
        assert.same({ "Sidelight needs a newer darktable" }, w.said)
        assert.same({ {}, {}, {}, {} }, { w.libs, w.actions, w.shortcuts, w.events["post-import-image"] })
        assert.is_table(script.metadata)
        assert.is_nil(script.destroy)
      end)
    end
  end)

  describe("in darktable's script manager", function()
    it("is described as that reads it from the text", function()
      local path = assert(package.searchpath("sidelight/sidelight", package.path))
      local text = files.read(path)
      local body = assert(text:match("\nscript_data%.metadata = {\n(.-)\n}\n"))
      local found = {}
      for line in body:gmatch("[^\n]+") do
        local key, value = line:match("^  (%l+) = (.+),$")
        found[key] = value:match('^_%("(.-)"%)$') or value:match('^"(.-)"$')
      end
      assert.same(script.metadata, found)
      for _, key in ipairs({ "name", "purpose", "author", "help" }) do
        assert.is_string(found[key])
      end
      assert.equal("hide", script.destroy_method)
      for _, key in ipairs({ "destroy", "restart", "show" }) do
        assert.is_function(script[key])
      end
    end)

    local function is_there()
      return {
        w.libs.sidelight ~= nil and w.libs.sidelight.visible, w.actions.sidelight_auto ~= nil,
        w.actions.sidelight_undo ~= nil, w.shortcuts["sidelight: auto HDR"] ~= nil,
        w.actions.sidelight_match_camera ~= nil, w.shortcuts["sidelight: match the camera"] ~= nil,
        w.shortcuts["sidelight: undo auto HDR"] ~= nil, w.events["post-import-image"].sidelight ~= nil,
      }
    end

    local EVERYTHING, NOTHING = {}, {}
    for index = 1, 8 do
      EVERYTHING[index], NOTHING[index] = true, false
    end

    it("is stopped and started again", function()
      w.dt.preferences.write("sidelight", "edit_imported", "bool", true)
      assert.same(EVERYTHING, is_there())
      local widget = w.libs.sidelight.widget
      for _ = 1, 2 do
        w:run(script.destroy)
        assert.same(NOTHING, is_there())
        w:run(w.photo, w, "a.dng")
        assert.same({}, w.said)
        w:run(script.restart)
        assert.same(EVERYTHING, is_there())
        assert.is_true(rawequal(widget, w.libs.sidelight.widget))
      end
      w:select(w:image("a.dng", 0))
      assert.equal("Auto HDR: 1 edited", press("auto HDR"))
    end)

    it("is shown again", function()
      w.libs.sidelight.visible = false
      w:run(script.show)
      assert.is_true(w.libs.sidelight.visible)
    end)

    it("shows its panel when the lighttable is entered", function()
      restart({ view = "darkroom" })
      assert.is_nil(w.libs.sidelight)
      for _, view in ipairs({ "map", "lighttable", "darkroom", "lighttable" }) do
        w:change_view(view)
        w.clock:run()
      end
      assert.same(EVERYTHING, is_there())
      w:select(w:photo("a.dng"))
      assert.equal("Auto HDR: 1 edited", press("auto HDR"))
      w.libs.sidelight.visible = false -- by somebody
      w:change_view("darkroom")
      w:change_view("lighttable")
      w.clock:run()
      assert.is_false(w.libs.sidelight.visible)
    end)

    it("shows no panel once it is stopped, and can be started again in any view", function()
      restart({ view = "darkroom" })
      w:run(script.destroy)
      w:change_view("lighttable")
      w.clock:run()
      assert.same(NOTHING, is_there())
      w:change_view("darkroom")
      w:run(script.restart)
      w:run(script.destroy)
      w:run(script.restart)
      w:change_view("lighttable")
      w.clock:run()
      assert.same(EVERYTHING, is_there())
      w:run(script.destroy)
      assert.same(NOTHING, is_there())
    end)
  end)

  it("leaves no globals behind", function()
    w:select(w:photo("a.dng"))
    press("auto HDR")
    press("undo")
    w:run(script.destroy)
    for name in pairs(package.loaded._G) do
      assert.is_true(LUA[name], name)
    end
  end)
end)
