local digests = require "double/digests"
local world = require "double/world"

describe("Sha256", function()
  local w = world.new({ answer = function() end })
  local Sha256 = w:load("Sha256")
  w:stop()

  local function hex(text)
    return Sha256.hex(Sha256.digest(text))
  end

  for _, case in ipairs({ -- FIPS 180-4, examples
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { string.rep("a", 10000), "27dd1f61b867b6a0f6e9d8a41c43231de52107e53ae424de8f847b821db4b711" },
  }) do
    it("of " .. case[1]:sub(1, 12), function()
      assert.equal(case[2], hex(case[1]))
    end)
  end

  for index, digest in ipairs(digests) do
    local length = index - 1
    it("of " .. length .. " bytes", function()
      local bytes = {}
      for place = 0, length - 1 do
        bytes[place + 1] = string.char((place * 7 + length) % 256)
      end
      assert.equal(digest, hex(table.concat(bytes)))
    end)
  end

  local function bytes(digits)
    return (digits:gsub("%x%x", function(pair)
      return string.char(tonumber(pair, 16))
    end))
  end

  -- RFC 4231, test cases 1 to 4, 6 and 7; 5 is a shortened one.
  local long = string.rep("\170", 131)
  for number, case in pairs({
    [1] = { string.rep("\11", 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    [2] = { "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    [3] = { string.rep("\170", 20), string.rep("\221", 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    [4] = { bytes("0102030405060708090a0b0c0d0e0f10111213141516171819"), string.rep("\205", 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
    [6] = { long, "Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    [7] = { long, "This is a test using a larger than block-size key and a larger than block-size data. "
      .. "The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
  }) do
    it("authenticates as RFC 4231 does in case " .. number, function()
      assert.equal(case[3], Sha256.hex(Sha256.hmac(case[1], case[2])))
    end)
  end
end)
