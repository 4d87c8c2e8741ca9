local sidelight = require "double/sidelight"

describe("Info", function()
  local w, info

  before_each(function()
    w = sidelight.world()
    info = w:info()
  end)

  after_each(function()
    w:stop()
  end)

  it("shows the menu's items in both menus", function()
    for _, key in ipairs({ "LrExportMenuItems", "LrLibraryMenuItems" }) do
      local items = w:load("Menu").ITEMS
      assert.equal(#items, #info[key])
      for index, item in ipairs(items) do
        assert.same({ title = item.title, file = item.file }, info[key][index])
      end
    end
  end)

  it("names files that are there", function()
    local files = { info.LrPluginInfoProvider }
    for _, item in ipairs(info.LrExportMenuItems) do
      files[#files + 1] = item.file
    end
    for _, name in ipairs(files) do
      local file = assert(io.open(w.plugin .. "/" .. name))
      file:close()
    end
  end)

  it("says what Lightroom needs", function()
    assert.equal("Sidelight", info.LrPluginName)
    assert.matches("^[%l%.]+$", info.LrToolkitIdentifier)
    assert.equal(6, info.LrSdkMinimumVersion)
    assert.is_true(info.LrSdkVersion >= info.LrSdkMinimumVersion)
    assert.equal("number", type(info.VERSION.major))
  end)
end)
