local sidelight = require "double/sidelight"

describe("Summary", function()
  local w, summary

  before_each(function()
    w = sidelight.world()
    summary = w:load("Summary").new()
  end)

  after_each(function()
    w:stop()
  end)

  it("says that nothing was changed", function()
    assert.same({ "nothing was changed", "" }, { summary:text() })
    assert.is_true(summary:is_plain())
  end)

  it("counts", function()
    for _, kind in ipairs({ "done", "failed", "done", "unchanged", "video" }) do
      summary:add(kind, { name = "a" })
    end
    assert.equal("2 edited, 1 were like that already, 1 videos skipped, 1 failed", (summary:text()))
    assert.equal(2, summary:count("done"))
    assert.equal(0, summary:count("nothing"))
    assert.is_false(summary:is_plain())
  end)

  it("names virtual copies and stacks among what was edited", function()
    summary:add("done", { name = "a", is_copy = true })
    summary:add("done", { name = "b", is_copy = true, is_stacked = true })
    summary:add("failed", { name = "c", is_copy = true }, "no")
    local _, more = summary:text()
    assert.equal("2 of them are virtual copies\n1 of them are in stacks\nc: no", more)
  end)

  it("gives some reasons and counts the others", function()
    for index = 1, 9 do
      summary:add("failed", { name = tostring(index) }, "100% %s")
    end
    local line, more = summary:text()
    assert.equal("9 failed", line)
    assert.matches("^1: 100%% %%s\n", more)
    assert.matches("5: 100%% %%s\n… and 4 more$", more)
  end)

  it("says last why it stopped", function()
    summary:add("done", { name = "a" })
    summary:stop("canceled")
    assert.same({ "1 edited", "canceled" }, { summary:text() })
    assert.is_false(summary:is_plain())
  end)

  it("has a second part", function()
    local other = w:load("Summary").new()
    summary:add("done", { name = "a" })
    other:add("done", { name = "a" })
    summary:also("SDR", other)
    assert.same({ "1 edited; SDR: 1 edited", "" }, { summary:text() })
    assert.is_true(summary:is_plain())
    other:add("failed", { name = "b" }, "no")
    assert.same({ "1 edited; SDR: 1 edited, 1 failed", "SDR:\nb: no" }, { summary:text() })
    assert.is_false(summary:is_plain())
  end)

  it("has other words for another action", function()
    summary = w:load("Summary").new({ done = "%d restored" })
    summary:add("done", { name = "a" })
    summary:add("nothing", { name = "b" })
    assert.equal("1 restored, 1 without an edit of Sidelight", (summary:text()))
  end)
end)
