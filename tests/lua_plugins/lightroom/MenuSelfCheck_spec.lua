local sidelight = require "double/sidelight"

describe("MenuSelfCheck", function()
  it("runs its action at each click", function()
    local w = sidelight.world()
    local clicks = 0
    w:load("SelfCheck").run = function(context)
      assert(context.is_alive)
      clicks = clicks + 1
    end
    w:press("MenuSelfCheck.lua")
    w:press("MenuSelfCheck.lua")
    w:stop()
    assert.equal(2, clicks)
  end)
end)
