--[[
Self-check: applies known settings to a virtual copy, reads them back, and writes down key by key
what Lightroom made of them. Nobody could check this without a Lightroom.
]]

local LrApplication = import "LrApplication"
local LrDialogs = import "LrDialogs"
local LrPathUtils = import "LrPathUtils"
local LrShell = import "LrShell"
local Changes = require "Changes"
local Gate = require "Gate"
local Photos = require "Photos"

local SelfCheck = {}

SelfCheck.TITLE = "Sidelight: Self-check"
SelfCheck.COPY_NAME = "Sidelight self-check"
SelfCheck.FILE = "sidelight-self-check.txt"

local HDR = {
  HDREditMode = 1, HDRMaxValue = 3.1, SDRBrightness = 11, SDRContrast = -12, SDRClarity = 13, SDRHighlights = -14,
  SDRShadows = 15, SDRWhites = -16, SDRBlend = 17,
}
local BASIC = {
  Exposure2012 = 0.35, Contrast2012 = 7, Highlights2012 = -21, Shadows2012 = 22, Whites2012 = -8, Blacks2012 = 9,
  Vibrance = 12, Saturation = -3,
}
local CURVE = { ToneCurvePV2012 = { 0, 0, 64, 58, 192, 200, 255, 255 }, ToneCurveName2012 = "Custom" }
local NAMES = { "io", "os", "loadstring", "dofile", "setfenv", "debug", "package", "coroutine" }

local function balance(current)
  if current.Temperature ~= nil then
    return { WhiteBalance = "Custom", Temperature = 5400, Tint = 6 }
  end
  return { WhiteBalance = "Custom", IncrementalTemperature = 9, IncrementalTint = -4 }
end

local function text(value)
  if type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  for index, item in ipairs(value) do
    parts[index] = tostring(item)
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

-- Returns a line for each key: what was sent, what Lightroom has then, and whether they agree.
function SelfCheck.compare(sent, found)
  local names, lines = {}, {}
  for name in pairs(sent) do
    names[#names + 1] = name
  end
  table.sort(names)
  for index, name in ipairs(names) do
    local verdict = found[name] == nil and "MISSING" or Changes.same(sent[name], found[name]) and "ok" or "DIFFERENT"
    lines[index] = string.format("%-9s %s sent %s, found %s", verdict, name, text(sent[name]), text(found[name]))
  end
  return lines
end

-- Applies each set of settings to a photo; returns the report's lines.
function SelfCheck.check(photo)
  local steps = {
    { "basic panel", BASIC }, { "white balance", balance(photo:getDevelopSettings()) }, { "point curve", CURVE },
    { "HDR on", HDR }, { "HDR off", { HDREditMode = 0 } },
  }
  local lines = {}
  for _, step in ipairs(steps) do
    lines[#lines + 1] = "[" .. step[1] .. "]"
    local done, trouble = Gate.run("Sidelight self-check: " .. step[1], function()
      photo:applyDevelopSettings(step[2], "Sidelight self-check: " .. step[1])
    end)
    local found = done and SelfCheck.compare(step[2], photo:getDevelopSettings()) or { "FAILED    " .. trouble }
    for _, line in ipairs(found) do
      lines[#lines + 1] = line
    end
  end
  return lines
end

local function head()
  local lines = { "Lightroom " .. LrApplication.versionString(), WIN_ENV and "Windows" or "macOS", _VERSION }
  for _, name in ipairs(NAMES) do
    local probed, kind = pcall(loadstring("return type(" .. name .. ")"))
    lines[#lines + 1] = string.format("%s: %s", name, probed and kind or "refused")
  end
  return lines
end

-- Returns the path of the report that was written, or nil.
local function write(lines)
  local path = LrPathUtils.child(LrPathUtils.getStandardFilePath("documents"), SelfCheck.FILE)
  local file = io.open(path, "w")
  if not file then
    return nil
  end
  local written = file:write(table.concat(lines, "\n"), "\n")
  return file:close() and written and path or nil
end

-- The menu's action.
function SelfCheck.run()
  local catalog = LrApplication.activeCatalog()
  local photo = catalog:getTargetPhoto()
  local entry = photo and Photos.describe({ photo })[1]
  if not entry or entry.is_video then
    LrDialogs.message(SelfCheck.TITLE, "Select one photo; a virtual copy of it will be used.", "info")
    return
  end
  catalog:setSelectedPhotos(photo, { photo })
  local copy = catalog:createVirtualCopies(SelfCheck.COPY_NAME)[1]
  local lines = head()
  for _, line in ipairs(SelfCheck.check(copy)) do
    lines[#lines + 1] = line
  end
  local path = write(lines)
  if path then
    LrDialogs.message(SelfCheck.TITLE, "The report is in " .. path .. ". The virtual copy can be removed.", "info")
    LrShell.revealInShell(path)
  else
    LrDialogs.message(SelfCheck.TITLE, table.concat(lines, "\n"), "info")
  end
end

return SelfCheck
