--[[
What `require "darktable"` gives to the script in its specs: the part of darktable's interface that
it uses, refusing what darktable 4.2.1 refuses. See double/world.lua for how a test makes one.
]]

local strict = require "double/strict"
local widgets = require "double/widgets"
local world = require "double/world"

assert(world.current, "a test starts a world first")
local this = world.current

local dt = {}

local PREFERENCES = { string = "string", bool = "boolean", integer = "integer", float = "number" }
local NEVER_WRITTEN = { string = "", bool = false, integer = 0, float = 0.0 }
local EVENTS = { "post-import-image", "shortcut", "view-changed" }

local function preference_kind(kind)
  if not PREFERENCES[kind] then
    error(string.format("luaA_enum_to: Enum 'lua_pref_type' field '%s' not registered!", tostring(kind)), 3)
  end
  return PREFERENCES[kind]
end

dt.preferences = {}

function dt.preferences.register(script, name, kind, label, tooltip, default)
  strict.check({ "string", "string", "string", "string", "string", preference_kind(kind) },
    script, name, kind, label, tooltip, default)
  local key = script .. "/" .. name
  this.registered[key] = label
  if this.stored[key] == nil then
    this.stored[key] = default
  end
end

function dt.preferences.read(script, name, kind)
  strict.check({ "string", "string" }, script, name)
  preference_kind(kind)
  if script == "darktable" and name == "write_sidecar_files" then
    return this.write_sidecars
  end
  local value = this.stored[script .. "/" .. name]
  if value == nil then
    return NEVER_WRITTEN[kind]
  end
  return value
end

function dt.preferences.write(script, name, kind, value)
  strict.check({ "string", "string", "string", preference_kind(kind) }, script, name, kind, value)
  this.stored[script .. "/" .. name] = kind == "float" and string.unpack("f", string.pack("f", value)) or value
end

dt.configuration = {
  running_os = this.os, config_dir = this.config, has_gui = true,
  api_version_major = this.api[1], api_version_minor = this.api[2], api_version_patch = this.api[3],
}

dt.gettext = {}

function dt.gettext.gettext(text)
  strict.check({ "string" }, text)
  return this.translations[text] or text
end

function dt.print(text)
  strict.check({ "string" }, text)
  this.said[#this.said + 1] = text
end

function dt.print_log(text)
  strict.check({ "string" }, text)
  this.logged[#this.logged + 1] = text
end

dt.new_widget = widgets.new

-- Returns the words of a command line as the system's shell takes them apart.
local function words_of(command)
  local words = {}
  if this.os == "windows" then
    assert(command:match('^".*"$'), "cmd.exe takes the outer quotes away")
    for word in command:sub(2, -2):gmatch('"([^"]*)"') do
      words[#words + 1] = word
    end
    return words
  end
  local shell = assert(io.popen("cd " .. this.folder .. "; set -- " .. command .. "; printf '%s\\0' \"$@\""))
  for word in shell:read("a"):gmatch("([^\0]*)\0") do
    words[#words + 1] = word
  end
  shell:close()
  return words
end

local control = {
  ending = { get = function()
    return this.ending
  end },
}

dt.control = strict.object("dt_lua_singleton_control", control, {
  sleep = function(ms)
    strict.check({ "integer" }, ms)
    this.clock:sleep(ms)
  end,
  dispatch = function(run, ...)
    strict.check({ "function" }, run)
    local arguments = table.pack(...)
    this.clock:start(function()
      run(table.unpack(arguments, 1, arguments.n))
    end)
  end,
  execute = function(command)
    strict.check({ "string" }, command)
    this.commands[#this.commands + 1] = command
    local code = this.helper:main(words_of(command))
    return this.os == "windows" and code or code * 256
  end,
})

local function new_job(title, has_bar, canceled)
  strict.check({ "string", "boolean", "function" }, title, has_bar, canceled)
  local job = { is_valid = true, has_bar = has_bar, percent = 0, canceled = canceled }
  local function running()
    if not job.is_valid then
      error("Accessing an invalid job", 3)
    end
  end
  job.object = strict.object("dt_lua_backgroundjob_t", {
    percent = {
      kind = "number",
      get = function()
        running()
        return job.percent
      end,
      set = function(share)
        running()
        job.percent = math.min(math.max(share, 0), 1)
        job.most = math.max(job.most or 0, job.percent)
      end,
    },
    valid = {
      kind = "boolean",
      get = function()
        return job.is_valid
      end,
      set = function(value)
        if value then
          error("bad argument #3 to '?' (a job can not be made valid)", 3)
        elseif not job.is_valid then
          this:end_darktable("a job ends twice")
        end
        job.is_valid = false
      end,
    },
  })
  this.jobs[#this.jobs + 1] = job
  return job.object
end

local view_fields = {}
for _, name in ipairs({ "lighttable", "darkroom", "map" }) do
  view_fields[name] = strict.constant(strict.object("dt_view_t", { id = strict.constant(name) }))
end

local image_lib = strict.object("dt_lua_singleton_module_lib_image", {}, {
  register_action = function(id, label, run, tooltip)
    strict.check({ "string", "string", "function", "string" }, id, label, run, tooltip)
    this.actions[id] = { label = label, run = run }
  end,
  destroy_action = function(id)
    strict.check({ "string" }, id)
    this.actions[id] = nil
  end,
})

local lib_fields = { image = strict.constant(image_lib) }

function dt.register_lib(id, label, expandable, resetable, containers, widget, enter, leave)
  strict.check({ "string", "string", "boolean", "boolean", "table", "table" },
    id, label, expandable, resetable, containers, widget)
  assert(enter == nil and leave == nil, "the double knows no more")
  for view, place in pairs(containers) do
    assert(getmetatable(view) == "dt_view_t", "bad argument #5 to '?' (dt_view_t expected)")
    strict.check({ "string", "integer" }, place[1], place[2])
  end
  local lib = { widget = widget, label = label, visible = true, places = containers }
  this.libs[id] = lib
  lib_fields[id] = strict.constant(strict.object("dt_lua_singleton_module_lib_" .. id, {
    visible = {
      kind = "boolean",
      get = function()
        return lib.visible
      end,
      set = function(value)
        lib.visible = value
      end,
    },
  }))
end

local gui_fields = {
  action_images = { get = function()
    return this.library:action_images()
  end },
  libs = strict.constant(strict.object("dt_lua_singleton_lib", lib_fields)),
  views = strict.constant(strict.object("dt_lua_singleton_view", view_fields)),
}

dt.gui = strict.object("dt_lua_singleton_gui_lib", gui_fields, {
  selection = function(images)
    return this.library:selection(images)
  end,
  current_view = function()
    return dt.gui.views[this.view]
  end,
  create_job = new_job,
  action = function(path, instance, element, effect, size)
    strict.check({ "string", "integer", "string", "string", "number" }, path, instance, element, effect, size)
    if path == "lib/copy_history/write sidecar files" and effect == "activate" then
      this.library:write_later(this.library:action_images())
    else
      this:fault("[dt_action_process] action path '" .. path .. "' not found")
    end
    return 0 / 0
  end,
})

dt.database = strict.object("dt_lua_singleton_image_collection", {}, {
  import = function(path)
    strict.check({ "string" }, path)
    return this.library:import(path)
  end,
})

for _, kind in ipairs(EVENTS) do
  this.events[kind] = {}
end

function dt.register_event(name, kind, run, label)
  strict.check({ "string", "string", "function" }, name, kind, run)
  local known = this.events[kind]
  if not known then
    error("unknown event type : " .. kind .. "\n", 2)
  elseif known[name] then
    error("duplicate index name " .. name .. " for event type " .. kind .. "\n", 2)
  elseif kind == "shortcut" then
    strict.check({ "string" }, label)
    if this.shortcuts[label] then
      error("key '" .. label .. "' already registered for event shortcut ", 2)
    end
    this.shortcuts[label] = run
  end
  known[name] = kind == "shortcut" and label or run
end

function dt.destroy_event(name, kind)
  strict.check({ "string", "string" }, name, kind)
  local known = this.events[kind]
  if not known then
    error("unknown event type : " .. kind .. "\n", 2)
  elseif kind == "shortcut" and known[name] then
    this.shortcuts[known[name]] = nil
  end
  known[name] = nil
end

return dt
