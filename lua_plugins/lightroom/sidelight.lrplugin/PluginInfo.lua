--[[
Our section in the Plug-in Manager: whether Sidelight runs, a button that starts it, its log.
Lightroom runs this file each time the manager is shown.
]]

local LrTasks = import "LrTasks"
local LrView = import "LrView"
local Daemon = require "Daemon"
local Endpoint = require "Endpoint"
local Start = require "Start"

local PluginInfo = {}

local function show(properties, daemon, reason)
  if daemon then
    properties.sidelight_status = "Sidelight " .. tostring(daemon.version) .. " is running"
  else
    properties.sidelight_status = Daemon.WORDS[reason]
  end
  properties.sidelight_can_start = reason == "down"
end

-- Looks whether Sidelight runs, in a task of its own, and shows it.
function PluginInfo.look(properties, find)
  properties.sidelight_status = "looking …"
  LrTasks.startAsyncTask(function()
    show(properties, find())
  end, "Sidelight: status")
end

function PluginInfo.sectionsForTopOfDialog(f, properties)
  local installation = Endpoint.installation() or {}
  PluginInfo.look(properties, Daemon.find)
  return {
    {
      title = "Sidelight",
      f:row({ f:static_text({ title = LrView.bind("sidelight_status"), fill_horizontal = 1, width_in_chars = 50 }) }),
      f:row({
        f:push_button({ title = "Look again", action = function()
          PluginInfo.look(properties, Daemon.find)
        end }),
        f:push_button({ title = "Start Sidelight", enabled = LrView.bind("sidelight_can_start"), action = function()
          PluginInfo.look(properties, Start.start)
        end }),
      }),
      f:row({ f:static_text({ title = "Log: " .. tostring(installation.log or "none") }) }),
    },
  }
end

return PluginInfo
