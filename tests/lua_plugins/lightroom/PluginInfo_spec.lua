local sidelight = require "double/sidelight"

describe("PluginInfo", function()
  local w

  after_each(function()
    w:stop()
  end)

  local function open(options)
    w = sidelight.world(options)
    local properties = {}
    return properties, function()
      local section = w:load("PluginInfo").sectionsForTopOfDialog(w.factory, properties)[1]
      w.scheduler:run()
      return section
    end
  end

  it("shows that Sidelight runs, and its log", function()
    local properties, show = open()
    local section = show()
    assert.equal("Sidelight 0.1.0 is running", properties.sidelight_status)
    assert.is_false(properties.sidelight_can_start)
    assert.equal("Log: /state/log", section[3][1].title)
  end)

  it("has a button that starts it", function()
    local properties, show = open({ installation = { endpoint = "/state/endpoint.json", start = "run it &" } })
    w.sidelight.is_down = true
    local buttons = show()[2]
    assert.matches("is not running", properties.sidelight_status)
    assert.is_true(properties.sidelight_can_start)
    w.on_execute = function()
      w.sidelight.is_down = false
    end
    buttons[2].action()
    assert.equal("looking …", properties.sidelight_status)
    w.scheduler:run()
    assert.equal("Sidelight 0.1.0 is running", properties.sidelight_status)
    w.sidelight.is_down = true
    buttons[1].action()
    w.scheduler:run()
    assert.matches("is not running", properties.sidelight_status)
  end)

  it("tells how to install it", function()
    local properties, show = open({ installation = false })
    assert.equal("Log: none", show()[3][1].title)
    assert.matches("sidelight setup lightroom", properties.sidelight_status)
    assert.is_false(properties.sidelight_can_start)
  end)
end)
