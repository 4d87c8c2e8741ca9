local sidelight = require "double/sidelight"

describe("Snapshots", function()
  local w, Snapshots, photos

  before_each(function()
    w = sidelight.world()
    Snapshots = w:load("Snapshots")
    photos = sidelight.photos(w, 2)
  end)

  after_each(function()
    w:stop()
  end)

  local function entries()
    return { { photo = photos[1].photo }, { photo = photos[2].photo } }
  end

  local function never()
    return false
  end

  local function make(list)
    return w:task(Snapshots.make, list or entries(), never)
  end

  it("hold what the photos are", function()
    photos[1].develop.Exposure2012 = -1
    local name = make()
    assert.matches("^Before Sidelight %d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$", name)
    assert.equal(name, photos[1].snapshots[1].name)
    assert.equal(-1, photos[1].snapshots[1].develop.Exposure2012)
    assert.equal(name, photos[2].snapshots[1].name)
  end)

  it("have names that sort, even within a second", function()
    local names = {}
    for index = 1, 4 do
      names[index] = make()
      assert.equal(names[index], w:task(Snapshots.newest, photos[1].photo).name)
    end
    for index = 2, 4 do
      assert.is_true(names[index - 1] < names[index])
    end
  end)

  it("are told from the user's", function()
    assert.is_nil((w:task(Snapshots.newest, photos[1].photo)))
    photos[1].snapshots = { { name = "Before Sidelight", snapshotID = "a" }, { name = "Zero", snapshotID = "b" } }
    assert.is_nil((w:task(Snapshots.newest, photos[1].photo)))
  end)

  it("that cannot be made leave the photo alone", function()
    photos[2].is_deleted = false
    local list = entries()
    w:task(function()
      local name = Snapshots.new_name(list)
      photos[2].snapshots[1] = { name = name, snapshotID = "theirs" }
    end)
    w:load("Snapshots").new_name = function()
      return photos[2].snapshots[1].name
    end
    assert.is_not_nil(make(list))
    assert.is_nil(list[1].trouble)
    assert.equal("no snapshot could be made, so it was left alone", list[2].trouble)
  end)

  it("can be dropped again, and only they", function()
    photos[1].snapshots[1] = { name = "Mine", snapshotID = "mine", develop = {} }
    local name = make()
    w:task(Snapshots.drop, entries(), name)
    assert.equal(1, #photos[1].snapshots)
    assert.equal("Mine", photos[1].snapshots[1].name)
    assert.same({}, photos[2].snapshots)
  end)

  it("are not made of a busy catalog", function()
    w.catalog.is_busy = true
    local name, trouble = make()
    assert.is_nil(name)
    assert.matches("busy", trouble)
  end)
end)
