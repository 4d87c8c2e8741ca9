local dkjson = require "dkjson"
local world = require "double/world"

describe("Json", function()
  local w = world.new({ answer = function() end })
  local Json = w:load("Json")
  w:stop()

  for text, value in pairs({
    ["0"] = 0, ["-0"] = 0, ["12"] = 12, ["-7.25"] = -7.25, ["1e3"] = 1000, ["1E+3"] = 1000, ["25e-2"] = 0.25,
    ["0.1"] = 0.1, [" true "] = true, ["false\n"] = false, ['""'] = "", ['"a b"'] = "a b",
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"'] = '"\\/\b\f\n\r\t', ['"\\u0041"'] = "A", ['"\\u00e9"'] = "é", ['"\\u20AC"'] = "€",
    ['"\\ud83d\\ude00"'] = "😀", ['"\\uFFFF"'] = "\239\191\191", ['"\\u0000"'] = "\0", ['"é€😀"'] = "é€😀",
    ['"\127"'] = "\127",
  }) do
    it("reads " .. text:gsub("%s", "_"), function()
      assert.equal(value, (Json.decode(text)))
    end)
  end

  for _, text in ipairs({
    "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "{1:2}",
    '{"a":1 "b":2}', '{"a":1,"a":2}', "tru", "nul", "True", "NaN", "Infinity", "-Infinity", "01", "-", "+1", ".5", "1.", "1e",
    "1e999", "0x10", '"', '"a', '"\\x"', '"\\u12"', '"\\ud83d"', '"\\ude00"', '"\\ud83dA"', '"\\ud83d\\u0041"', '"a\nb"', '"\9"',
    "'a'", "1 2", "{} []", "[1] x", "\0", '"\0"', "--1", "// a", "/**/1",
  }) do
    it("refuses " .. text:gsub("[%c%z]", "?"), function()
      local value, trouble = Json.decode(text)
      assert.is_nil(value)
      assert.matches("^byte %d+: ", trouble)
    end)
  end

  it("refuses what is nested without an end", function()
    assert.is_nil((Json.decode(string.rep("[", 100000))))
    assert.is_nil((Json.decode(string.rep('{"a":', 100000))))
  end)

  it("tells empty objects from empty arrays, and null from nothing", function()
    local value = Json.decode('{"a":[],"b":{},"c":null}')
    assert.is_true(Json.is_array(value.a))
    assert.is_false(Json.is_array(value.b))
    assert.equal(Json.NULL, value.c)
    assert.equal('{"a":[],"b":{},"c":null}', Json.encode(value))
  end)

  for _, value in ipairs({ 0, 1, -1, 0.1, 2.3, -12.345, 1e15, 1e-7, 123456789012, true, false, "", "a\"b\\c/\n\0\127é" }) do
    it("writes what is read again: " .. tostring(value):gsub("[%c%z]", "?"), function()
      assert.equal(value, (Json.decode(Json.encode(value))))
      assert.equal(value, (dkjson.decode(Json.encode({ v = value })).v))
    end)
  end

  it("writes names in order", function()
    local value = { b = Json.array({ 1, "x", Json.array() }), a = { c = true } }
    assert.equal('{"a":{"c":true},"b":[1,"x",[]]}', Json.encode(value))
  end)

  for what, value in pairs({ ["a function"] = print, ["a list without its mark"] = { 1 }, ["not a number"] = 0 / 0, infinity = math.huge }) do
    it("does not write " .. what, function()
      assert.has_error(function()
        Json.encode({ v = value })
      end)
    end)
  end

  it("does not write what holds itself", function()
    local value = {}
    value.a = value
    assert.has_error(function()
      Json.encode(value)
    end)
  end)
end)
