local files = require "double/files"
local helper = require "double/helper"
local names = require "double/names"
local world = require "double/world"

local ENDED = "the helper program ended; `sidelight doctor` may say why"

describe("auto", function()
  local w, auto, settings, progress

  local function start(options)
    w = world.start(options)
    auto, settings = require "sidelight/auto", require "sidelight/settings"
    progress = { shares = {}, is_canceled = false }
    function progress.set(share)
      progress.shares[#progress.shares + 1] = share
    end
    function progress.canceled()
      return progress.is_canceled or w.dt.control.ending
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

  -- Edits images; returns the line that says what became of them, and what else is known of it.
  local function edit(images, changes)
    for name, value in pairs(changes or {}) do
      settings.values[name] = value
    end
    local result = w:run(auto.run, w.installation, images, progress)
    assert.same({}, files.names(w.jobs_folder))
    return (result:text()), result
  end

  local function photos(count, has)
    local list = {}
    for number = 1, count do
      list[number] = w:photo(string.format("%02d.dng", number), has)
    end
    return list
  end

  -- Database and sidecar of a version say the same edit.
  local function assert_edit(wanted, image)
    assert.equal(wanted, w:record(image).edit)
    local sidecar = files.read_sidecar(image.sidecar)
    assert.equal(wanted, sidecar and sidecar.edit or "")
  end

  -- Every photo has all of its edit, or none of it and no duplicate.
  local function assert_nothing_half_done(images)
    local done = 0
    for _, image in ipairs(images) do
      local hdr = w:image(image.filename, 1)
      if w:record(image).edit == "sidelight sdr" then
        done = done + 1
        assert_edit("sidelight sdr", image)
        assert_edit("sidelight hdr", hdr)
      else
        assert_edit("", image)
        assert.is_nil(hdr)
        assert.same({}, files.find(w.photos, image.filename:gsub("%.", "_01.") .. ".xmp"))
      end
    end
    return done
  end

  local function heard(word)
    local found = {}
    for _, order in ipairs(w.helper.talks[1].heard) do
      if order.word == word then
        found[#found + 1] = order.fields
      end
    end
    return found
  end

  it("edits a photo and adds its HDR version; all else stays", function()
    local photo = w:photo("a.dng", { rating = 4, title = "mine", red = true })
    local said, result = edit({ photo })
    assert.equal("Auto HDR: 1 edited", said)
    local hdr = w:image("a.dng", 1)
    assert_edit("sidelight sdr", photo)
    assert_edit("sidelight hdr", hdr)
    assert.same({ "", "HDR PQ", 2 }, { photo.version_name, hdr.version_name, w:count() })
    for _, image in ipairs({ photo, hdr }) do
      assert.same({ 4, "mine", true }, { image.rating, image.title, image.red })
    end
    assert.equal("a.dng\nit was dark", result.explanation)
    assert.same({ hdr.id, photo.id }, { result.changed[1].id, result.changed[2].id })
    assert.same({ 1 }, progress.shares)
    assert.equal("end", w.helper.talks[1].heard[4].word)
  end)

  it("edits in the way of newer darktables, too", function()
    restart({ api = { 9, 6, 0 } })
    local photo = w:photo("a.dng", { rating = 4, title = "mine" })
    w:select(photo)
    assert.equal("Auto HDR: 1 edited", edit({ photo }))
    assert_edit("sidelight sdr", photo)
    assert_edit("sidelight hdr", w:image("a.dng", 1))
    assert.same({ 4, "mine" }, { photo.rating, photo.title })
    assert.same({ "a.dng 0" }, w:selected())
  end)

  it("names duplicates where darktable forgets the names", function()
    restart({ api = { 9, 6, 0 } })
    w.library.forgets = { "version_name", "rating" }
    edit({ w:photo("a.dng", { rating = 4 }) }, { duplicate = true })
    local own, hdr = w:image("a.dng", 1), w:image("a.dng", 2)
    assert.same({ "Sidelight", "HDR PQ", 4, 4 }, { own.version_name, hdr.version_name, own.rating, hdr.rating })
  end)

  it("says that darktable did not take the HDR version", function()
    restart({ api = { 9, 6, 0 } })
    local photo = w:photo("a.dng")
    w.library.refusals = 5
    assert.equal("Auto HDR: 1 failed. a.dng: darktable did not take the edit", edit({ photo }))
    assert_edit("sidelight sdr", photo)
  end)

  it("adds no HDR version without headroom", function()
    local photo = w:photo("a.dng")
    assert.equal("Auto HDR: 1 edited", edit({ photo }, { headroom = 0 }))
    assert_edit("sidelight sdr", photo)
    assert.equal(1, w:count())
    assert.equal("0.000", w.helper.talks[1].header.headroom)
    assert.is_nil(heard("write")[1].hdr)
  end)

  it("uses the HDR version that is there", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    local hdr = w:image("a.dng", 1)
    hdr.rating = 5
    assert.equal("Auto HDR: 1 edited", edit({ photo }))
    assert.equal(2, w:count())
    assert.equal(5, w:image("a.dng", 1).rating)
  end)

  it("leaves HDR versions alone that are selected with their photos", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    local hdr = w:image("a.dng", 1)
    assert.equal("Auto HDR: 1 edited, 1 kept as they are", edit({ hdr, photo }))
    assert_edit("sidelight hdr", hdr)
    assert.equal(2, w:count())
  end)

  it("leaves an HDR version alone that somebody has edited", function()
    local photo = w:photo("a.dng")
    edit({ photo })
    local hdr = w:image("a.dng", 1)
    w:record(hdr).edit = "mine"
    assert.equal("Auto HDR: 1 edited", edit({ photo }))
    assert_edit("mine", hdr)
    assert_edit("sidelight sdr", photo)
  end)

  it("puts the edit on a duplicate where that is wanted", function()
    local photo = w:photo("a.dng", { edit = "mine", rating = 2 })
    assert.equal("Auto HDR: 1 edited", edit({ photo }, { duplicate = true }))
    assert_edit("mine", photo)
    local own, hdr = w:image("a.dng", 1), w:image("a.dng", 2)
    assert_edit("sidelight sdr", own)
    assert_edit("sidelight hdr", hdr)
    assert.same({ "Sidelight", "HDR PQ", 2, 2 }, { own.version_name, hdr.version_name, own.rating, hdr.rating })
  end)

  it("keeps an edit, and finds it before anything is predicted", function()
    local photo = w:photo("a.dng", { edit = "mine" })
    assert.equal("Auto HDR: 1 kept as they are", edit({ photo }))
    assert_edit("mine", photo)
    assert.equal(1, w:count())
    assert.same({}, heard("write"))
  end)

  it("replaces an edit where that is wanted", function()
    local photo = w:photo("a.dng", { edit = "mine" })
    assert.equal("Auto HDR: 1 edited", edit({ photo }, { overwrite = true }))
    assert_edit("sidelight sdr", photo)
    assert_edit("sidelight hdr", w:image("a.dng", 1))
  end)

  it("tells the helper what it needs to know", function()
    local photo = w:photo("a b.dng")
    edit({ photo }, { headroom = 1.5, strength = 0.25, overwrite = true })
    assert.same({
      action = "auto", engine = "auto", headroom = "1.500", strength = "0.250", protocol = "1", version = "0.1.0",
    }, w.helper.talks[1].header)
    local path = w.photos .. "/a b.dng"
    assert.same({ { id = "1", path = path, sidecar = path .. ".xmp", overwrite = "1" } }, heard("photo"))
    assert.same({ {
      id = "1", path = path, sidecar = path .. ".xmp", template = path .. ".xmp", overwrite = "1",
      is_new = "0", hdr_is_new = "1",
      hdr = w.photos .. "/a b_01.dng.xmp",
    } }, heard("write"))
  end)

  it("edits many, a few ahead, and says how far it is", function()
    local list = photos(20)
    local open, most, order = 0, 0, {}
    w.helper.on_order = function(said)
      if said.word == "photo" then
        open = open + 1
        most = math.max(most, open)
        order[#order + 1] = tonumber(said.fields.id)
      end
    end
    w.helper.on_written = function()
      open = open - 1
    end
    assert.equal("Auto HDR: 20 edited", edit(list))
    assert.equal(20, assert_nothing_half_done(list))
    assert.equal(auto.AHEAD, most)
    for number = 1, 20 do
      assert.equal(number, order[number])
      assert.is_true(math.abs(progress.shares[number] - number / 20) < 1e-9)
    end
  end)

  it("loses no answer that comes while a sidecar is written", function()
    local list = photos(12)
    w.helper.predict_ms, w.helper.write_ms = 10, 700
    w.helper.photos["03.dng"] = { failed = "it is broken" }
    w.helper.photos["05.dng"] = { kept = true }
    local said = edit(list)
    assert.equal("Auto HDR: 10 edited, 1 kept as they are, 1 failed. 03.dng: it is broken", said)
    assert.equal(10, assert_nothing_half_done(list))
  end)

  it("overhears answers that nobody asked for", function()
    local photo = w:photo("a.dng")
    w.helper.on_order = function(said, talk)
      if said.word == "photo" then
        talk:tell("predicted", { id = 7, hdr = 0 })
        talk:tell("predicted", { id = "x" })
        talk:tell("news")
      end
    end
    assert.equal("Auto HDR: 1 edited", edit({ photo }))
  end)

  it("goes on after photos that fail, and says why", function()
    local list = photos(3)
    w.helper.photos["01.dng"] = { failed = "it is broken" }
    w.helper.photos["02.dng"] = { failed = "it is empty" }
    local said, result = edit(list)
    assert.equal("Auto HDR: 1 edited, 2 failed. 01.dng: it is broken …", said)
    assert.same({ "01.dng: it is broken", "02.dng: it is empty" }, result.reasons)
    assert.equal(1, assert_nothing_half_done(list))
  end)

  for _, status in ipairs({ "error", "kept", "skipped" }) do
    local word = status == "error" and "1 failed. 01.dng: because of error" or "1 kept as they are"

    it("takes duplicates away that were made for a photo whose sidecar is not written: " .. status, function()
      local list = photos(1)
      w.helper.photos["01.dng"] = { own = status }
      assert.equal("Auto HDR: " .. word, edit(list))
      assert.equal(0, assert_nothing_half_done(list))
      assert.equal(1, w:count())
    end)

    it("takes both duplicates away: " .. status, function()
      local list = photos(1)
      w.helper.photos["01.dng"] = { own = status }
      assert.equal("Auto HDR: " .. word, edit(list, { duplicate = true }))
      assert.equal(1, w:count())
      assert.same({ "01.dng", "01.dng.xmp" }, files.names(w.photos))
    end)
  end

  it("takes the HDR version away that could not be written, and says so", function()
    local photo = photos(1)[1]
    w.helper.photos["01.dng"] = { hdr = "error" }
    assert.equal("Auto HDR: 1 failed. 01.dng: because of error", edit({ photo }))
    assert_edit("sidelight sdr", photo)
    assert.equal(1, w:count())
    assert.same({ "01.dng", "01.dng.xmp" }, files.names(w.photos))
  end)

  it("keeps the HDR version of before when it could not be written again", function()
    local photo = photos(1)[1]
    edit({ photo })
    w.helper.photos["01.dng"] = { hdr = "error" }
    assert.equal("Auto HDR: 1 failed. 01.dng: because of error", edit({ photo }))
    assert_edit("sidelight hdr", w:image("01.dng", 1))
  end)

  it("says within two seconds that the daemon is absent", function()
    w.helper.play = function(_self, talk)
      talk:sleep(500)
      error("Sidelight is not running. Start it with: sidelight serve", 0)
    end
    local list = photos(3)
    assert.equal("Auto HDR: Sidelight is not running. Start it with: sidelight serve", edit(list))
    assert.is_true(w.clock.now_ms < 2000)
    assert.equal(0, assert_nothing_half_done(list))
  end)

  it("says what stops the helper in the middle", function()
    local list = photos(6)
    local written = 0
    w.helper.on_order = function(order)
      written = written + (order.word == "write" and 1 or 0)
      if written == 3 then
        error("the disk is full", 0)
      end
    end
    local said = edit(list)
    assert.equal("Auto HDR: 2 edited, 1 failed. the disk is full", said)
    assert.equal(2, assert_nothing_half_done(list))
  end)

  it("says that the helper cannot be started", function()
    w.helper.main = function()
      return 127
    end
    local list = photos(2)
    assert.equal("Auto HDR: " .. ENDED, edit(list))
    assert.equal(0, assert_nothing_half_done(list))
  end)

  for _, mode in ipairs({ "on import", "never" }) do
    for _, duplicate in ipairs({ false, true }) do
      local where = mode .. (duplicate and ", as duplicate" or "")

      it("leaves nothing half done when the helper dies before it writes: " .. where, function()
        restart({ write_sidecars = mode })
        local list = photos(3)
        w.helper.on_order = function(order)
          if order.word == "write" and order.fields.id == "2" then
            helper.dies()
          end
        end
        local said = edit(list, { duplicate = duplicate })
        assert.equal("Auto HDR: 1 edited, 1 failed. " .. ENDED, said)
        if duplicate then
          assert_edit("sidelight sdr", w:image("01.dng", 1))
          table.remove(list, 1)
        end
        assert.equal(duplicate and 0 or 1, assert_nothing_half_done(list))
        assert.equal(duplicate and 5 or 4, w:count())
      end)

      it("leaves nothing half done when the helper dies after it wrote: " .. where, function()
        restart({ write_sidecars = mode })
        local list = photos(1, { rating = 3 })
        w.helper.on_written = helper.dies
        local said = edit(list, { duplicate = duplicate })
        assert.equal("Auto HDR: 1 failed. " .. ENDED, said)
        assert.equal(0, assert_nothing_half_done(list))
        assert.equal(1, w:count())
        assert.equal(3, list[1].rating)
      end)
    end
  end

  it("does nothing when it is canceled before", function()
    local list = photos(3)
    progress.is_canceled = true
    assert.equal("Auto HDR: canceled; what was done before stays", edit(list))
    assert.equal(0, assert_nothing_half_done(list))
    assert.same({}, heard("photo"))
  end)

  for _, moment_ms in ipairs({ 10, 120, 160, 170, 200, 230, 290, 330, 400 }) do
    it("leaves nothing half done when it is canceled after " .. moment_ms .. " ms", function()
      local list = photos(20)
      w:at(moment_ms, function()
        progress.is_canceled = true
      end)
      local said, result = edit(list)
      local done = assert_nothing_half_done(list)
      assert.matches("canceled; what was done before stays$", said)
      assert.equal(done, result:count("done"))
      assert.equal(0, result:count("failed"))
      assert.is_true(done < 20 and #heard("write") == done)
      assert.is_true(w.clock.now_ms < moment_ms + 500)
    end)
  end

  it("stops when darktable is closed", function()
    local list = photos(20)
    w:at(400, function()
      w.ending = true
    end)
    edit(list)
    assert.is_true(#heard("photo") < 20)
  end)

  it("stops when orders can be written no more, and leaves nothing half done", function()
    local list = photos(2)
    w.helper.photos["01.dng"], w.helper.photos["02.dng"] = { ms = 100 }, { ms = 10000 }
    w.helper.on_predicted = function(_fields, talk)
      w.helper.on_predicted = nil
      os.remove(talk.orders)
      files.make_folder(talk.orders)
    end
    local said = edit(list, { duplicate = true })
    assert.matches("1 failed%. 01%.dng: the folder of the script cannot be written", said)
    assert.equal(0, assert_nothing_half_done(list))
    assert.equal(2, w:count())
  end)

  it("stops when the next photo cannot be asked for", function()
    auto.AHEAD = 1
    local list = photos(3)
    w.helper.photos["01.dng"] = { failed = "it is broken" }
    w.helper.on_predicted = function(_fields, talk)
      w.helper.on_predicted = nil
      os.remove(talk.orders)
      files.make_folder(talk.orders)
    end
    assert.matches("^Auto HDR: 1 failed%. 01%.dng: it is broken%. the folder of the script cannot be", edit(list))
  end)

  it("says what goes wrong within, and ends the talk", function()
    function progress.set()
      error("oh", 0)
    end
    assert.equal("Auto HDR: 1 edited. oh", edit(photos(2)))
  end)

  it("says that it cannot begin", function()
    files.remove_all(w.jobs_folder)
    local result = w:run(auto.run, w.installation, photos(1), progress)
    assert.matches("^Auto HDR: the folder of the script cannot be written", (result:text()))
    assert.is_nil(w.commands[1])
  end)

  describe("where darktable never writes sidecars", function()
    before_each(function()
      restart({ write_sidecars = "never" })
    end)

    it("edits all the same; what the database holds stays", function()
      local photo = w:photo("a.dng", { rating = 4, title = "mine" })
      assert.equal("Auto HDR: 1 edited", edit({ photo }))
      assert_edit("sidelight sdr", photo)
      assert_edit("sidelight hdr", w:image("a.dng", 1))
      assert.same({ 4, "mine" }, { photo.rating, photo.title })
    end)

    it("keeps an edit that only the database holds", function()
      local photo = w:photo("a.dng", { edit = "mine" })
      assert.equal("Auto HDR: 1 kept as they are", edit({ photo }))
      assert_edit("mine", photo)
      assert.equal(1, w:count())
    end)

    it("acts on nothing while the pointer is on another photo, and says so", function()
      local photo, other = w:photo("a.dng"), w:photo("b.dng")
      w.hovered = other
      assert.matches("^Auto HDR: 1 failed%. a%.dng: move the pointer off the photos", edit({ photo }))
      assert.same({ "a.dng", "b.dng" }, files.names(w.photos))
      assert.same({ "", 2 }, { w:record(photo).edit, w:count() })
    end)
  end)

  it("says which photo's sidecar darktable cannot write, and goes on", function()
    local long = w:photo(("x"):rep(251) .. ".dng") -- that of its sidecar would be too long
    local other = w:photo("a.dng")
    assert.matches("^Auto HDR: 1 edited, 1 failed%. x+%.dng: darktable cannot write", edit({ long, other }))
    assert_edit("sidelight sdr", other)
  end)

  it("says that a photo has gone meanwhile", function()
    local list = photos(2)
    w.helper.on_written = function(order)
      if order.id == "1" then
        os.remove(list[1].path .. "/01.dng")
      end
    end
    local said = edit(list)
    assert.matches("^Auto HDR: 1 edited, 1 failed%. 01%.dng: the photo is not there any more", said)
    assert_edit("sidelight sdr", list[2])
  end)

  describe("P6", function()
    for index, name in ipairs(names) do
      it("edits photos and folders of any name, and tells no shell: " .. index, function()
        local folder = files.make_folder(w.photos .. "/" .. name)
        local short = #name < 240 and name or "short.dng"
        local photo = w:photo(short, { folder = folder, rating = 2 })
        if not utf8.len(short) then
          w:select(photo)
          assert.matches("^Auto HDR: 1 failed%. .*darktable cannot write the sidecar of", edit({ photo }))
          assert.equal(1, w:count())
          short = "text.dng"
          photo = w:photo(short, { folder = folder })
        end
        assert.equal("Auto HDR: 1 edited", edit({ photo }))
        assert_edit("sidelight sdr", photo)
        assert_edit("sidelight hdr", w:image(short, 1))
        local talk = w.helper.talks[#w.helper.talks]
        assert.equal(folder .. "/" .. short, talk.heard[2].fields.path)
        assert.is_nil(talk.orders:find("[^A-Za-z0-9._/-]"))
        local command = "'/opt/side light/python' '-m' 'sidelight' 'plugin' '" .. talk.orders .. "'"
        assert.equal(command, w.commands[#w.commands])
        assert.same({}, files.find(w.folder, "pwned"))
      end)
    end
  end)
end)
