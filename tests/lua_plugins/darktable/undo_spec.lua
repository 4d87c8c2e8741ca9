local files = require "double/files"
local helper = require "double/helper"
local world = require "double/world"

describe("undo", function()
  local w, undo, progress

  local function start(options)
    w = world.start(options)
    undo = require "sidelight/undo"
    progress = { shares = {} }
    function progress.set(share)
      progress.shares[#progress.shares + 1] = share
    end
    function progress.canceled()
      return false
    end
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

  local function edit(images, changes)
    local settings = require "sidelight/settings"
    for name, value in pairs(changes or {}) do
      settings.values[name] = value
    end
    local result = w:run(require("sidelight/auto").run, w.installation, images, progress)
    assert.equal(#images, result:count("done"))
    progress.shares = {}
  end

  local function back(images)
    local result = w:run(undo.run, w.installation, images, progress)
    assert.same({}, files.names(w.jobs_folder))
    return (result:text()), result
  end

  local function assert_edit(wanted, image)
    assert.equal(wanted, w:record(image).edit)
    assert.equal(wanted, files.read_sidecar(image.sidecar).edit or "")
  end

  for _, options in ipairs({
    { api = { 9, 0, 0 }, write_sidecars = "on import" }, { api = { 9, 0, 0 }, write_sidecars = "never" },
    { api = { 9, 6, 0 }, write_sidecars = "after edit" },
  }) do
    local where = string.format(" (%d.%d, %s)", options.api[1], options.api[2], options.write_sidecars)

    it("puts photos back, and what was given since stays" .. where, function()
      restart(options)
      local one, two = w:photo("a.dng", { rating = 2 }), w:photo("b.dng")
      edit({ one, two })
      one.rating, one.title, two.red = 5, "mine", true
      local said, result = back({ one, two })
      assert.equal("Undo Auto HDR: 4 back as they were", said)
      assert_edit("", one)
      assert_edit("", two)
      assert.is_true(w:record(one).is_as_new and w:record(two).is_as_new)
      assert.same({ 2, 5, "mine", true }, { w:count(), one.rating, one.title, two.red })
      assert.same({ "a.dng", "a.dng.xmp", "b.dng", "b.dng.xmp" }, files.names(w.photos))
      assert.same({ one.id, two.id }, { result.changed[1].id, result.changed[2].id })
      assert.same({ 0.25, 0.5, 0.75, 1 }, progress.shares)
    end)

    it("brings back the edit that was replaced" .. where, function()
      restart(options)
      local photo = w:photo("a.dng", { edit = "mine", title = "title" })
      edit({ photo }, { overwrite = true })
      assert.equal("Undo Auto HDR: 2 back as they were", back({ photo }))
      assert_edit("mine", photo)
      assert.is_falsy(w:record(photo).is_as_new)
      assert.same({ 1, "title" }, { w:count(), photo.title })
    end)

    it("takes duplicates away that hold the edit instead" .. where, function()
      restart(options)
      local photo = w:photo("a.dng", { edit = "mine" })
      edit({ photo }, { duplicate = true })
      assert.equal(3, w:count())
      assert.equal("Undo Auto HDR: 2 back as they were", back({ photo }))
      assert_edit("mine", photo)
      assert.equal(1, w:count())
      assert.same({ "a.dng", "a.dng.xmp" }, files.names(w.photos))
    end)
  end

  it("undoes a photo once, whichever of its versions are selected", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    assert.equal("Undo Auto HDR: 2 back as they were", back({ w:image("a.dng", 1), photo }))
    assert_edit("", photo)
    assert.equal(1, w:count())
  end)

  it("leaves alone what is not ours", function()
    local photo, other = w:photo("a.dng"), w:photo("b.dng", { edit = "mine" })
    edit({ photo })
    assert.equal("Undo Auto HDR: nothing to do", back({ other }))
    assert_edit("mine", other)
    assert.equal("Undo Auto HDR: 2 back as they were", back({ other, photo }))
    assert.equal("Undo Auto HDR: nothing to do", back({ other, photo }))
    assert_edit("mine", other)
  end)

  it("leaves alone what was changed since, and says so", function()
    local list = { w:photo("a.dng"), w:photo("b.dng"), w:photo("c.dng", { edit = "mine" }) }
    edit({ list[1], list[2] }, { headroom = 0 })
    w:record(list[1]).edit = "changed by hand"
    local said, result = back(list)
    assert.equal("Undo Auto HDR: 1 back as they were, 1 left alone. a.dng: it was changed since", said)
    assert_edit("changed by hand", list[1])
    assert_edit("", list[2])
    assert_edit("mine", list[3])
    assert.equal(1, #result.changed)
  end)

  it("resets a photo whose sidecar is no more", function()
    local photo = w:photo("a.dng")
    edit({ photo }, { headroom = 0 })
    w.helper.store[photo.sidecar].first = false -- there was none before
    local said, result = back({ photo })
    assert.equal("Undo Auto HDR: 1 back as they were", said)
    assert.same({ "", true, 1 }, { w:record(photo).edit, w:record(photo).is_as_new, w:count() })
    assert.equal(photo.id, result.changed[1].id)
  end)

  it("does not touch a photo that is gone, and says so", function()
    local one, two = w:photo("a.dng"), w:photo("b.dng")
    edit({ one, two }, { headroom = 0 })
    os.remove(one.path .. "/a.dng")
    assert.equal(
      "Undo Auto HDR: 1 back as they were, 1 left alone. a.dng: the photo is not there any more", back({ one, two })
    )
    assert_edit("", two)
  end)

  it("needs neither daemon nor settings", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    back({ photo })
    assert.same({ action = "undo", protocol = "1", version = "0.1.0" }, w.helper.talks[2].header)
  end)

  it("takes over what was undone before the helper died", function()
    local list = { w:photo("a.dng"), w:photo("b.dng"), w:photo("c.dng") }
    edit(list, { headroom = 0 })
    w.helper.on_order = function(order)
      if order.fields.id == "3" then
        helper.dies()
      end
    end
    assert.equal(
      "Undo Auto HDR: 2 back as they were. the helper program ended; `sidelight doctor` may say why", back(list)
    )
    assert_edit("", list[1])
    assert_edit("", list[2])
    assert_edit("sidelight sdr", list[3])
  end)

  it("says what stops the helper", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    w.helper.play = function()
      error("the record of our writes cannot be read", 0)
    end
    assert.equal("Undo Auto HDR: the record of our writes cannot be read", back({ photo }))
    assert_edit("sidelight sdr", photo)
  end)

  it("asks for nothing while sidecars are not up to date", function()
    restart({ write_sidecars = "never" })
    local photo, other = w:photo("a.dng"), w:photo("b.dng")
    edit({ photo })
    w.hovered = other
    assert.matches("^Undo Auto HDR: move the pointer off the photos", back({ photo }))
    assert_edit("sidelight sdr", photo)
    assert.equal(1, #w.commands)
  end)

  it("says that it cannot begin, or not go on", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    local conversation = require "sidelight/conversation"
    local begin = conversation.start
    conversation.start = function(...)
      local talk = begin(...)
      os.remove(talk.orders)
      files.make_folder(talk.orders)
      return talk
    end
    assert.matches("^Undo Auto HDR: the folder of the script cannot be written", back({ photo }))
    assert_edit("sidelight sdr", photo)
    conversation.start = begin
    files.remove_all(w.jobs_folder)
    local result = w:run(undo.run, w.installation, { photo }, progress)
    assert.matches("^Undo Auto HDR: the folder of the script cannot be written", (result:text()))
  end)

  it("says what goes wrong within, and ends the talk", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    function progress.set()
      error("oh", 0)
    end
    assert.equal("Undo Auto HDR: oh", back({ photo }))
  end)

  it("ends with darktable", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    w.helper.play = function(_self, talk)
      w.ending = true
      talk:sleep(2000)
    end
    assert.matches("^Undo Auto HDR: ", back({ photo }))
    assert_edit("sidelight sdr", photo)
  end)
end)
