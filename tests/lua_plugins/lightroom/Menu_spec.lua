local sidelight = require "double/sidelight"

describe("Menu", function()
  local w, Menu

  before_each(function()
    w = sidelight.world()
    Menu = w:load("Menu")
  end)

  after_each(function()
    w:stop()
  end)

  it("names modules that can be run", function()
    for _, item in ipairs(Menu.ITEMS) do
      assert.equal("function", type(w:load(item.module).run))
      assert.equal("Menu" .. item.module .. ".lua", item.file)
    end
  end)

  it("does one thing at a time", function()
    sidelight.photos(w, 2)
    w:at(0.1, function()
      Menu.run("Auto")
    end)
    w:press("MenuAuto.lua")
    assert.equal(Menu.BUSY, w:happened("message")[1].more)
    assert.equal(2, #w.sidelight.requests)
    w:press("MenuRestore.lua")
    assert.equal("Sidelight: Restore: 2 restored", sidelight.said(w))
  end)

  it("says what went wrong, and goes on", function()
    w:load("Auto").run = function()
      error("a bug", 0)
    end
    w:press("MenuAuto.lua")
    w:press("MenuAuto.lua")
    local messages = w:happened("message")
    assert.equal(2, #messages)
    assert.same({ "Sidelight", "a bug", "critical" }, { messages[1].text, messages[1].more, messages[1].style })
  end)
end)
