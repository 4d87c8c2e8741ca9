--[[
The panel in the lighttable: settings, the two buttons, and why the last photo looks as it does.
]]

local dt = require "darktable"
local settings = require "sidelight/settings"

local panel = {}

panel.PARAGRAPHS = 4 -- the name of the photo and three reasons
panel.WIDTH = 35

local function _(text)
  return dt.gettext.gettext(text)
end

local function engines()
  local values = settings.values
  local box = { label = _("engine"), tooltip = _("what predicts the edit"), selected = 1 }
  for index, name in ipairs(settings.ENGINES) do
    box[index] = name
    if name == values.engine then
      box.selected = index
    end
  end
  box.changed_callback = function(self)
    settings.change("engine", self.value)
  end
  return dt.new_widget("combobox")(box)
end

-- One by one, because a table has no order, and a value outside the range so far is cut off.
local function slider(name, label, tooltip, most)
  local widget = dt.new_widget("slider") { label = label, tooltip = tooltip }
  widget.hard_min = 0
  widget.hard_max = most
  widget.soft_min = 0
  widget.soft_max = most
  widget.step = 0.1
  widget.digits = 2
  widget.value = settings.values[name]
  return widget
end

local function check(name, label, tooltip)
  return dt.new_widget("check_button") {
    label = label, tooltip = tooltip, value = settings.values[name],
    clicked_callback = function(self)
      settings.change(name, self.value)
    end,
  }
end

local function button(label, tooltip, action)
  return dt.new_widget("button") { label = label, tooltip = tooltip, clicked_callback = action }
end

-- Returns the widget of the panel.
--   actions: `auto`, `match_camera` and `undo`, called without arguments
function panel.build(actions)
  panel.headroom = slider(
    "headroom", _("HDR headroom"),
    _("stops above SDR white that the HDR version may use; it becomes a duplicate for export to PQ. 0: no HDR version"),
    settings.HEADROOM_MOST
  )
  panel.strength = slider("strength", _("strength"), _("how much of the edit is used"), 1.0)
  panel.explanation = dt.new_widget("label") { label = "", halign = "start", ellipsize = "end" }
  panel.widget = dt.new_widget("box") {
    orientation = "vertical",
    engines(),
    panel.headroom,
    panel.strength,
    check("duplicate", _("as duplicate"), _("leave the photo's own edit alone and put ours on a duplicate")),
    check("overwrite", _("overwrite"), _("replace edits that are not Sidelight's; undo brings them back")),
    dt.new_widget("box") {
      orientation = "horizontal",
      button(_("auto HDR"), _("edit the selected photos"), actions.auto),
      button(_("match the camera"), _("edit the selected photos like the JPEG of their camera"), actions.match_camera),
      button(_("undo"), _("put the selected photos back to what they were before auto HDR"), actions.undo),
    },
    panel.explanation,
  }
  return panel.widget
end

-- Takes over what the sliders show: darktable does not tell when one is moved.
function panel.read()
  if panel.headroom then
    settings.change("headroom", panel.headroom.value)
    settings.change("strength", panel.strength.value)
  end
end

-- Returns a text in lines of at most so many characters; darktable's labels do not wrap.
local function wrap(text, width)
  local lines, line, length = {}, "", 0
  for word in text:gmatch("%S+") do
    local size = utf8.len(word) or #word
    if length > 0 and length + 1 + size > width then
      lines[#lines + 1] = line
      line, length = word, size
    else
      line = length > 0 and line .. " " .. word or word
      length = length + (length > 0 and 1 or 0) + size
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

-- Shows why the last photo looks as it does: its name and first reasons, each on lines of its own.
function panel.explain(text)
  if not panel.explanation or not text or text == "" then
    return
  end
  local shown = {}
  for reason in text:gmatch("[^\n]+") do
    if #shown < panel.PARAGRAPHS then
      shown[#shown + 1] = wrap(reason, panel.WIDTH)
    end
  end
  panel.explanation.label = table.concat(shown, "\n")
end

return panel
