local sidelight = require "double/sidelight"

describe("MenuMatchCamera", function()
  it("runs its action at each click", function()
    local w = sidelight.world()
    local clicks = 0
    w:load("MatchCamera").run = function(context)
      assert(context.is_alive)
      clicks = clicks + 1
    end
    w:press("MenuMatchCamera.lua")
    w:press("MenuMatchCamera.lua")
    w:stop()
    assert.equal(2, clicks)
  end)
end)
