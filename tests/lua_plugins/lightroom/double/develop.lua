--[[
A photo's develop table, after the public lists of its keys: unknown keys are dropped without a
word, numbers are clamped, values of another kind are not taken.
]]

local strict = require "double/strict"

local develop = {}

local BOTH = {
  Exposure2012 = { -5, 5, 0 }, Contrast2012 = { -100, 100, 0 }, Highlights2012 = { -100, 100, 0 },
  Shadows2012 = { -100, 100, 0 }, Whites2012 = { -100, 100, 0 }, Blacks2012 = { -100, 100, 0 },
  Texture = { -100, 100, 0 }, Clarity2012 = { -100, 100, 0 }, Dehaze = { -100, 100, 0 },
  Vibrance = { -100, 100, 0 }, Saturation = { -100, 100, 0 }, Sharpness = { 0, 150, 40 },
  CropTop = { 0, 1, 0 }, CropLeft = { 0, 1, 0 }, CropBottom = { 0, 1, 1 }, CropRight = { 0, 1, 1 },
  HDREditMode = { 0, 1, 0 }, HDRMaxValue = { 0, 4, 2.3 }, SDRBrightness = { -100, 100, 0 },
  SDRContrast = { -100, 100, 0 }, SDRClarity = { -100, 100, 0 }, SDRHighlights = { -100, 100, 0 },
  SDRShadows = { -100, 100, 0 }, SDRWhites = { -100, 100, 0 }, SDRBlend = { -100, 100, 0 },
}
local RAW = { Temperature = { 2000, 50000, 5200 }, Tint = { -150, 150, 4 } }
local RENDERED = { IncrementalTemperature = { -100, 100, 0 }, IncrementalTint = { -100, 100, 0 } }
local WORDS = { WhiteBalance = "As Shot", ProcessVersion = "15.4", ToneCurveName2012 = "Linear", CameraProfile = "Adobe Standard" }
local BALANCES = {
  ["As Shot"] = true, Auto = true, Custom = true, Daylight = "raw", Cloudy = "raw", Shade = "raw",
  Tungsten = "raw", Fluorescent = "raw", Flash = "raw",
}
-- Of these only that they stay is known here.
local TABLES = { MaskGroupBasedCorrections = true, RetouchAreas = true, Look = true }

-- Returns the table of a photo that nobody edited.
function develop.defaults(is_raw)
  local values = {}
  for _, ranges in ipairs({ BOTH, is_raw and RAW or RENDERED }) do
    for name, range in pairs(ranges) do
      values[name] = range[3]
    end
  end
  for name, word in pairs(WORDS) do
    values[name] = word
  end
  values.ToneCurvePV2012 = { 0, 0, 255, 255 }
  if not is_raw then
    values.CameraProfile, values.Sharpness = "Embedded", 0
  end
  return values
end

local function is_curve(value)
  if type(value) ~= "table" or #value < 4 or #value % 2 == 1 then
    return false
  end
  for index, number in ipairs(value) do
    local is_late = index % 2 == 1 and index > 2 and number <= value[index - 2]
    if type(number) ~= "number" or number < 0 or number > 255 or is_late then
      return false
    end
  end
  return true
end

local function taken(name, value, is_raw)
  local range = BOTH[name] or (is_raw and RAW or RENDERED)[name]
  if range then
    return type(value) == "number" and value == value and math.max(range[1], math.min(range[2], value)) or nil
  elseif name == "WhiteBalance" then
    local known = BALANCES[value]
    return known and (known == true or is_raw) and value or nil
  elseif WORDS[name] then
    return type(value) == "string" and value or nil
  elseif name == "ToneCurvePV2012" then
    return is_curve(value) and strict.copy(value) or nil
  end
  return TABLES[name] and type(value) == "table" and strict.copy(value) or nil
end

-- Puts settings into a photo's table and returns the names of those that were not taken, in order.
function develop.apply(values, settings, is_raw)
  local dropped = {}
  for name, value in pairs(settings) do
    local result = taken(name, value, is_raw)
    if result == nil then
      dropped[#dropped + 1] = name
    else
      values[name] = result
    end
  end
  table.sort(dropped)
  return dropped
end

return develop
