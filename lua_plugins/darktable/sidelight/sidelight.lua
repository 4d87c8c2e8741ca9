--[[
Sidelight: Auto HDR for darktable.

`sidelight setup darktable` installs it; `sidelight serve` must run. Select photos in the
lighttable and press *auto HDR* in the panel, under *actions on selection*, or by a shortcut.
]]

local dt = require "darktable"
local auto = require "sidelight/auto"
local importing = require "sidelight/importing"
local library = require "sidelight/library"
local match_camera = require "sidelight/match_camera"
local panel = require "sidelight/panel"
local settings = require "sidelight/settings"
local undo = require "sidelight/undo"

local SCRIPT = "sidelight"
local API_LEAST = { 9, 0, 0 }

local function _(text)
  return dt.gettext.gettext(text)
end

local script_data = {}

script_data.metadata = {
  name = _("sidelight"),
  purpose = _("predict edits of photos, HDR and SDR, offline"),
  author = "Sidelight",
  help = "docs/darktable.md",
}

script_data.destroy = nil
script_data.destroy_method = "hide"
script_data.restart = nil
script_data.show = nil

local sidelight = { running = false, message = "" }

-- Says something in darktable's message area; what failed goes to the log, too.
local function say(text, reasons)
  sidelight.message = text
  dt.print(text)
  for _index, reason in ipairs(reasons or {}) do
    dt.print_log("sidelight: " .. reason)
  end
end

local function installation()
  local known, found = pcall(require, "sidelight/installation")
  if not known or type(found) ~= "table" then
    return nil
  end
  return found
end

-- Returns what an action reports its progress to, shown below darktable's panels.
local function new_progress(title)
  local progress = { is_canceled = false }
  local job
  function progress.cancel()
    progress.is_canceled = true
    progress.close()
  end
  job = dt.gui.create_job(title, true, progress.cancel)
  function progress.set(share)
    if job.valid then
      job.percent = share
    end
  end
  function progress.canceled()
    return progress.is_canceled or dt.control.ending
  end
  function progress.close()
    if job.valid then
      job.valid = false
    end
  end
  return progress
end

-- Selects what is still there: reading sidecars makes darktable forget the selection, and it would
-- go on counting duplicates that are no more.
local function select_again(images)
  local there = {}
  for _index, image in ipairs(images) do
    if library.is_there(image) then
      there[#there + 1] = image
    end
  end
  dt.gui.selection(there)
end

-- Runs an action on images, one at a time, with progress and a last word.
local function perform(title, action, images)
  if #images == 0 then
    return say(_("Sidelight: select photos first"))
  end
  if sidelight.running then
    return say(_("Sidelight still works on the last photos"))
  end
  local installed = installation()
  if not installed then
    return say(_("Sidelight is not set up here: run `sidelight setup darktable`"))
  end
  sidelight.running = true
  local selected = dt.gui.selection()
  local progress = new_progress(title)
  sidelight.progress = progress
  local ok, result = pcall(action.run, installed, images, progress)
  progress.close()
  select_again(selected)
  sidelight.running = false
  if not ok then
    return say("Sidelight: " .. tostring(result))
  end
  panel.explain(result.explanation)
  dt.control.dispatch(function()
    library.refresh(result.changed, function()
      return not sidelight.running
    end)
  end)
  return say(result:text())
end

-- A selection in the order it is shown; a script may not hold darktable's own list for long.
local function chosen(images)
  local list = {}
  for _index, image in ipairs(images or dt.gui.action_images) do
    list[#list + 1] = image
  end
  return list
end

function sidelight.auto(images)
  panel.read()
  return perform(_("Auto HDR"), auto, chosen(images))
end

function sidelight.match_camera(images)
  panel.read()
  return perform(match_camera.title(), match_camera, chosen(images))
end

function sidelight.undo(images)
  return perform(_("Undo Auto HDR"), undo, chosen(images))
end

local function later(action)
  return function(_event, images)
    dt.control.dispatch(function()
      action(type(images) == "table" and images or nil)
    end)
  end
end

local function button(action)
  return function()
    dt.control.dispatch(action)
  end
end

local function show_panel()
  if sidelight.has_panel then
    dt.gui.libs[SCRIPT].visible = true
    return
  end
  sidelight.has_panel = true
  local widget = panel.build {
    auto = button(sidelight.auto), match_camera = button(sidelight.match_camera), undo = button(sidelight.undo),
  }
  local place = { [dt.gui.views.lighttable] = { "DT_UI_CONTAINER_PANEL_RIGHT_CENTER", 100 } }
  dt.register_lib(SCRIPT, _("sidelight"), true, false, place, widget, nil, nil)
end

local ACTIONS = {
  { id = "sidelight_auto", label = _("auto HDR"), run = sidelight.auto,
    tooltip = _("predict edits of the selected photos") },
  { id = "sidelight_match_camera", label = _("match the camera"), run = sidelight.match_camera,
    tooltip = _("edit the selected photos like the JPEG that their camera put into the file") },
  { id = "sidelight_undo", label = _("undo auto HDR"), run = sidelight.undo,
    tooltip = _("put the selected photos back to what they were before auto HDR") },
}

local function start()
  for _index, action in ipairs(ACTIONS) do
    dt.gui.libs.image.register_action(action.id, action.label, later(action.run), action.tooltip)
    dt.register_event(action.id, "shortcut", later(function()
      action.run()
    end), "sidelight: " .. action.label)
  end
  importing.start(SCRIPT, sidelight)
  if dt.gui.current_view().id == "lighttable" then
    show_panel()
  else
    sidelight.awaits_view = true
    dt.register_event(SCRIPT, "view-changed", function(_event, _old, new)
      if new.id == "lighttable" and not sidelight.has_panel then
        show_panel()
      end
    end)
  end
end

local function destroy()
  for _index, action in ipairs(ACTIONS) do
    dt.gui.libs.image.destroy_action(action.id)
    dt.destroy_event(action.id, "shortcut")
  end
  importing.stop(SCRIPT)
  if sidelight.awaits_view then
    sidelight.awaits_view = false
    dt.destroy_event(SCRIPT, "view-changed")
  end
  if sidelight.has_panel then
    dt.gui.libs[SCRIPT].visible = false
  end
end

local function is_old()
  local version = dt.configuration.api_version_major * 1000000
    + dt.configuration.api_version_minor * 1000 + dt.configuration.api_version_patch
  return version < API_LEAST[1] * 1000000 + API_LEAST[2] * 1000 + API_LEAST[3]
end

if is_old() then
  say(_("Sidelight needs a newer darktable"))
  return script_data
end

settings.load()
start()

script_data.destroy = destroy
script_data.restart = start
script_data.show = show_panel
script_data.sidelight = sidelight
script_data.library = library

return script_data
