--[[
Where the running Sidelight answers: endpoint.json, which only the user may read.
]]

local LrFileUtils = import "LrFileUtils"
local LrTasks = import "LrTasks"
local Json = require "Json"

local Endpoint = {}

-- Returns what `sidelight setup lightroom` wrote beside the plug-in: `version`, `endpoint` (path of
-- endpoint.json), `log` (path of the log) and `start` (a command, or false); nil without it.
function Endpoint.installation()
  local found, installation = pcall(require, "Installation")
  return found and installation or nil
end

local function is_usable(value)
  return type(value) == "table" and type(value.url) == "string" and type(value.token) == "string"
    and value.token:find("^[%w_-]+$") ~= nil and value.url:find("^http://127%.0%.0%.1:%d+$") ~= nil
end

-- Returns `url` and `token` of the Sidelight that says it is running; nil and a reason otherwise.
function Endpoint.read()
  local installation = Endpoint.installation()
  if not installation then
    return nil, "absent"
  end
  if not LrFileUtils.exists(installation.endpoint) then
    return nil, "down"
  end
  local done, text = LrTasks.pcall(LrFileUtils.readFile, installation.endpoint)
  local value = done and type(text) == "string" and Json.decode(text)
  if not is_usable(value) then
    return nil, "down" -- it is being replaced, or somebody else's
  end
  return { url = value.url, token = value.token }
end

return Endpoint
