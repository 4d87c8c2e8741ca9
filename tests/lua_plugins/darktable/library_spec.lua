local files = require "double/files"
local world = require "double/world"

describe("library", function()
  local w, library

  local function start(options)
    w = world.start(options)
    library = require "sidelight/library"
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

  local function ids(images)
    local found = {}
    for index, image in ipairs(images) do
      found[index] = image.id
    end
    return found
  end

  it("says which duplicate", function()
    local photo = w:photo("a.dng")
    assert.equal("a.dng", library.name(photo))
    assert.equal("a.dng (1)", library.name(photo:duplicate()))
    assert.equal(w.photos .. "/a.dng", library.path(photo))
  end)

  it("P6: shows no name that a terminal obeys or that is more than a line", function()
    assert.equal("?[31mred.dng", library.name(w:photo("\27[31mred.dng")))
    assert.equal("a?b.dng (1)", library.name(w:photo("a\nb.dng"):duplicate()))
    assert.equal("\u{1f4f7} é.dng", library.name(w:photo("\u{1f4f7} é.dng")))
  end)

  it("finds all versions of a file, the asked one first, but no other file of its group", function()
    local photo, jpeg = w:photo("a.dng"), w:photo("a.jpg")
    local one, two = photo:duplicate(), photo:duplicate()
    for _, image in ipairs({ photo, jpeg, one, two }) do
      w:record(image).group = "a"
    end
    assert.equal(4, #photo:get_group_members())
    assert.same(ids({ photo, one, two }), ids(library.versions(photo)))
    assert.same(ids({ two, photo, one }), ids(library.versions(two)))
    assert.same(ids({ jpeg }), ids(library.versions(jpeg)))
    assert.same(ids({ two, photo, one, jpeg }), ids(library.all_versions({ two, photo, jpeg, one })))
  end)

  it("finds the HDR version by its name", function()
    local photo = w:photo("a.dng")
    photo:duplicate()
    assert.is_nil(library.hdr_version(photo))
    local hdr = photo:duplicate()
    hdr.version_name = "HDR PQ"
    assert.equal(hdr.id, library.hdr_version(photo).id)
    assert.is_nil(library.hdr_version(hdr))
  end)

  for _, mode in ipairs({ "on import", "after edit" }) do
    it("brings sidecars up to date at once where darktable writes them " .. mode, function()
      restart({ write_sidecars = mode })
      local photo = w:photo("a.dng")
      local other = photo:duplicate()
      for rating = -1, 5 do
        w:record(photo).title, w:record(photo).rating = "new " .. rating, rating
        w:record(other).title = "other " .. rating
        assert.is_nil(w:run(library.flush, { photo }))
        assert.equal(0, w.clock.now_ms)
        assert.equal("new " .. rating, files.read_sidecar(photo.sidecar).title)
        assert.equal("other " .. rating, files.read_sidecar(other.sidecar).title)
        assert.equal(rating, photo.rating)
      end
    end)
  end

  describe("where darktable never writes sidecars", function()
    local photo, other, duplicate

    before_each(function()
      restart({ write_sidecars = "never" })
      photo, other = w:photo("a.dng", { title = "mine" }), w:photo("b.dng")
      duplicate = photo:duplicate()
    end)

    it("brings them up to date by darktable's own button", function()
      w:select(other)
      assert.is_nil(w:run(library.flush, { photo }))
      assert.equal("mine", files.read_sidecar(photo.sidecar).title)
      assert.equal("mine", files.read_sidecar(duplicate.sidecar).title)
      assert.is_false(files.exists(other.sidecar))
      assert.same({ "b.dng 0" }, w:selected())
      photo.title = "newer"
      assert.is_nil(w:run(library.flush, { photo }))
      assert.equal("newer", files.read_sidecar(photo.sidecar).title)
      assert.equal(3, w.library.sidecars_written)
    end)

    it("does nothing to the photo under the pointer, and says so", function()
      w:select(photo)
      w.hovered = other
      assert.matches("^move the pointer off the photos", w:run(library.flush, { photo }))
      assert.equal(0, w.library.sidecars_written)
      assert.same({ "a.dng 0" }, w:selected())
      assert.equal(0, w.clock.now_ms)
    end)

    it("does not stop where the pointer is on one of the photos themselves", function()
      w.hovered = duplicate
      assert.is_nil(w:run(library.flush, { photo }))
      assert.is_true(files.exists(photo.sidecar))
    end)

    it("waits until all are written, and no longer", function()
      w.library.write_ms = 700
      local list = { photo, duplicate, other }
      for number = 1, 5 do
        list[#list + 1] = w:photo(number .. ".dng")
      end
      assert.is_nil(w:run(library.flush, list))
      assert.equal(8, w.library.sidecars_written)
      assert.is_true(w.clock.now_ms >= 5600 + 1500 and w.clock.now_ms <= 5600 + 1600)
    end)

    it("does not wait for ever", function()
      w.dt.control.dispatch(function()
        for count = 1, 4000 do
          files.write(photo.sidecar, "edit=" .. count .. "\n") -- somebody else writes on and on
          w.dt.control.sleep(50)
        end
      end)
      local took = w:run(function()
        library.flush({ photo })
        return w.clock.now_ms
      end)
      assert.is_true(took >= 60000 and took < 61000)
    end)

    it("stops waiting when darktable is closed", function()
      w:at(200, function()
        w.ending = true
      end)
      assert.is_nil(w:run(library.flush, { photo }))
      assert.is_true(w.clock.now_ms <= 250)
    end)
  end)

  for _, mode in ipairs({ "on import", "never" }) do
    it("says that a sidecar cannot be written: " .. mode, function()
      restart({ write_sidecars = mode })
      local photo = w:photo(("x"):rep(251) .. ".dng") -- that of its sidecar would be too long
      w:select(photo)
      assert.matches("^darktable cannot write the sidecar of x+%.dng$", w:run(library.flush, { photo }))
      assert.same({ photo.filename .. " 0" }, w:selected())
    end)
  end

  describe("has a sidecar read", function()
    local photo, duplicate

    local function prepare(options)
      restart(options)
      photo = w:photo("a.dng", { rating = 4, title = "mine" })
      duplicate = photo:duplicate()
      w:run(library.flush, { photo })
    end

    it("by importing the photo again, where it cannot be told otherwise", function()
      prepare()
      files.write(photo.sidecar, files.read(photo.sidecar) .. "edit=new\n")
      files.write(duplicate.sidecar, files.read(duplicate.sidecar) .. "edit=other\n")
      assert.is_nil(w:run(library.read_sidecar, photo))
      assert.same({ "new", 4, "mine" }, { w:record(photo).edit, photo.rating, photo.title })
      assert.equal("other", w:record(duplicate).edit)
      assert.equal(2, w:count())
      assert.is_false(w:record(photo).is_cached)
    end)

    it("by apply_sidecar, where that is known", function()
      prepare({ api = { 9, 5, 0 } })
      w:select(photo)
      files.write(photo.sidecar, "edit=new\nrating=3\n")
      files.write(duplicate.sidecar, "edit=other\n")
      assert.is_nil(w:run(library.read_sidecar, photo))
      assert.same({ "new", 4, "mine" }, { w:record(photo).edit, photo.rating, photo.title })
      assert.equal("", w:record(duplicate).edit)
      assert.same({ "a.dng 0" }, w:selected())
      assert.is_false(w:record(photo).is_cached)
    end)

    it("after waiting where darktable writes some time after a change", function()
      prepare({ api = { 9, 6, 0 } })
      local before = w.clock.now_ms
      assert.is_nil(w:run(library.flush, { photo }))
      assert.is_true(w.clock.now_ms - before >= library.QUIET_MS)
    end)

    it("until darktable takes it", function()
      prepare({ api = { 9, 6, 0 } })
      files.write(photo.sidecar, "edit=new\n")
      w.library.refusals = 4
      local before = w.clock.now_ms
      assert.is_nil(w:run(library.read_sidecar, photo))
      assert.equal(4 * library.AGAIN_MS, w.clock.now_ms - before)
      assert.equal("new", w:record(photo).edit)
      w.library.refusals = 5
      assert.equal("darktable did not take the edit", w:run(library.read_sidecar, photo))
    end)

    it("and says again what darktable forgot of what people said", function()
      local SAID = {
        rating = -1, red = true, purple = true, title = "title", description = "description", creator = "creator",
        publisher = "publisher", rights = "rights", notes = "notes", tags = "a|b,c",
      }
      restart({ api = { 9, 6, 0 } })
      for name in pairs(SAID) do
        w.library.forgets[#w.library.forgets + 1] = name
      end
      w.library.forgets[#w.library.forgets + 1] = "version_name"
      photo = w:photo("a.dng", SAID)
      w:run(library.flush, { photo })
      files.write(photo.sidecar, files.read(photo.sidecar) .. "edit=new\nversion_name=HDR PQ\n")
      assert.is_nil(w:run(library.read_sidecar, photo, "HDR PQ"))
      local record = w:record(photo)
      for name, value in pairs(SAID) do
        if name ~= "tags" then
          assert.equal(value, record[name], name)
        end
      end
      assert.is_true(record.tags == "a|b,c" or record.tags == "c,a|b")
      assert.same({ "new", "HDR PQ", false }, { record.edit, record.version_name, record.green })
    end)

    it("and says that darktable did not", function()
      prepare({ api = { 9, 6, 0 } })
      os.remove(photo.sidecar)
      assert.equal("darktable did not take the edit", w:run(library.read_sidecar, photo))
      assert.is_true(w:record(photo).is_cached)
    end)

    it("but not of a photo that is gone, which darktable would not survive", function()
      prepare()
      os.remove(library.path(photo))
      assert.equal("the photo is not there any more", w:run(library.read_sidecar, photo))
    end)

    it("but not while another version has none, which would become that one", function()
      prepare()
      os.remove(photo.sidecar)
      w:record(photo).edit, w:record(duplicate).edit = "mine", "other"
      assert.equal("the sidecar of a.dng is not there any more", w:run(library.read_sidecar, duplicate))
      assert.same({ 0, "mine", 1 }, { photo.duplicate_index, w:record(photo).edit, duplicate.duplicate_index })
    end)
  end)

  describe("has thumbnails drawn again", function()
    local list, drawn

    before_each(function()
      list = { w:photo("a.dng", { edit = "one" }), w:photo("b.dng", { edit = "two" }), w:photo("c.dng") }
      function drawn()
        local found = {}
        for index, image in ipairs(list) do
          found[index] = w:record(image).drawn or "nothing"
        end
        return found
      end
    end)

    local function always()
      return true
    end

    it("one after the other", function()
      w:run(library.refresh, list, always)
      assert.same({ "one", "two", "" }, drawn())
      assert.is_true(w:record(list[1]).drawn_ms < w:record(list[2]).drawn_ms)
    end)

    it("while there is nothing else to do", function()
      w:run(library.refresh, list, function()
        return w.clock.now_ms < 100
      end)
      assert.same({ "one", "nothing", "nothing" }, drawn())
    end)

    it("until darktable is closed", function()
      w:at(120, function()
        w.ending = true
      end)
      w:run(library.refresh, list, always)
      assert.same({ "one", "two", "nothing" }, drawn())
    end)

    it("of those that are still there", function()
      w:at(70, function()
        list[2]:delete()
      end)
      w:run(library.refresh, list, always)
      assert.same({ "one", "nothing", "" }, drawn())
    end)
  end)

  it("adds duplicates without a sidecar and takes them away with it", function()
    local photo = w:photo("a.dng")
    local duplicate = w:run(library.add_duplicate, photo)
    local sidecar = duplicate.sidecar
    assert.same({ 1, w.photos .. "/a_01.dng.xmp" }, { duplicate.duplicate_index, sidecar })
    assert.is_false(files.exists(sidecar))
    files.write(sidecar, "edit=ours\n")
    w:run(library.remove_duplicate, duplicate)
    assert.is_false(files.exists(sidecar))
    assert.is_nil(w:run(library.read_sidecar, photo))
    assert.equal(1, w:count())
    assert.is_false(library.is_there(duplicate))
    assert.is_true(library.is_there(photo))
  end)
end)
