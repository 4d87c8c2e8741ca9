--[[
Lines that script and helper exchange: a word, then key=value pairs, all of plain ASCII.

Bytes other than letters, digits and . _ / - are written as %XX, so that no name of a photo,
whatever it holds, ends a line or means anything to anybody.
]]

local message = {}

local function escape_byte(character)
  return string.format("%%%02X", character:byte())
end

function message.escape(text)
  return (tostring(text):gsub("[^A-Za-z0-9._/-]", escape_byte))
end

function message.unescape(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

-- Returns the line of a word and its fields, keys in the order of the alphabet, with its end.
function message.encode(word, fields)
  local keys = {}
  for key in pairs(fields or {}) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  local parts = { word }
  for _, key in ipairs(keys) do
    parts[#parts + 1] = key .. "=" .. message.escape(fields[key])
  end
  return table.concat(parts, " ") .. "\n"
end

-- Returns word and fields of a line without its end; nil for what is no such line.
function message.decode(line)
  local word, rest = line:match("^([a-z_]+)(.*)$")
  if not word then
    return nil
  end
  local fields = {}
  for part in rest:gmatch("%S+") do
    local key, value = part:match("^([a-z_]+)=([%w._/%%-]*)$")
    if not key then
      return nil
    end
    fields[key] = message.unescape(value)
  end
  return word, fields
end

return message
