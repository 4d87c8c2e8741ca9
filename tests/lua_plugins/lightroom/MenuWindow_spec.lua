local sidelight = require "double/sidelight"

describe("MenuWindow", function()
  it("runs its action at each click", function()
    local w = sidelight.world()
    local clicks = 0
    w:load("Window").run = function(context)
      assert(context.is_alive)
      clicks = clicks + 1
    end
    w:press("MenuWindow.lua")
    w:press("MenuWindow.lua")
    w:stop()
    assert.equal(2, clicks)
  end)
end)
