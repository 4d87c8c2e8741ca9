local sidelight = require "double/sidelight"

describe("Daemon", function()
  local w, Daemon

  before_each(function()
    w = sidelight.world()
    Daemon = w:load("Daemon")
  end)

  after_each(function()
    w:stop()
  end)

  local function find()
    return w:task(Daemon.find)
  end

  local function predict(source, settings)
    return w:task(function()
      return Daemon.find():predict(source or { path = "/photos/1.cr3", folder = "/photos" }, settings or {})
    end)
  end

  it("is found and proves itself", function()
    local daemon = find()
    assert.equal("0.1.0", daemon.version)
    assert.equal(1, #w:happened("http"))
    assert.is_nil(w:happened("http")[1].headers.Authorization)
  end)

  it("is asked with another nonce each time", function()
    find()
    find()
    local first, second = w:happened("http")[1].url, w:happened("http")[2].url
    assert.not_equal(first, second)
    assert.matches("nonce=%x+$", first)
  end)

  it("is not running", function()
    w.sidelight.is_down = true
    assert.equal("down", select(2, find()))
  end)

  it("is a stranger that has not the token, and is told nothing", function()
    w.sidelight.key = "guess"
    assert.equal("stranger", select(2, find()))
    for _, event in ipairs(w:happened("http")) do
      assert.is_nil(event.headers.Authorization)
    end
  end)

  for what, api in pairs({ newer = { 2 }, nothing = {} }) do
    it("speaks " .. what .. ", which is another version", function()
      w.sidelight.api = api
      assert.equal("version", select(2, find()))
    end)
  end

  it("speaks a neighbouring version as well", function()
    w.sidelight.api = { 1, 2 }
    assert.is_not_nil(find())
  end)

  it("is asked for a photo, in JSON, once its folder is opened", function()
    local edit = predict(nil, { headroom = 1.5, engine = "auto" })
    assert.same(sidelight.terms().Exposure2012, edit.terms.Exposure2012)
    local access, asked = w:happened("http")[2], w:happened("http")[3]
    assert.equal('{"folders":["/photos"]}', access.body)
    assert.equal("application/json", access.headers["Content-Type"])
    assert.equal('{"editors":["lightroom"],"engine":"auto","headroom":1.5,"photo":"/photos/1.cr3"}', asked.body)
    assert.equal("Bearer " .. sidelight.TOKEN, asked.headers.Authorization)
  end)

  it("is sent a JPEG as such", function()
    predict({ jpeg = "\255\216jpeg" }, { headroom = 2.5 })
    local asked = w:happened("http")[2]
    assert.equal(sidelight.URL .. "/v1/predict?editors=lightroom&headroom=2.5", asked.url)
    assert.equal("image/jpeg", asked.headers["Content-Type"])
    assert.equal("\255\216jpeg", asked.body)
  end)

  it("opens a folder once", function()
    w:task(function()
      local daemon = Daemon.find()
      daemon:predict({ path = "/photos/1.cr3", folder = "/photos" }, {})
      daemon:predict({ path = "/photos/2.cr3", folder = "/photos" }, {})
    end)
    assert.equal(4, #w:happened("http"))
  end)

  it("says why a folder cannot be opened", function()
    w.sidelight.access = function()
      return { status = 422, body = '{"code":"unusable_place","detail":"it is a link"}' }
    end
    assert.same({ nil, "it is a link" }, { predict() })
  end)

  for text, answer in pairs({
    ["too dark"] = { status = 422, body = '{"detail":"too dark"}' },
    ["Sidelight answered with an error (503)"] = { status = 503, body = "no JSON" },
    ["Sidelight answered with an error (302)"] = { status = 302, body = '{"detail":""}' },
    ["Sidelight's answer cannot be read: byte 2: a name was expected"] = { status = 200, body = "{" },
    ["Sidelight's answer cannot be read: no object"] = { status = 200, body = "7" },
    ["Sidelight's answer cannot be read: no edit for Lightroom"] = { status = 200, body = "{}" },
    ["Sidelight's answer cannot be read: no settings"] = { status = 200, body = '{"editors":{"lightroom":{}}}' },
    ["a reason"] = { status = 200, body = '{"editors":{"lightroom":{"error":"a reason"}}}' },
    ["Sidelight does not answer"] = { error = "timedOut" },
  }) do
    it("answers wrongly: " .. text, function()
      w.sidelight.predict = function()
        return answer
      end
      assert.same({ nil, text }, { predict() })
    end)
  end

  it("is heard even where Lightroom leaves out empty bodies", function()
    w.empty_is_nil = true
    assert.is_not_nil((predict()))
    assert.equal(3, #w:happened("http"))
  end)

  it("is found again after it was restarted, and opens the folder again", function()
    local calls = 0
    w.sidelight.predict = function()
      calls = calls + 1
      return calls == 1 and { error = "networkConnectionLost" } or nil
    end
    assert.is_not_nil((predict()))
    local opened = 0
    for _, event in ipairs(w:happened("http")) do
      opened = opened + (event.url:find("access") and 1 or 0)
    end
    assert.equal(2, opened)
  end)

  it("is given up when it does not come back", function()
    w.sidelight.predict = function()
      w.sidelight.is_down = true
      return { error = "networkConnectionLost" }
    end
    assert.same({ nil, Daemon.WORDS.down }, { predict() })
    assert.is_true(w.scheduler:now() < 15)
  end)

  it("is waited for once, however many photos are left", function()
    w.sidelight.predict = function()
      w.sidelight.is_down = true
      return { error = "networkConnectionLost" }
    end
    local daemon
    w:task(function()
      daemon = Daemon.find()
      for _ = 1, 20 do
        assert.same({ nil, Daemon.WORDS.down }, { daemon:predict({ path = "/photos/1.cr3", folder = "/photos" }, {}) })
      end
    end)
    assert.is_true(w.scheduler:now() < 15)
    w.sidelight.is_down, w.sidelight.predict = false, nil
    assert.is_not_nil((w:task(daemon.predict, daemon, { path = "/photos/1.cr3", folder = "/photos" }, {})))
  end)

  it("that loses the connection again and again is asked twice", function()
    w.sidelight.predict = function()
      return { error = "networkConnectionLost" }
    end
    assert.same({ nil, Daemon.WORDS.down }, { predict() })
    assert.equal(2, #w.sidelight.requests)
  end)
end)
