local sidelight = require "double/sidelight"

describe("Endpoint", function()
  local w

  after_each(function()
    w:stop()
  end)

  local function read(text)
    w.files["/state/endpoint.json"] = text
    return w:task(function()
      return w:load("Endpoint").read()
    end)
  end

  it("is what the file says", function()
    w = sidelight.world()
    assert.same({ url = "http://127.0.0.1:9", token = "a-B_1" }, (read('{"url":"http://127.0.0.1:9","token":"a-B_1","pid":1}')))
  end)

  for _, text in ipairs({
    "", "{", "[]", '{"url":"http://127.0.0.1:9"}', '{"token":"a"}', '{"url":1,"token":"a"}',
    '{"url":"http://example.com:9","token":"a"}', '{"url":"http://127.0.0.1.example.com:9","token":"a"}',
    '{"url":"https://127.0.0.1:9","token":"a"}', '{"url":"http://127.0.0.1:9/x","token":"a"}',
    '{"url":"http://127.0.0.1:9","token":"a\\r\\nX: y"}', '{"url":"http://127.0.0.1:9","token":""}',
  }) do
    it("is none of ours: " .. text, function()
      w = sidelight.world()
      local found, reason = read(text)
      assert.is_nil(found)
      assert.equal("down", reason)
    end)
  end

  it("is not there while Sidelight does not run", function()
    w = sidelight.world()
    assert.same({ nil, "down" }, { read(nil) })
  end)

  it("is unknown to a plug-in that was only copied", function()
    w = sidelight.world({ installation = false })
    assert.equal("absent", select(2, read("{}")))
    assert.is_nil(w:load("Endpoint").installation())
  end)
end)
