local sidelight = require "double/sidelight"

describe("Gate", function()
  local w, Gate, photos

  before_each(function()
    w = sidelight.world()
    Gate = w:load("Gate")
    photos = sidelight.photos(w, 3)
  end)

  after_each(function()
    w:stop()
  end)

  local function entries()
    local found = {}
    for index, state in ipairs(photos) do
      found[index] = { photo = state.photo }
    end
    return found
  end

  local function brighten(entry)
    entry.photo:applyDevelopSettings({ Exposure2012 = 1 }, "x")
  end

  local function exposures()
    return { photos[1].develop.Exposure2012, photos[2].develop.Exposure2012, photos[3].develop.Exposure2012 }
  end

  local function never()
    return false
  end

  it("is one undo step", function()
    assert.is_true((w:task(Gate.each, "Step", entries(), never, brighten)))
    assert.same({ 1, 1, 1 }, exposures())
    assert.equal("Step", w.catalog:undo())
    assert.same({ 0, 0, 0 }, exposures())
    assert.equal(0, #w.catalog.undo_steps)
  end)

  it("waits for a busy catalog, and not for ever", function()
    w.catalog.is_busy = true
    w:at(5, function()
      w.catalog.is_busy = false
    end)
    assert.is_true((w:task(Gate.each, "Step", entries(), never, brighten)))
    w.catalog.is_busy = true
    assert.same({ nil, Gate.BUSY }, { w:task(Gate.each, "Step", entries(), never, brighten) })
    assert.equal(1, #w.catalog.undo_steps)
  end)

  it("rolls all back when it is canceled", function()
    local asked = 0
    local done, trouble = w:task(Gate.each, "Step", entries(), function()
      asked = asked + 1
      return asked > 2
    end, brighten)
    assert.is_nil(done)
    assert.equal(Gate.CANCELED, trouble)
    assert.same({ 0, 0, 0 }, exposures())
    assert.same({}, w.catalog.undo_steps)
  end)

  it("does not let a deleted photo spoil the others", function()
    photos[2].is_deleted = true
    local list = entries()
    assert.is_true((w:task(Gate.each, "Step", list, never, brighten)))
    assert.same({ 1, 0, 1 }, exposures())
    assert.is_nil(list[1].trouble)
    assert.matches("deleted", list[2].trouble)
  end)

  it("says what went wrong in it", function()
    assert.same({ nil, "broken" }, { w:task(Gate.run, "Step", function()
      error("broken", 0)
    end) })
  end)

  -- What the double refuses, as Lightroom does.
  it("is needed", function()
    local done, trouble = pcall(brighten, entries()[1])
    assert.is_false(done)
    assert.matches("withWriteAccessDo", trouble)
  end)

  it("lets nothing wait, ask or nest inside", function()
    for text, act in pairs({
      ["may wait"] = function()
        w.modules.LrTasks.sleep(1)
      end,
      ["no request"] = function()
        w.modules.LrHttp.get("http://127.0.0.1:1/")
      end,
      ["look%-ups"] = function()
        w.catalog.object:batchGetRawMetadata({ photos[1].photo }, { "path" })
      end,
      ["nested"] = function()
        w.catalog.object:withWriteAccessDo("x", function() end, { timeout = 1 })
      end,
    }) do
      local done, trouble = w:task(Gate.run, "Step", act)
      assert.is_nil(done)
      assert.matches(text, trouble)
    end
  end)
end)
