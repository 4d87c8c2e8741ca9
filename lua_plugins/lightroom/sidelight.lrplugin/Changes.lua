--[[
From Sidelight's settings to those that are sent to Lightroom: only what is another value there.
]]

local Json = require "Json"

local Changes = {}

local RAW = { "Temperature", "Tint" }
local RENDERED = { "IncrementalTemperature", "IncrementalTint" }

Changes.TOLERANCE = 0.005
Changes.FOREIGN_BALANCE = "white balance left as it is, because Lightroom counts it in another way for this file"

-- Whether two settings say the same; numbers that Lightroom shows alike are.
function Changes.same(first, second)
  if type(first) == "table" and type(second) == "table" then
    if #first ~= #second then
      return false
    end
    for index, value in ipairs(first) do
      if not Changes.same(value, second[index]) then
        return false
      end
    end
    return true
  elseif type(first) == "number" and type(second) == "number" then
    return math.abs(first - second) < Changes.TOLERANCE
  end
  return first == second
end

local function holds(values, names)
  return values[names[1]] ~= nil or values[names[2]] ~= nil
end

-- Kelvin in a JPEG would turn it blue: what counts is which names Lightroom has for this photo.
local function is_foreign(terms, current)
  return (holds(terms, RAW) and not holds(current, RAW))
    or (holds(terms, RENDERED) and not holds(current, RENDERED))
end

local function plain(value)
  if type(value) ~= "table" then
    return value
  end
  return { unpack(value) } -- Lightroom gets a table without our mark of an array
end

-- Returns what to send for a photo, and a sentence about what is left out, or nil.
--   terms: what Sidelight answered
--   current: what `getDevelopSettings` returned
function Changes.of(terms, current)
  local left_out = is_foreign(terms, current)
  local omitted = { WhiteBalance = left_out }
  for _, names in ipairs({ RAW, RENDERED }) do
    omitted[names[1]], omitted[names[2]] = left_out, left_out
  end
  local changes = {}
  for name, value in pairs(terms) do
    if value ~= Json.NULL and not omitted[name] and not Changes.same(value, current[name]) then
      changes[name] = plain(value)
    end
  end
  Changes.complete_balance(changes, terms, left_out)
  Changes.complete_hdr(changes, terms)
  return changes, left_out and Changes.FOREIGN_BALANCE or nil
end

-- Lightroom wants all of the white balance at once, the word with its numbers.
function Changes.complete_balance(changes, terms, left_out)
  local any = changes.WhiteBalance ~= nil
  for _, names in ipairs({ RAW, RENDERED }) do
    any = any or holds(changes, names)
  end
  if left_out or not any then
    return
  end
  changes.WhiteBalance = terms.WhiteBalance
  for _, names in ipairs({ RAW, RENDERED }) do
    changes[names[1]], changes[names[2]] = terms[names[1]], terms[names[2]]
  end
end

-- What the HDR settings are while HDR is off is no promise of what they are once it is on.
function Changes.complete_hdr(changes, terms)
  if changes.HDREditMode ~= 1 then
    return
  end
  for name, value in pairs(terms) do
    if name:find("^HDR") or name:find("^SDR") then
      changes[name] = value
    end
  end
end

return Changes
