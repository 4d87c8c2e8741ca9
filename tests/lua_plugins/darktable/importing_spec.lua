local world = require "double/world"

describe("importing", function()
  local w, importing, sidelight, edited

  before_each(function()
    w = world.start()
    importing = require "sidelight/importing"
    edited = {}
    sidelight = { running = false }
    function sidelight.auto(images)
      local names = {}
      for index, image in ipairs(images) do
        names[index] = image.filename .. " " .. image.duplicate_index
      end
      edited[#edited + 1] = { w.clock.now_ms, table.unpack(names) }
    end
    importing.start("sidelight", sidelight)
  end)

  after_each(function()
    w:stop()
  end)

  local function allow(is_allowed)
    w.dt.preferences.write("sidelight", importing.PREFERENCE, "bool", is_allowed ~= false)
  end

  local function import_at(ms, name)
    w:at(ms, function()
      w:photo(name)
    end)
  end

  it("edits nothing unless the preference says so", function()
    assert.matches("when they are imported$", w.registered["sidelight/edit_imported"])
    assert.is_false(w.dt.preferences.read("sidelight", "edit_imported", "bool"))
    import_at(0, "a.dng")
    w.clock:run()
    assert.same({}, edited)
    allow()
    allow(false)
    import_at(0, "b.dng")
    w.clock:run()
    assert.same({}, edited)
  end)

  it("gathers what arrives together", function()
    allow()
    import_at(0, "a.dng")
    import_at(1500, "b.dng")
    import_at(1500, "c.dng")
    import_at(3900, "d.dng")
    w.clock:run()
    assert.same({ { 6000, "a.dng 0", "b.dng 0", "c.dng 0", "d.dng 0" } }, edited)
  end)

  it("edits what comes later apart", function()
    allow()
    import_at(0, "a.dng")
    import_at(5000, "b.dng")
    w.clock:run()
    assert.same({ { 2000, "a.dng 0" }, { 7000, "b.dng 0" } }, edited)
  end)

  it("waits until the last action is over", function()
    allow()
    sidelight.running = true
    w:at(60000, function()
      sidelight.running = false
    end)
    import_at(0, "a.dng")
    import_at(30000, "b.dng")
    w.clock:run()
    assert.equal(1, #edited)
    assert.is_true(edited[1][1] >= 60000 and edited[1][1] <= 62000)
    assert.same({ "a.dng 0", "b.dng 0" }, { edited[1][2], edited[1][3] })
  end)

  it("leaves duplicates alone", function()
    allow()
    w:at(0, function()
      w:event("post-import-image", w:photo("a.dng"):duplicate())
    end)
    w.clock:run()
    assert.same({ { 2000, "a.dng 0" } }, edited)
  end)

  it("is not called by our own imports", function()
    local photo = w:photo("a.dng")
    w.clock:run()
    allow()
    require("sidelight/library").read_sidecar(photo)
    w.clock:run()
    assert.same({}, edited)
  end)

  it("edits nothing when darktable is closed meanwhile", function()
    allow()
    import_at(0, "a.dng")
    w:at(1000, function()
      w.ending = true
    end)
    w.clock:run()
    assert.same({}, edited)
  end)

  it("stops listening, and does not edit what waits", function()
    allow()
    import_at(0, "a.dng")
    w:at(1000, function()
      importing.stop("sidelight")
    end)
    import_at(1500, "b.dng")
    w.clock:run()
    assert.same({}, edited)
    importing.start("sidelight", sidelight)
    import_at(0, "c.dng")
    w.clock:run()
    assert.equal(1, #edited)
    assert.same({ "c.dng 0" }, { edited[1][2], edited[1][3] })
  end)
end)
