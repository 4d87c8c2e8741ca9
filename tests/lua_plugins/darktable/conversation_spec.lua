local files = require "double/files"
local lfs = require "lfs"
local world = require "double/world"

describe("conversation", function()
  local w, conversation

  local function start(options)
    w = world.start(options)
    conversation = require "sidelight/conversation"
  end

  before_each(function()
    start()
  end)

  after_each(function()
    w:stop()
  end)

  -- Talks with a helper that does as it is told here, and closes.
  local function talk(play, speak, action, settings)
    w.helper.play = function(_self, there)
      play(there)
    end
    return w:run(function()
      local here, trouble = conversation.start(w.installation, action or "auto", settings)
      if not here then
        return nil, trouble
      end
      local said = table.pack(speak(here))
      here:close()
      return table.unpack(said, 1, said.n)
    end)
  end

  local function listen(there)
    while there:next() do
    end
  end

  local function hear_all(here, most)
    local heard = {}
    while #heard < (most or 100) do
      local word, fields = here:receive()
      if not word then
        break
      end
      heard[#heard + 1] = word .. " " .. (fields.id or fields.text or "")
    end
    return heard
  end

  it("starts what setup wrote, with the file of orders", function()
    talk(listen, function() end, "auto", { engine = "auto", headroom = "2.300" })
    local there = w.helper.talks[1]
    assert.same({ "/opt/side light/python", "-m", "sidelight", "plugin", there.orders }, there.words)
    assert.equal(w.jobs_folder, there.orders:match("^(.*)/[A-Za-z0-9-]+%.orders$"))
    assert.same(
      { protocol = "1", version = "0.1.0", action = "auto", engine = "auto", headroom = "2.300" }, there.header
    )
  end)

  it("gives orders and hears the answers to them", function()
    local function echo(there)
      for order in there.next, there do
        there:tell("heard", { id = order.word .. order.fields.path })
      end
    end
    local heard = talk(echo, function(here)
      assert.is_nil(here:send("photo", { path = "a b\n.dng" }))
      assert.is_nil(here:send("photo", { path = "c" }))
      return hear_all(here, 2)
    end)
    assert.same({ "heard photoa b\n.dng", "heard photoc" }, heard)
  end)

  it("waits for the rest of half a line", function()
    local waited, heard = talk(function(there)
      there:raw("pre")
      there:sleep(500)
      there:raw("dicted id=%3")
      there:sleep(500)
      there:raw("7\nkept i")
      there:sleep(500)
      there:raw("d=8\n")
    end, function(here)
      local before = w.clock.now_ms
      local heard = hear_all(here, 1)
      return w.clock.now_ms - before, { heard[1], table.unpack(hear_all(here)) }
    end)
    assert.same({ "predicted 7", "kept 8" }, heard)
    assert.is_true(waited >= 1000 and waited < 1200)
  end)

  it("hears lines that come at once, one by one, and overhears what is none", function()
    local heard = talk(function(there)
      there:raw("a id=1\nWarning: something else\n\nb id=2\nc id=3\n")
    end, hear_all)
    assert.same({ "a 1", "b 2", "c 3" }, heard)
  end)

  it("hears the last words of a helper that ends", function()
    local heard, code = talk(function(there)
      there:sleep(200)
      there:tell("fatal", { text = "why" })
      error({ code = 3 })
    end, function(here)
      return hear_all(here), here.code
    end)
    assert.same({ { "fatal why" }, 3 }, { heard, code })
  end)

  it("knows that a helper that says nothing has ended", function()
    local heard, code = talk(function()
      error({ code = 127 })
    end, function(here)
      return hear_all(here), here.code
    end)
    assert.same({ {}, 127 }, { heard, code })
  end)

  it("listens only as long as it is asked to", function()
    local is_waiting = true
    w:at(300, function()
      is_waiting = false
    end)
    local word, waited = talk(listen, function(here)
      return here:receive(function()
        return is_waiting
      end), w.clock.now_ms
    end)
    assert.is_nil(word)
    assert.is_true(waited >= 300 and waited <= 350)
  end)

  it("stops listening when darktable is closed", function()
    w:at(300, function()
      w.ending = true
    end)
    local word, waited = talk(listen, function(here)
      return here:receive(), w.clock.now_ms
    end)
    assert.is_nil(word)
    assert.is_true(waited <= 350)
  end)

  it("says when it was all, and takes its files away", function()
    local during = talk(listen, function(here)
      w.dt.control.sleep(100)
      return #files.names(w.jobs_folder), here
    end)
    assert.equal(2, during)
    assert.equal("end", w.helper.talks[1].heard[#w.helper.talks[1].heard].word)
    assert.same({}, files.names(w.jobs_folder))
  end)

  it("does not wait long for a helper that goes on", function()
    local here, began = talk(function(there)
      there:sleep(60000)
    end, function(here)
      return here, w.clock.now_ms
    end)
    assert.is_nil(here.last_look)
    assert.same({}, files.names(w.jobs_folder))
    assert.is_true(began < 1000)
    assert.equal(0, here.code)
  end)

  it("closes within some seconds, whatever the helper does", function()
    w.helper.play = function(_self, there)
      there:sleep(60000)
    end
    local took = w:run(function()
      local here = conversation.start(w.installation, "auto")
      local before = w.clock.now_ms
      here:close()
      return w.clock.now_ms - before
    end)
    assert.is_true(took > 1000 and took < 10000)
  end)

  it("has files of its own for each talk", function()
    talk(listen, function() end)
    talk(listen, function() end)
    assert.not_equal(w.helper.talks[1].orders, w.helper.talks[2].orders)
  end)

  it("says that orders cannot be written, and starts nothing", function()
    files.remove_all(w.jobs_folder)
    local here, trouble = talk(listen, function() end)
    assert.is_nil(here)
    assert.matches("^the folder of the script cannot be written: ", trouble)
    assert.same({}, w.commands)
  end)

  it("says that the disk is full", function()
    local trouble = talk(function(there)
      there:sleep(500)
    end, function(here)
      w.dt.control.sleep(100)
      os.remove(here.orders)
      assert(lfs.link("/dev/full", here.orders, true))
      return here:send("photo", { id = 1 })
    end)
    assert.matches("^the folder of the script cannot be written: .*[Nn]o space", trouble)
  end)

  it("leaves nothing behind when it cannot begin", function()
    local open = io.open
    rawset(io, "open", function(path, mode)
      local file = open(path, mode)
      if file and mode:find("w") then
        file:close()
        return open("/dev/full", mode)
      end
      return file
    end)
    local here, trouble = talk(listen, function() end)
    rawset(io, "open", open)
    assert.is_nil(here)
    assert.matches("cannot be written", trouble)
    assert.same({}, files.names(w.jobs_folder))
  end)

  describe("on Windows", function()
    before_each(function()
      w:stop()
    end)

    it("writes lines that end as the helper expects", function()
      start({ os = "windows" })
      local heard = talk(function(there)
        there:tell("heard", { id = there:next().fields.path })
      end, function(here)
        here:send("photo", { path = "C:\\a b.dng" })
        return hear_all(here)
      end)
      assert.same({ "heard C:\\a b.dng" }, heard)
      assert.equal("auto", w.helper.talks[1].header.action)
    end)

    it("takes the exit code as it is", function()
      start({ os = "windows" })
      assert.equal(3, talk(function()
        error({ code = 3 })
      end, function(here)
        hear_all(here)
        return here.code
      end))
    end)

    it("says that a folder cannot be named there, and writes nothing", function()
      start({ os = "windows", config = "100%" })
      local here, trouble = talk(listen, function() end)
      assert.is_nil(here)
      assert.matches("Windows cannot pass on", trouble)
      assert.same({}, w.commands)
      assert.same({}, files.names(w.jobs_folder))
    end)
  end)

  it("P6: darktable's own folder may have any name", function()
    w:stop()
    for _, name in ipairs(require "double/names") do
      start({ config = name })
      assert.same({ "heard 1" }, talk(function(there)
        there:tell("heard", { id = 1 })
      end, hear_all))
      assert.equal(w.jobs_folder, w.helper.talks[1].orders:match("^(.*)/[^/]*$"))
      assert.same({}, files.find(w.folder, "pwned"))
      w:stop()
    end
    start()
  end)
end)
