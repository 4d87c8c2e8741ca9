--[[
What the panel shows and darktable remembers.
]]

local dt = require "darktable"

local settings = {}

local SCRIPT = "sidelight"

settings.ENGINES = { "auto", "camera" }
settings.HEADROOM_MOST = 4.0

-- Kept under names of our own: darktable answers 0, "" or false for what was never written.
local KNOWN = "remembered"

settings.values = {
  engine = "auto",
  headroom = 2.3,
  strength = 1.0,
  overwrite = false,
  duplicate = false,
}

local KINDS = { engine = "string", headroom = "float", strength = "float", duplicate = "bool" }
-- `overwrite` is not remembered: it is for this once.

function settings.load()
  if not dt.preferences.read(SCRIPT, KNOWN, "bool") then
    return
  end
  for name, kind in pairs(KINDS) do
    settings.values[name] = dt.preferences.read(SCRIPT, name, kind)
  end
  local known = false
  for _, engine in ipairs(settings.ENGINES) do
    known = known or engine == settings.values.engine
  end
  if not known then
    settings.values.engine = settings.ENGINES[1]
  end
end

function settings.change(name, value)
  settings.values[name] = value
  if not KINDS[name] then
    return
  end
  for kept, kind in pairs(KINDS) do
    dt.preferences.write(SCRIPT, kept, kind, settings.values[kept])
  end
  dt.preferences.write(SCRIPT, KNOWN, "bool", true)
end

-- Returns the settings as an order says them, with other values for some of them.
function settings.fields(changes)
  local values = setmetatable(changes or {}, { __index = settings.values })
  return {
    engine = values.engine,
    headroom = string.format("%.3f", values.headroom):gsub(",", "."),
    strength = string.format("%.3f", values.strength):gsub(",", "."),
  }
end

return settings
