--[[
darktable's widgets: what they hold, and what they refuse.
]]

local strict = require "double/strict"

local widgets = {}

local ALIGN = { fill = true, start = true, ["end"] = true, center = true, baseline = true }
local ELLIPSIZE = { none = true, start = true, middle = true, ["end"] = true }
local ORIENTATION = { horizontal = true, vertical = true }

local function plain(state, key, kind)
  return {
    kind = kind,
    get = function()
      return state[key]
    end,
    set = function(value)
      state[key] = value
    end,
  }
end

local function choice(state, key, enum, allowed)
  local field = plain(state, key, "string")
  field.set = function(value)
    if not allowed[value] then
      error(string.format("luaA_enum_to: Enum '%s' field '%s' not registered!", enum, value))
    end
    state[key] = value
  end
  return field
end

local function single(number)
  return (string.unpack("f", string.pack("f", number)))
end

-- A slider knows its place within its range only to some digits, and keeps to its limits.
local function slider_fields(state)
  local function place(value)
    value = math.min(math.max(value, state.hard_min), state.hard_max)
    local low, high = math.min(state.soft_min, value), math.max(state.soft_max, value)
    local position = single((value - low) / (high - low))
    local base = 10 ^ state.digits
    state.value = math.floor((low + (high - low) * position) * base + 0.5) / base
  end
  local function limit(key)
    local field = plain(state, key, "number")
    field.set = function(value)
      state[key] = value
      state.soft_min = math.max(state.soft_min, state.hard_min)
      state.soft_max = math.min(state.soft_max, state.hard_max)
      place(state.value)
    end
    return field
  end
  local value = plain(state, "value", "number")
  value.set = place
  return {
    value = value, step = plain(state, "step", "number"), digits = plain(state, "digits", "integer"),
    hard_min = limit("hard_min"), hard_max = limit("hard_max"),
    soft_min = limit("soft_min"), soft_max = limit("soft_max"),
  }
end

local function combobox_fields(state)
  return {
    changed_callback = plain(state, "changed_callback", "function"),
    value = {
      get = function()
        return state.items[state.selected]
      end,
    },
    selected = {
      kind = "integer",
      get = function()
        return state.selected
      end,
      set = function(index)
        if not state.items[index] then
          error("Invalid index for combo box : " .. index .. "\n")
        end
        state.selected = index
      end,
    },
  }
end

local KINDS = {
  slider = function(state)
    state.value, state.step, state.digits = 0, 1, 3
    state.hard_min, state.soft_min, state.hard_max, state.soft_max = -1e9, -1e9, 1e9, 1e9
    return slider_fields(state)
  end,
  combobox = combobox_fields,
  check_button = function(state)
    state.value = false
    return { value = plain(state, "value", "boolean"), clicked_callback = plain(state, "clicked_callback", "function") }
  end,
  button = function(state)
    return { clicked_callback = plain(state, "clicked_callback", "function") }
  end,
  label = function(state)
    return {
      halign = choice(state, "halign", "dt_lua_align_t", ALIGN),
      ellipsize = choice(state, "ellipsize", "dt_lua_ellipsize_mode_t", ELLIPSIZE),
    }
  end,
  box = function(state)
    return { orientation = choice(state, "orientation", "dt_lua_orientation_t", ORIENTATION) }
  end,
}

local function add_item(kind, state, item)
  if kind == "combobox" then
    state.items[#state.items + 1] = assert(strict.taken("string", item))
  elseif kind == "box" and tostring(getmetatable(item)):match("^lua_") then
    state.items[#state.items + 1] = item
  else
    error("bad argument #3 to '?' (lua_widget expected)", 3)
  end
end

-- Returns what takes a table of properties and gives the widget. Of these a table gives the value
-- before its limits, as it may.
function widgets.new(kind)
  if not KINDS[kind] then
    error(string.format('field "%s" not found for type dt_lua_singleton_widget\n', tostring(kind)), 2)
  end
  local state = { items = {}, label = "", tooltip = "" }
  local fields = KINDS[kind](state)
  fields.tooltip = plain(state, "tooltip", "string")
  fields.label = kind ~= "box" and plain(state, "label", "string") or nil
  fields.items = strict.constant(state.items) -- darktable has them under their numbers
  local widget = strict.object("lua_" .. kind, fields)
  return function(properties)
    for _, item in ipairs(properties) do
      add_item(kind, state, item)
    end
    local names = {}
    for name in pairs(properties) do
      names[#names + 1] = math.type(name) == nil and name or nil
    end
    table.sort(names, function(one, other)
      return (one == "value" and "" or one) < (other == "value" and "" or other)
    end)
    for _, name in ipairs(names) do
      widget[name] = properties[name]
    end
    return widget
  end
end

-- Does what somebody's click does.
function widgets.click(widget)
  if getmetatable(widget) == "lua_check_button" then
    widget.value = not widget.value
  end
  widget.clicked_callback(widget)
end

-- Returns the first widget in a box that has this label.
function widgets.find(box, label)
  for _, item in ipairs(box.items) do
    if type(item) == "table" then
      local is_box = getmetatable(item) == "lua_box"
      local found = is_box and widgets.find(item, label) or not is_box and item.label == label and item
      if found then
        return found
      end
    end
  end
  return nil
end

return widgets
