--[[
New photos get their edit right after they were imported, where the preference says so.
]]

local dt = require "darktable"

local importing = {}

importing.PREFERENCE = "edit_imported"
importing.QUIET_MS = 2000

local function _(text)
  return dt.gettext.gettext(text)
end

local listens = false

-- Begins to listen; `sidelight.auto(images)` is called with what was imported together.
function importing.start(script, sidelight)
  local label = _("Sidelight: edit photos when they are imported")
  local tooltip = _("photos that come with an edit keep it")
  dt.preferences.register(script, importing.PREFERENCE, "bool", label, tooltip, false)
  local arrived, last, waiting = {}, 0, false
  listens = true
  local function wait_and_edit()
    repeat
      last = 0
      dt.control.sleep(importing.QUIET_MS)
    until (last == 0 and not sidelight.running) or dt.control.ending
    waiting = false
    local images = arrived
    arrived = {}
    if listens and not dt.control.ending then
      sidelight.auto(images)
    end
  end
  dt.register_event(script, "post-import-image", function(_event, image)
    if image.duplicate_index ~= 0 or not dt.preferences.read(script, importing.PREFERENCE, "bool") then
      return
    end
    arrived[#arrived + 1] = image
    last = last + 1
    if not waiting then
      waiting = true
      dt.control.dispatch(wait_and_edit)
    end
  end)
end

function importing.stop(script)
  listens = false
  dt.destroy_event(script, "post-import-image")
end

return importing
