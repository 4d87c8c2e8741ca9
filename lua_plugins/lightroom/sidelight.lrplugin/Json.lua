--[[
JSON (RFC 8259), strict both ways. The SDK has no module for it.

An object is a table with names as keys, an array one made by `Json.array`; `null` is `Json.NULL`.
]]

local Json = {}

Json.NULL = setmetatable({}, { __tostring = function()
  return "null"
end })

local DEPTH = 64
local ARRAY = {}

-- Marks a table as an array, so that an empty one is told from an empty object.
function Json.array(items)
  return setmetatable(items or {}, ARRAY)
end

function Json.is_array(value)
  return type(value) == "table" and getmetatable(value) == ARRAY
end

local ESCAPES = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function escape(character)
  return ESCAPES[character] or string.format("\\u%04x", character:byte())
end

local function quoted(text)
  return '"' .. text:gsub('[%z\1-\31\127"\\]', escape) .. '"'
end

local function number_text(value)
  if value ~= value or value == math.huge or value == -math.huge then
    error("a number that is not finite has no place in JSON", 0)
  end
  if value % 1 == 0 and math.abs(value) < 1e15 then
    return string.format("%.0f", value)
  end
  return (string.format("%.14g", value):gsub(",", ".")) -- some systems write a comma
end

local encode

local function encode_array(items, depth)
  local parts = {}
  for index, item in ipairs(items) do
    parts[index] = encode(item, depth)
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function encode_object(object, depth)
  local names, parts = {}, {}
  for name in pairs(object) do
    if type(name) ~= "string" then
      error("an object's names are strings; arrays are made by Json.array", 0)
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for index, name in ipairs(names) do
    parts[index] = quoted(name) .. ":" .. encode(object[name], depth)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value, depth)
  local kind = type(value)
  if value == Json.NULL then
    return "null"
  elseif kind == "string" then
    return quoted(value)
  elseif kind == "number" then
    return number_text(value)
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind ~= "table" then
    error("a " .. kind .. " has no place in JSON", 0)
  elseif depth >= DEPTH then
    error("nested too deeply", 0)
  elseif Json.is_array(value) then
    return encode_array(value, depth + 1)
  end
  return encode_object(value, depth + 1)
end

-- Returns a value as JSON text; raises an error for what JSON cannot hold.
function Json.encode(value)
  return encode(value, 0)
end

local function fail(at, what)
  error(string.format("byte %d: %s", at, what), 0)
end

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

-- Returns the bytes of a character in UTF-8.
local function utf8(code)
  if code < 0x80 then
    return string.char(code)
  end
  local tail, most = "", 0x40
  repeat
    tail = string.char(0x80 + code % 0x40) .. tail
    code = math.floor(code / 0x40)
    most = most / 2
  until code < most
  return string.char((0x80 - most) * 2 % 0x100 + code) .. tail
end

local PLAIN = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function hex_code(text, at)
  local digits = text:match("^\\u(%x%x%x%x)", at)
  return digits and tonumber(digits, 16)
end

-- Returns the character of a `\u` escape, or of two that are one, and where it ends.
local function decode_code(text, at)
  local code = hex_code(text, at)
  if not code or (code >= 0xDC00 and code < 0xE000) then
    fail(at, "no character")
  end
  if code < 0xD800 or code >= 0xE000 then
    return utf8(code), at + 6
  end
  local low = hex_code(text, at + 6)
  if not low or low < 0xDC00 or low >= 0xE000 then
    fail(at, "half a character")
  end
  return utf8(0x10000 + (code - 0xD800) * 0x400 + low - 0xDC00), at + 12
end

local function decode_string(text, at)
  local parts = {}
  at = at + 1
  while true do
    local stop = text:find('[%z\1-\31"\\]', at)
    if not stop then
      fail(at, "a string without an end")
    end
    parts[#parts + 1] = text:sub(at, stop - 1)
    local found = text:sub(stop, stop)
    if found == '"' then
      return table.concat(parts), stop + 1
    elseif found ~= "\\" then
      fail(stop, "a control character in a string")
    elseif text:sub(stop + 1, stop + 1) == "u" then
      parts[#parts + 1], at = decode_code(text, stop)
    else
      local plain = PLAIN[text:sub(stop + 1, stop + 1)]
      if not plain then
        fail(stop, "an unknown escape")
      end
      parts[#parts + 1], at = plain, stop + 2
    end
  end
end

local function decode_number(text, at)
  local stop = select(2, text:find("^-?%d+", at))
  if not stop or text:find("^-?0%d", at) then
    fail(at, "no value")
  end
  stop = select(2, text:find("^%.%d+", stop + 1)) or stop
  stop = select(2, text:find("^[eE][+-]?%d+", stop + 1)) or stop
  local digits = text:sub(at, stop)
  local number = tonumber(digits) or tonumber((digits:gsub("%.", ","))) -- as some systems write it
  if not number or number == math.huge or number == -math.huge then
    fail(at, "a number out of range")
  end
  return number, stop + 1
end

local decode

local function decode_array(text, at, depth)
  local items = Json.array()
  at = skip(text, at + 1)
  if text:sub(at, at) == "]" then
    return items, at + 1
  end
  while true do
    items[#items + 1], at = decode(text, at, depth)
    at = skip(text, at)
    local found = text:sub(at, at)
    if found == "]" then
      return items, at + 1
    elseif found ~= "," then
      fail(at, "an array without an end")
    end
    at = at + 1
  end
end

local function decode_object(text, at, depth)
  local object, name = {}
  at = skip(text, at + 1)
  if text:sub(at, at) == "}" then
    return object, at + 1
  end
  while true do
    at = skip(text, at)
    if text:sub(at, at) ~= '"' then
      fail(at, "a name was expected")
    end
    name, at = decode_string(text, at)
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then
      fail(at, "a colon was expected")
    elseif object[name] ~= nil then
      fail(at, "a name that is there twice")
    end
    object[name], at = decode(text, at + 1, depth)
    at = skip(text, at)
    local found = text:sub(at, at)
    if found == "}" then
      return object, at + 1
    elseif found ~= "," then
      fail(at, "an object without an end")
    end
    at = at + 1
  end
end

local WORDS = { { "true", true }, { "false", false }, { "null", Json.NULL } }

function decode(text, at, depth)
  at = skip(text, at)
  local found = text:sub(at, at)
  if depth > DEPTH then
    fail(at, "nested too deeply")
  elseif found == "{" then
    return decode_object(text, at, depth + 1)
  elseif found == "[" then
    return decode_array(text, at, depth + 1)
  elseif found == '"' then
    return decode_string(text, at)
  end
  for _, word in ipairs(WORDS) do
    if text:sub(at, at + #word[1] - 1) == word[1] then
      return word[2], at + #word[1]
    end
  end
  return decode_number(text, at)
end

-- Returns the value that JSON text holds, or nil and where it is none.
function Json.decode(text)
  local done, value, at = pcall(decode, text, 1, 0)
  if not done then
    return nil, value
  end
  at = skip(text, at)
  if at <= #text then
    return nil, string.format("byte %d: something after the value", at)
  end
  return value
end

return Json
