--[[
Runs inside a real darktable and does what a test writes into files: FOLDER/1.lua, 2.lua and so
on, each a chunk that returns plain values; what it returned goes to 1.json. FOLDER comes from the
environment. While it waits it counts, so that a test sees whether the interface is alive.
]]

local dt = require "darktable"

local folder = os.getenv("SIDELIGHT_DRIVER")
local TICK_MS = 20

local function read(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text
end

local function json(value)
  local kind = type(value)
  if kind == "table" then
    local parts = {}
    if #value > 0 or next(value) == nil then
      for index, item in ipairs(value) do
        parts[index] = json(item)
      end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    for key, item in pairs(value) do
      parts[#parts + 1] = json(tostring(key)) .. ":" .. json(item)
    end
    return "{" .. table.concat(parts, ",") .. "}"
  elseif kind == "string" then
    return '"' .. value:gsub('[%c"\\\127-\255]', function(c)
      return string.format("\\u%04x", c:byte())
    end) .. '"'
  elseif kind == "number" and value ~= value then
    return "null"
  elseif kind == "nil" then
    return "null"
  end
  if kind == "number" then
    return string.format("%.9g", value)
  end
  return kind == "boolean" and tostring(value) or json(tostring(value))
end

local function write(path, text)
  local file = assert(io.open(path .. ".part", "wb"))
  file:write(text)
  file:close()
  os.rename(path .. ".part", path)
end

driver = { ticks = 0 } -- global, so that chunks find it

function driver.image(id)
  for _, image in ipairs(dt.database) do
    if image.id == id then
      return image
    end
  end
  return nil
end

dt.control.dispatch(function()
  local number = 1
  write(folder .. "/ready", "")
  while not dt.control.ending do
    dt.control.sleep(TICK_MS)
    driver.ticks = driver.ticks + 1
    local path = string.format("%s/%d", folder, number)
    local text = read(path .. ".lua")
    if text then
      local chunk, trouble = load("local dt = require 'darktable'\n" .. text, "=test")
      local ok, value
      if chunk then
        ok, value = pcall(chunk)
      else
        ok, value = false, trouble
      end
      write(path .. ".json", json({ ok = ok, value = value }))
      number = number + 1
    end
  end
end)
