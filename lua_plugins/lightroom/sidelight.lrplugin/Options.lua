--[[
Auto HDR with options: what the dialog asks and Lightroom remembers.
]]

local LrBinding = import "LrBinding"
local LrDialogs = import "LrDialogs"
local LrPrefs = import "LrPrefs"
local LrView = import "LrView"
local Auto = require "Auto"

local Options = {}

Options.ENGINES = { { title = "Auto", value = "auto" }, { title = "Match the camera", value = Auto.CAMERA } }
Options.DEFAULTS = { engine = "auto", headroom = 2.3, strength = 100, copy = false, sdr_too = false }

local RANGES = { headroom = { 0, Auto.HEADROOM_MOST }, strength = { 0, 100 } }

local function is_engine(value)
  for _, engine in ipairs(Options.ENGINES) do
    if engine.value == value then
      return true
    end
  end
  return false
end

local function clamped(name, value)
  local range = RANGES[name]
  value = tonumber(value) or Options.DEFAULTS[name]
  return math.max(range[1], math.min(range[2], value))
end

-- Returns the values that are remembered, each one that makes sense.
function Options.remembered()
  local prefs, values = LrPrefs.prefsForPlugin(), {}
  values.engine = is_engine(prefs.engine) and prefs.engine or Options.DEFAULTS.engine
  values.headroom = clamped("headroom", prefs.headroom)
  values.strength = clamped("strength", prefs.strength)
  values.copy, values.sdr_too = prefs.copy == true, prefs.sdr_too == true
  return values
end

function Options.remember(values)
  local prefs = LrPrefs.prefsForPlugin()
  for name in pairs(Options.DEFAULTS) do
    prefs[name] = values[name]
  end
end

-- Returns the dialog's values as `Auto.run` takes them.
function Options.settings(values)
  return {
    engine = values.engine, headroom = clamped("headroom", values.headroom),
    strength = clamped("strength", values.strength) / 100, copy = values.copy == true and Auto.COPY_NAME or nil,
    sdr_too = values.sdr_too == true,
  }
end

local function slider(f, title, name, precision)
  local range = RANGES[name]
  return f:row({
    f:static_text({ title = title, width = 150 }),
    f:slider({ value = LrView.bind(name), min = range[1], max = range[2], width = 200 }),
    f:edit_field({
      value = LrView.bind(name), min = range[1], max = range[2], precision = precision, width_in_chars = 5,
    }),
  })
end

local function contents(properties)
  local f = LrView.osFactory()
  return f:column({
    bind_to_object = properties, spacing = f:control_spacing(),
    f:row({
      f:static_text({ title = "Engine", width = 150 }),
      f:popup_menu({ value = LrView.bind("engine"), items = Options.ENGINES }),
    }),
    slider(f, "HDR headroom in stops (0: SDR)", "headroom", 1),
    slider(f, "Strength in %", "strength", 0),
    f:checkbox({ title = "Edit new virtual copies instead", value = LrView.bind("copy") }),
    f:checkbox({ title = "SDR too, on further virtual copies", value = LrView.bind("sdr_too") }),
  })
end

-- The menu's action: asks, remembers, and edits.
function Options.run(context)
  local properties = LrBinding.makePropertyTable(context)
  for name, value in pairs(Options.remembered()) do
    properties[name] = value
  end
  local dialog = { title = Auto.TITLE, contents = contents(properties), actionVerb = "Edit" }
  if LrDialogs.presentModalDialog(dialog) ~= "ok" then
    return
  end
  local values = {}
  for name in pairs(Options.DEFAULTS) do
    values[name] = properties[name]
  end
  Options.remember(values)
  Auto.run(context, Options.settings(values))
end

return Options
