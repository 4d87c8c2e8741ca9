local sidelight = require "double/sidelight"

describe("Previews", function()
  local w, Previews

  before_each(function()
    w = sidelight.world()
    Previews = w:load("Previews")
  end)

  after_each(function()
    w:stop()
  end)

  local function source(what, ends, needs_file)
    what.path = what.path or "/gone/1.cr3"
    local state = w.catalog:add(what)
    return w:task(Previews.source, { photo = state.photo, path = what.path }, ends or function()
      return false
    end, needs_file)
  end

  it("are the file itself where it can be read", function()
    w.files["/photos/1.cr3"] = "raw"
    assert.same({ path = "/photos/1.cr3", folder = "/photos" }, source({ path = "/photos/1.cr3", thumbnail = "jpeg" }))
  end)

  it("are the smart preview of a file that is away", function()
    w.files["/cache/1.dng"] = "dng"
    assert.same({ path = "/cache/1.dng", folder = "/cache" }, source({ smart_preview = "/cache/1.dng", thumbnail = "jpeg" }))
  end)

  it("are Lightroom's thumbnail else", function()
    assert.same({ jpeg = "jpeg" }, source({ thumbnail = "jpeg" }))
    assert.same({ jpeg = "jpeg" }, source({ thumbnail = "jpeg", smart_preview = "/gone/1.dng" }))
  end)

  it("will not do where the file itself is needed", function()
    w.files["/photos/1.cr3"], w.files["/cache/1.dng"] = "raw", "dng"
    local away = { thumbnail = "jpeg", smart_preview = "/cache/1.dng" }
    assert.same({ nil, Previews.NO_FILE }, { source(away, nil, true) })
    assert.equal("/photos/1.cr3", source({ path = "/photos/1.cr3" }, nil, true).path)
  end)

  it("are none if Lightroom says so", function()
    assert.same({ nil, Previews.OFFLINE }, { source({ thumbnail = false }) })
  end)

  it("are none if Lightroom never answers", function()
    assert.same({ nil, Previews.OFFLINE }, { source({}) })
    assert.is_true(w.scheduler:now() >= 20 and w.scheduler:now() < 22)
  end)

  it("are not waited for once somebody canceled", function()
    assert.is_nil((source({}, function()
      return w.scheduler:now() > 1
    end)))
    assert.is_true(w.scheduler:now() < 1.5)
  end)

  it("are asked for one at a time", function()
    local open, most = 0, 0
    for index = 1, 3 do
      local state = w.catalog:add({ path = "/gone/" .. index, thumbnail = "jpeg" })
      local photo = { requestJpegThumbnail = function(_, ...)
        open = open + 1
        most = math.max(most, open)
        local callback, is_open = select(3, ...), true
        return state.photo:requestJpegThumbnail(1, 1, function(...)
          open = open - (is_open and 1 or 0)
          is_open = false
          callback(...)
        end)
      end, getRawMetadata = function(_, key)
        return state.photo:getRawMetadata(key)
      end }
      state.thumbnail = "jpeg"
      w.scheduler:start(function()
        Previews.source({ photo = photo, path = "/gone/" .. index }, function()
          return false
        end)
      end)
    end
    w.scheduler:run()
    assert.equal(1, most)
  end)
end)
