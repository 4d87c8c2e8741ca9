local helper = require "double/helper"
local message = require "sidelight/message"
local names = require "double/names"

describe("message", function()
  for index, name in ipairs(names) do
    it("P6: says any name as one line of plain letters, as the helper program does: " .. index, function()
      local line = message.encode("photo", { path = "/a/" .. name, id = 1 })
      assert.is_nil(line:find("[^\n -~]"))
      assert.equal(#line, line:find("\n", 1, true))
      assert.equal(helper.line("photo", { path = "/a/" .. name, id = 1 }), line)
      local word, fields = message.decode(line:sub(1, -2))
      assert.equal("photo", word)
      assert.same({ path = "/a/" .. name, id = "1" }, fields)
    end)
  end

  it("brings every byte back", function()
    local bytes = {}
    for byte = 0, 255 do
      bytes[#bytes + 1] = string.char(byte)
    end
    local all = table.concat(bytes)
    assert.equal(all, message.unescape(message.escape(all)))
    assert.is_nil(message.escape(all):find("[^A-Za-z0-9._/%%-]"))
  end)

  it("says keys in the order of the alphabet", function()
    assert.equal("w a=1 b=true c=x%20y\n", message.encode("w", { c = "x y", a = 1, b = true }))
    assert.equal("end\n", message.encode("end"))
  end)

  it("hears a word alone, and a value that is empty", function()
    assert.same({ "bye", {} }, { message.decode("bye") })
    assert.same({ "undone", { text = "" } }, { message.decode("undone text=") })
  end)

  local others = { "", "Word", "word a", "word a=b c", "word a=b=c", "word a=\u{fc}", "word A=b", " word a=b" }
  for _, line in ipairs(others) do
    it("does not take for a line: " .. line, function()
      assert.is_nil(message.decode(line))
    end)
  end
end)
