--[[
SHA-256 (FIPS 180-4) and HMAC (RFC 2104) in plain Lua 5.1, which has no operators for bits.

The SDK has no call for either. Messages here are a hundred bytes; it is not made for more.
]]

local Sha256 = {}

local WORD = 4294967296
local BLOCK = 64

-- XOR and AND of two half bytes.
local XOR, AND = {}, {}
for a = 0, 15 do
  for b = 0, 15 do
    local xor, both, place, x, y = 0, 0, 1, a, b
    for _ = 1, 4 do
      local first, second = x % 2, y % 2
      xor = xor + (first ~= second and place or 0)
      both = both + first * second * place
      x, y, place = (x - first) / 2, (y - second) / 2, place * 2
    end
    XOR[a * 16 + b], AND[a * 16 + b] = xor, both
  end
end

local function combine(halves, a, b)
  local result, place = 0, 1
  for _ = 1, 8 do
    local first, second = a % 16, b % 16
    result = result + halves[first * 16 + second] * place
    a, b, place = (a - first) / 16, (b - second) / 16, place * 16
  end
  return result
end

local function xor(a, b, c)
  local result = combine(XOR, a, b)
  return c and combine(XOR, result, c) or result
end

local function both(a, b)
  return combine(AND, a, b)
end

local function shift(word, count)
  return math.floor(word / 2 ^ count)
end

local function rotate(word, count)
  local low = word % 2 ^ count
  return (word - low) / 2 ^ count + low * 2 ^ (32 - count)
end

-- The first 32 bits of the fractional parts of roots of the first primes.
local function fractions(count, root)
  local found, number = {}, 1
  while #found < count do
    number = number + 1
    local is_prime = true
    for divisor = 2, math.floor(math.sqrt(number)) do
      is_prime = is_prime and number % divisor ~= 0
    end
    if is_prime then
      found[#found + 1] = math.floor(root(number) % 1 * WORD)
    end
  end
  return found
end

-- `n ^ (1 / 3)` may be off in its last bit, which is too much for 32 bits after the point.
local function cube_root(number)
  local root = number ^ (1 / 3)
  return root - (root * root * root - number) / (3 * root * root)
end

local START = fractions(8, math.sqrt)
local ROUND = fractions(64, cube_root)

local function schedule(message, from)
  local words = {}
  for index = 1, 16 do
    local a, b, c, d = message:byte(from + index * 4 - 4, from + index * 4 - 1)
    words[index] = ((a * 256 + b) * 256 + c) * 256 + d
  end
  for index = 17, 64 do
    local early, late = words[index - 15], words[index - 2]
    local first = xor(rotate(early, 7), rotate(early, 18), shift(early, 3))
    local second = xor(rotate(late, 17), rotate(late, 19), shift(late, 10))
    words[index] = (words[index - 16] + first + words[index - 7] + second) % WORD
  end
  return words
end

local function compress(state, words)
  local a, b, c, d, e, f, g, h = unpack(state)
  for index = 1, 64 do
    local mixed = xor(rotate(e, 6), rotate(e, 11), rotate(e, 25))
    local choice = xor(both(e, f), both(WORD - 1 - e, g))
    local first = h + mixed + choice + ROUND[index] + words[index]
    local turned = xor(rotate(a, 2), rotate(a, 13), rotate(a, 22))
    local majority = xor(both(a, b), both(a, c), both(b, c))
    h, g, f, e = g, f, e, (d + first) % WORD
    d, c, b, a = c, b, a, (first + turned + majority) % WORD
  end
  for index, word in ipairs({ a, b, c, d, e, f, g, h }) do
    state[index] = (state[index] + word) % WORD
  end
end

local function big_endian(number, count)
  local bytes = {}
  for index = count, 1, -1 do
    bytes[index] = string.char(number % 256)
    number = math.floor(number / 256)
  end
  return table.concat(bytes)
end

-- Returns the 32 bytes of the digest of a string.
function Sha256.digest(message)
  local zeros = (BLOCK - 9 - #message) % BLOCK
  local padded = message .. "\128" .. string.rep("\0", zeros) .. big_endian(#message * 8, 8)
  local state = { unpack(START) }
  for from = 1, #padded, BLOCK do
    compress(state, schedule(padded, from))
  end
  local bytes = {}
  for index, word in ipairs(state) do
    bytes[index] = big_endian(word, 4)
  end
  return table.concat(bytes)
end

-- Returns bytes as hexadecimal digits in lower case.
function Sha256.hex(bytes)
  return (bytes:gsub(".", function(byte)
    return string.format("%02x", byte:byte())
  end))
end

local function padded_key(key, pad)
  return (key:gsub(".", function(byte)
    return string.char(combine(XOR, byte:byte(), pad))
  end))
end

-- Returns the 32 bytes of HMAC-SHA256 of a message under a key; both are strings of bytes.
function Sha256.hmac(key, message)
  if #key > BLOCK then
    key = Sha256.digest(key)
  end
  key = key .. string.rep("\0", BLOCK - #key)
  return Sha256.digest(padded_key(key, 0x5c) .. Sha256.digest(padded_key(key, 0x36) .. message))
end

return Sha256
