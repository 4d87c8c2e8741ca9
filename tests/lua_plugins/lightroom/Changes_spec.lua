local develop = require "double/develop"
local sidelight = require "double/sidelight"

describe("Changes", function()
  local w, Changes

  before_each(function()
    w = sidelight.world()
    Changes = w:load("Changes")
  end)

  after_each(function()
    w:stop()
  end)

  it("sends what is another value, and nothing else", function()
    local terms = { Exposure2012 = 0.5, Contrast2012 = 0, Vibrance = 7 }
    local changes, note = Changes.of(terms, develop.defaults(true))
    assert.same({ Exposure2012 = 0.5, Vibrance = 7 }, changes)
    assert.is_nil(note)
  end)

  it("sends nothing that is there already", function()
    local terms = sidelight.terms()
    assert.same({}, (Changes.of(terms, terms)))
  end)

  it("takes numbers for the same that Lightroom shows alike", function()
    assert.is_true(Changes.same(0.1 + 0.2, 0.3))
    assert.is_false(Changes.same(0.3, 0.31))
    assert.is_false(Changes.same(1, "1"))
    assert.is_false(Changes.same(1, true))
    assert.is_false(Changes.same(1, nil))
    assert.is_true(Changes.same({ 0, 0, 255, 255 }, { 0, 0, 255, 255 }))
    assert.is_false(Changes.same({ 0, 0, 255, 255 }, { 0, 0, 99, 99, 255, 255 }))
    assert.is_false(Changes.same({ 0, 0, 255, 255 }, { 0, 1, 255, 255 }))
  end)

  it("sends all of the white balance or nothing of it", function()
    local current = develop.defaults(true)
    local terms = { WhiteBalance = "Custom", Temperature = 5000, Tint = current.Tint }
    assert.same(terms, (Changes.of(terms, current)))
    assert.same({ WhiteBalance = "As Shot" }, (Changes.of({ WhiteBalance = "As Shot" }, terms)))
  end)

  for what, is_raw in pairs({ ["kelvin into a rendered file"] = false, ["relative numbers into a raw file"] = true }) do
    it("never sends " .. what, function()
      local terms = { Exposure2012 = 1, WhiteBalance = "Custom" }
      terms[is_raw and "IncrementalTemperature" or "Temperature"] = is_raw and 10 or 4000
      terms[is_raw and "IncrementalTint" or "Tint"] = 5
      local changes, note = Changes.of(terms, develop.defaults(is_raw))
      assert.same({ Exposure2012 = 1 }, changes)
      assert.equal(Changes.FOREIGN_BALANCE, note)
    end)
  end

  it("sends all nine HDR settings when it turns HDR on", function()
    local changes = Changes.of(sidelight.terms(), develop.defaults(true))
    local names = { "HDREditMode", "HDRMaxValue", "SDRBrightness", "SDRContrast", "SDRClarity", "SDRHighlights", "SDRShadows", "SDRWhites", "SDRBlend" }
    for _, name in ipairs(names) do
      assert.equal(sidelight.terms()[name], changes[name])
    end
  end)

  it("turns HDR off with that alone", function()
    assert.same({ HDREditMode = 0 }, (Changes.of({ HDREditMode = 0, Exposure2012 = 0 }, { HDREditMode = 1, HDRMaxValue = 2, Exposure2012 = 0 })))
  end)

  it("gives Lightroom plain tables and no null", function()
    local Json = w:load("Json")
    local terms = { ToneCurvePV2012 = Json.array({ 0, 9, 255, 255 }), Exposure2012 = Json.NULL }
    local changes = Changes.of(terms, develop.defaults(true))
    assert.same({ ToneCurvePV2012 = { 0, 9, 255, 255 } }, changes)
    assert.is_nil(getmetatable(changes.ToneCurvePV2012))
  end)
end)
