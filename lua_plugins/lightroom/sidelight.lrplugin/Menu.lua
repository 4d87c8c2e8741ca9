--[[
The menu as a table. A new action is a line here, a file of two lines like `MenuAuto.lua`, and a
line in `Info.lua`, which may not load this.
]]

local LrDialogs = import "LrDialogs"
local LrFunctionContext = import "LrFunctionContext"
local LrTasks = import "LrTasks"

local Menu = {}

Menu.ITEMS = {
  { title = "&Auto HDR", file = "MenuAuto.lua", module = "Auto" },
  { title = "Auto HDR with &Options…", file = "MenuOptions.lua", module = "Options" },
  { title = "&Match the camera", file = "MenuMatchCamera.lua", module = "MatchCamera" },
  { title = "&Restore before Sidelight", file = "MenuRestore.lua", module = "Restore" },
  { title = "Self-&check…", file = "MenuSelfCheck.lua", module = "SelfCheck" },
  { title = "&Window with these…", file = "MenuWindow.lua", module = "Window", stays_open = true },
}

Menu.BUSY = "Sidelight is still at work; cancel that or wait for it."

local is_busy = false

local function stays_open(module)
  for _, item in ipairs(Menu.ITEMS) do
    if item.module == module then
      return item.stays_open or false
    end
  end
  return false
end

-- Does what a menu item says, in a task of its own and one at a time; a window does not count.
function Menu.run(module)
  local counts = not stays_open(module)
  if counts and is_busy then
    LrDialogs.message("Sidelight", Menu.BUSY, "info")
    return
  end
  is_busy = is_busy or counts
  LrFunctionContext.postAsyncTaskWithContext("Sidelight: " .. module, function(context)
    local done, trouble = LrTasks.pcall(function()
      require(module).run(context)
    end)
    is_busy = is_busy and not counts
    if not done then
      LrDialogs.message("Sidelight", tostring(trouble), "critical")
    end
  end)
end

return Menu
