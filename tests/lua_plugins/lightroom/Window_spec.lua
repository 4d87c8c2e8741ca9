local sidelight = require "double/sidelight"

describe("Window", function()
  local w

  before_each(function()
    w = sidelight.world()
  end)

  after_each(function()
    w:stop()
  end)

  local function close_at(seconds)
    w:at(seconds, function()
      w.is_window_closed = true
    end)
  end

  it("has a button for every action but itself", function()
    close_at(1)
    w:press("MenuWindow.lua")
    local titles = {}
    for index, button in ipairs(w.windows[1]) do
      titles[index] = button.title
    end
    assert.same({
      "Auto HDR", "Auto HDR with Options…", "Match the camera", "Restore before Sidelight", "Self-check…",
    }, titles)
  end)

  it("stays open while its buttons work", function()
    local photos = sidelight.photos(w, 2)
    w:at(0.2, function()
      w.windows[1][1].action()
    end)
    w:at(5, function()
      assert(photos[1].develop.Exposure2012 == 0.5)
      w.windows[1][4].action()
    end)
    close_at(9)
    w:press("MenuWindow.lua")
    assert.equal("Sidelight: Restore: 2 restored", sidelight.said(w))
    assert.equal(0, photos[2].develop.Exposure2012)
  end)

  it("is one only, and can be opened again", function()
    w:at(0.5, function()
      w:load("Menu").run("Window")
    end)
    close_at(1)
    w:press("MenuWindow.lua")
    assert.equal(1, #w.windows)
    w:press("MenuWindow.lua")
    assert.equal(2, #w.windows)
    assert.is_nil(sidelight.said(w))
  end)

  it("leaves the menu as it is", function()
    sidelight.photos(w, 1)
    w:at(0.1, function()
      w:load("Menu").run("Auto")
    end)
    w:at(0.2, function()
      w:load("Menu").run("Restore")
    end)
    close_at(3)
    w:press("MenuWindow.lua")
    assert.equal(w:load("Menu").BUSY, w:happened("message")[1].more)
  end)
end)
