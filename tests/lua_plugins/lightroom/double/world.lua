--[[
A Lightroom that is none: it loads the plug-in as Lightroom does and refuses what the SDK refuses.
What happened is in `events`, in order.
]]

local catalog = require "double/catalog"
local http = require "double/http"
local scheduler = require "double/scheduler"
local screen = require "double/screen"
local strict = require "double/strict"

local world = {}

local World = {}
World.__index = World

-- Global names of Lua 5.1 that plug-ins are known to use; `module` and `package` are not among them.
local LUA = {
  "_VERSION", "assert", "error", "getmetatable", "ipairs", "loadstring", "next", "pairs", "pcall", "rawequal",
  "rawget", "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall", "math", "string",
  "table",
}

-- The folder of the plug-in's source, which LUA_PATH leads to.
function world.source()
  for folder in package.path:gmatch("([^;]*)/%?%.lua") do
    local file = io.open(folder .. "/sidelight.lrplugin/Info.lua")
    if file then
      file:close()
      return folder .. "/sidelight.lrplugin"
    end
  end
  error("LUA_PATH does not lead to the plug-in")
end

local function temporary_folder()
  local name = os.tmpname()
  os.remove(name)
  assert(require("lfs").mkdir(name))
  return name
end

-- Starts one.
--   plugin: folder of the plug-in
--   answer: gets a request, returns `status`, `body`, `seconds` or `error`; without it there are real sockets
--   installation: what Installation.lua returns; false for none; nil for the file in the folder
function world.new(options)
  local self = setmetatable({
    plugin = options.plugin or world.source(), answer = options.answer, installation = options.installation,
    scheduler = scheduler.new(options.answer ~= nil), events = {}, prefs = {}, entered = {}, pressed = "ok",
    confirmed = true, loaded = {}, started = {}, files = {}, windows = {},
  }, World)
  self.folder = temporary_folder()
  self.catalog = catalog.new(self)
  self.modules = self:_modules()
  self.env = self:_environment()
  return self
end

function World:stop()
  local lfs = require "lfs"
  for name in lfs.dir(self.folder) do
    os.remove(self.folder .. "/" .. name)
  end
  lfs.rmdir(self.folder)
end

function World:note(kind, values)
  values.kind, values.at = kind, self.scheduler:now()
  self.events[#self.events + 1] = values
end

-- Returns the events of a kind.
function World:happened(kind)
  local found = {}
  for _, event in ipairs(self.events) do
    if event.kind == kind then
      found[#found + 1] = event
    end
  end
  return found
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  return text
end

function World:_files()
  return strict.object("LrFileUtils", {
    exists = function(path)
      return (self.files[path] or read(path)) and "file" or false
    end,
    isReadable = function(path)
      return (self.files[path] or read(path)) ~= nil
    end,
    readFile = function(path)
      return self.files[path] or read(path) or error("cannot read " .. path, 2)
    end,
  })
end

function World:_tasks()
  local tasks = self.scheduler
  local function execute(command)
    tasks:demand_task("LrTasks.execute")
    self.started[#self.started + 1] = strict.kind("command", command, "string")
    if self.answer then
      if self.on_execute then
        self.on_execute(command)
      end
      return 0
    end
    return os.execute(command)
  end
  local function start(func, name)
    strict.kind("function", func, "function")
    strict.kind("name", name, "string|nil")
    tasks:start(func)
  end
  return strict.object("LrTasks", {
    startAsyncTask = start, startAsyncTaskWithoutErrorHandler = start, execute = execute,
    sleep = function(seconds)
      tasks:sleep(strict.kind("seconds", seconds, "number"))
    end,
    yield = function()
      tasks:sleep(0)
    end,
    canYield = function()
      return tasks:is_task() and not tasks.gate
    end,
    pcall = tasks.pcall,
  })
end

function World:_modules()
  local modules = screen.modules(self)
  modules.LrTasks = self:_tasks()
  modules.LrHttp = http.module(self)
  modules.LrFileUtils = self:_files()
  modules.LrApplication = strict.object("LrApplication", {
    activeCatalog = function()
      return self.catalog.object
    end,
    versionString = function()
      return "0 (double)"
    end,
  })
  modules.LrPathUtils = strict.object("LrPathUtils", {
    parent = function(path)
      return path:match("^(.*)/[^/]*$")
    end,
    leafName = function(path)
      return path:match("[^/]*$")
    end,
    child = function(folder, name)
      return folder .. "/" .. name
    end,
    getStandardFilePath = function(name)
      return name == "documents" and self.folder or error("unknown place " .. tostring(name), 2)
    end,
  })
  modules.LrPrefs = strict.object("LrPrefs", { prefsForPlugin = function()
    return self.prefs
  end })
  modules.LrUUID = strict.object("LrUUID", { generateUUID = function()
    return string.format("%08X-%08X", math.random(0, 2 ^ 31 - 1), math.random(0, 2 ^ 31 - 1))
  end })
  modules.LrShell = strict.object("LrShell", { revealInShell = function(path)
    self:note("reveal", { path = path })
  end })
  return modules
end

function World:_environment()
  local env = {}
  for _, name in ipairs(LUA) do
    env[name] = _G[name]
  end
  env.os = { time = os.time, date = os.date }
  env.io = { open = io.open }
  env.WIN_ENV, env.MAC_ENV = false, true
  env._PLUGIN = { id = "org.sidelight.lightroom", path = self.plugin, enabled = true }
  env.import = function(name)
    return self.modules[name] or error("import: there is no module " .. tostring(name), 2)
  end
  env.require = function(name)
    return self:load(name)
  end
  env._G = env
  return setmetatable(env, {
    __index = function(_, name)
      error("undefined global " .. tostring(name), 2)
    end,
    __newindex = function(_, name)
      error("a plug-in of ours makes no global " .. tostring(name), 2)
    end,
  })
end

local function run(path, env)
  local text = assert(read(path), "there is no file " .. path)
  return setfenv(assert(loadstring(text, "@" .. path)), env)()
end

-- Loads a module of the plug-in once, as Lightroom's `require` does.
function World:load(name)
  if not name:find("^%w+$") then
    error("modules lie flat in the plug-in's folder: " .. name, 3)
  end
  if self.loaded[name] == nil then
    if name == "Installation" and self.installation ~= nil then
      self.loaded[name] = self.installation or error("no such module: Installation", 3)
    else
      self.loaded[name] = run(self.plugin .. "/" .. name .. ".lua", self.env)
    end
  end
  return self.loaded[name]
end

-- Returns what Info.lua says, which may use next to nothing.
function World:info()
  return run(self.plugin .. "/Info.lua", setmetatable({ string = string, _VERSION = _VERSION, WIN_ENV = false, MAC_ENV = true }, {
    __index = function(_, name)
      error("Info.lua cannot use " .. tostring(name), 2)
    end,
  }))
end

-- Runs a function as a task and returns what it returns, when all tasks are over.
function World:task(func, ...)
  local arguments, results = { n = select("#", ...), ... }, nil
  self.scheduler:start(function()
    results = { func(unpack(arguments, 1, arguments.n)) }
  end)
  self.scheduler:run(self.patience)
  return unpack(results or {}, 1, 8)
end

-- Does something so many seconds from now, once all runs.
function World:at(seconds, func)
  self.scheduler:start(func, seconds)
end

-- Presses a menu item, by its file, and runs until all is over.
function World:press(file)
  run(self.plugin .. "/" .. file, self.env)
  self.scheduler:run(self.patience)
end

return world
