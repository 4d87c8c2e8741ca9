local sidelight = require "double/sidelight"

describe("Photos", function()
  local w, Photos

  before_each(function()
    w = sidelight.world()
    Photos = w:load("Photos")
  end)

  after_each(function()
    w:stop()
  end)

  local function selected()
    return w:task(Photos.selected, "Title")
  end

  it("are those that are selected", function()
    local photos = sidelight.photos(w, 3)
    w.catalog:select({ photos[2] })
    assert.same({ photos[2].photo }, selected())
    assert.same({}, w:happened("question"))
  end)

  it("are all that are shown only if somebody says so", function()
    sidelight.photos(w, 3)
    w.catalog:select({})
    assert.equal(3, #selected())
    assert.equal("No photo is selected. Take all 3 that are shown?", w:happened("question")[1].more)
    w.confirmed = false
    assert.is_nil(selected())
  end)

  it("are none in an empty catalog", function()
    assert.is_nil(selected())
    assert.equal("There is no photo here.", w:happened("message")[1].more)
  end)

  it("are described by one look-up", function()
    local a = w.catalog:add({ path = "/a b/1.cr3", is_copy = true, is_stacked = true })
    local b = w.catalog:add({ path = "/a b/2.mov", is_video = true })
    local found = w:task(Photos.describe, { a.photo, b.photo })
    assert.same({ photo = a.photo, path = "/a b/1.cr3", folder = "/a b", name = "1.cr3", is_video = false, is_copy = true, is_stacked = true }, found[1])
    assert.is_true(found[2].is_video)
    assert.is_false(found[2].is_copy)
  end)
end)
