--[[
A small window with the menu's actions as buttons, for who has none of Lightroom's panels to put
them into. It stays open beside the work.
]]

local LrDialogs = import "LrDialogs"
local LrTasks = import "LrTasks"
local LrView = import "LrView"
local Menu = require "Menu"

local Window = {}

local is_open = false

local function buttons()
  local f = LrView.osFactory()
  local column = { spacing = f:control_spacing() }
  for _, item in ipairs(Menu.ITEMS) do
    if not item.stays_open then
      column[#column + 1] = f:push_button({
        title = (item.title:gsub("&", "")), fill_horizontal = 1,
        action = function()
          Menu.run(item.module)
        end,
      })
    end
  end
  return f:column(column)
end

-- The menu's action; returns when the window is closed.
function Window.run()
  if is_open then
    return
  end
  is_open = true
  local done, trouble = LrTasks.pcall(function()
    LrDialogs.presentFloatingDialog(_PLUGIN, {
      title = "Sidelight", contents = buttons(), blockTask = true, save_frame = "sidelightWindow",
    })
  end)
  is_open = false
  if not done then
    error(trouble, 0)
  end
end

return Window
