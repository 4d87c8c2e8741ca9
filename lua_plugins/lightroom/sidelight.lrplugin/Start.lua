--[[
Sidelight, started where it does not run.
]]

local LrTasks = import "LrTasks"
local Daemon = require "Daemon"
local Endpoint = require "Endpoint"

local Start = {}

Start.PATIENCE_S = 20

-- Starts it and returns it, or nil and a key of `Daemon.WORDS`. The command is the one that
-- `sidelight setup` wrote down, word for word; it returns at once.
function Start.start(ends)
  local installation = Endpoint.installation()
  if not installation then
    return nil, "absent"
  elseif not installation.start then
    return nil, "down"
  end
  LrTasks.execute(installation.start)
  return Daemon.wait(Start.PATIENCE_S, ends)
end

-- Returns the running Sidelight, started if need be; nil and a sentence otherwise.
function Start.daemon(ends)
  local daemon, reason = Daemon.find()
  if not daemon and reason == "down" then
    daemon, reason = Start.start(ends)
  end
  return daemon, not daemon and Daemon.WORDS[reason] or nil
end

return Start
