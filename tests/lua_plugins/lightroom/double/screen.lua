--[[
What is on the screen: dialogs, progress, views. Somebody at the screen answers dialogs as the
test says, and cancels when it says so.
]]

local strict = require "double/strict"

local screen = {}

local FACTORY = { "row", "column", "static_text", "edit_field", "popup_menu", "checkbox", "slider", "push_button" }

local function check_view(value)
  for key, item in pairs(value) do
    if type(key) == "number" and type(item) ~= "table" then
      error("a view holds views", 3)
    end
  end
  return value
end

-- A modal dialog shows what its controls are bound to; answers are put into the bound table.
local function modal(world, dialog)
  strict.kind("title", dialog.title, "string")
  strict.kind("contents", dialog.contents, "table")
  world.dialog = dialog
  world:note("dialog", { title = dialog.title })
  for name, value in pairs(world.entered) do
    dialog.contents.bind_to_object[name] = value
  end
  return world.pressed
end

local function dialogs(world)
  local function say(kind)
    return function(text, more, style)
      strict.kind("message", text, "string")
      strict.kind("more", more, "string|number|nil")
      strict.kind("style", style, "string|nil")
      world:note(kind, { text = text, more = more, style = style })
    end
  end
  return strict.object("LrDialogs", {
    message = say("message"), showBezel = say("bezel"), showError = say("message"),
    confirm = function(text, more, verb, cancel)
      world.scheduler:demand_task("LrDialogs.confirm")
      strict.kind("action verb", verb, "string")
      strict.kind("cancel verb", cancel, "string")
      world:note("question", { text = text, more = more, verb = verb })
      return world.confirmed and "ok" or "cancel"
    end,
    presentFloatingDialog = function(plugin, window)
      world.scheduler:demand_task("presentFloatingDialog")
      strict.kind("plug-in's id", plugin.id, "string")
      strict.kind("title", window.title, "string")
      if not window.blockTask then
        error("without blockTask the function context is over before the window is shown", 2)
      end
      world.windows[#world.windows + 1] = strict.kind("contents", window.contents, "table")
      while not world.is_window_closed do
        world.scheduler:sleep(0.1)
      end
    end,
    presentModalDialog = function(dialog)
      return modal(world, dialog)
    end,
  })
end

local function live_context(context)
  if type(context) ~= "table" or not rawget(context, "is_alive") then
    error("the function context is over", 3)
  end
end

local function progress(world)
  return function(options)
    strict.kind("title", options.title, "string")
    live_context(options.functionContext)
    local state = { share = 0, is_over = false }
    world.progress = state
    world:note("progress", { title = options.title })
    return strict.object("LrProgressScope", {
      setCancelable = function(_, is_cancelable)
        state.is_cancelable = strict.kind("cancelable", is_cancelable, "boolean")
      end,
      isCanceled = function()
        return state.is_canceled or false
      end,
      setCaption = function(_, caption)
        state.caption = strict.kind("caption", caption, "string")
      end,
      setPortionComplete = function(_, done, total)
        state.share = strict.kind("done", done, "number") / strict.kind("total", total or 1, "number")
      end,
      done = function()
        state.is_over = true
      end,
    })
  end
end

local function view()
  local factory = { control_spacing = function()
    return 4
  end }
  for _, kind in ipairs(FACTORY) do
    factory[kind] = function(_, properties)
      properties.kind = kind
      return check_view(properties)
    end
  end
  local object = strict.object("LrView.osFactory", factory)
  return strict.object("LrView", {
    osFactory = function()
      return object
    end,
    bind = function(key)
      return { bound = strict.kind("key", key, "string") }
    end,
  }), object
end

local function contexts(world)
  return strict.object("LrFunctionContext", {
    postAsyncTaskWithContext = function(name, func)
      strict.kind("name", name, "string")
      local context = setmetatable({ is_alive = true }, { __index = function(_, key)
        error("a function context has no " .. tostring(key), 2)
      end })
      world.scheduler:start(function()
        local done, trouble = world.scheduler.pcall(func, context)
        rawset(context, "is_alive", false)
        if not done then
          error(trouble, 0)
        end
      end)
    end,
  })
end

-- Returns the modules of the screen, by name.
function screen.modules(world)
  local views, factory = view()
  world.factory = factory
  return {
    LrDialogs = dialogs(world), LrView = views, LrFunctionContext = contexts(world),
    LrProgressScope = progress(world),
    LrBinding = strict.object("LrBinding", { makePropertyTable = function(context)
      live_context(context)
      return {}
    end }),
  }
end

return screen
