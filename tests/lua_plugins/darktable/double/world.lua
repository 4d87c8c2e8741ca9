--[[
A darktable that is none, with its photos, for one test: files in a folder of its own, a clock, a
library, the helper program and somebody at the screen.
]]

local clock = require "double/clock"
local files = require "double/files"
local helper = require "double/helper"
local library = require "double/library"
local widgets = require "double/widgets"

local world = {}

local World = {}
World.__index = World

local function forget_modules()
  for name in pairs(package.loaded) do
    if name == "darktable" or name:match("^sidelight/") then
      package.loaded[name] = nil
    end
  end
  package.preload["sidelight/installation"] = nil
end

-- Starts one; `require "darktable"` and the script's modules are fresh then.
--   options: api, os, write_sidecars, view, config (name of darktable's folder), command, installed
function world.start(options)
  options = options or {}
  local self = setmetatable({
    folder = files.temporary(), clock = clock.new(), api = options.api or { 9, 0, 0 },
    os = options.os or "linux", write_sidecars = options.write_sidecars or "on import",
    view = options.view or "lighttable", said = {}, logged = {}, commands = {}, jobs = {}, faults = {},
    stored = {}, registered = {}, translations = {}, ending = false,
  }, World)
  self.photos = files.make_folder(self.folder .. "/photos")
  self.config = files.make_folder(self.folder .. "/" .. (options.config or "config"))
  for _, name in ipairs({ "/lua", "/lua/sidelight", "/lua/sidelight/jobs" }) do
    self.jobs_folder = files.make_folder(self.config .. name)
  end
  self.library, self.helper = library.new(self), helper.new(self)
  local command = options.command or { "/opt/side light/python", "-m", "sidelight" }
  self.installation = { version = "0.1.0", command = command, jobs = self.jobs_folder }
  self.is_installed = options.installed ~= false
  self.open = io.open
  if self.os == "windows" then
    self:_write_as_windows_does()
  end
  self:restart()
  return self
end

-- darktable is closed and started again, or just started; what it remembers is kept.
function World:restart()
  forget_modules()
  if self.is_installed then
    package.preload["sidelight/installation"] = function()
      return self.installation
    end
  end
  self.events, self.shortcuts, self.actions, self.libs = {}, {}, {}, {}
  world.current = self
  self.dt = require "darktable"
end

-- There the ends of lines become two bytes in files that are not opened as binary.
function World:_write_as_windows_does()
  rawset(io, "open", function(path, mode)
    local file, trouble = self.open(path, mode)
    if not file or not mode or mode:find("[rb]") then
      return file, trouble
    end
    return {
      write = function(wrapper, text)
        return file:write((text:gsub("\n", "\r\n"))) and wrapper
      end,
      close = function()
        return file:close()
      end,
    }
  end)
end

-- Ends it, and fails where it did what would end a real darktable or where errors went unseen.
function World:stop()
  rawset(io, "open", self.open)
  forget_modules()
  files.remove_all(self.folder)
  if self.faults[1] or self.clock.errors[1] then
    error(table.concat(self.faults, "\n") .. table.concat(self.clock.errors, "\n"), 0)
  end
end

-- Notes what nobody may do although darktable does not refuse it.
function World:fault(sentence)
  self.faults[#self.faults + 1] = sentence
end

-- Notes that a real darktable would have ended or stood still here.
function World:end_darktable(sentence)
  self:fault("darktable ends: " .. sentence)
  error(sentence, 0)
end

-- Runs a function as a script's and returns what it returns when all has come to its end.
function World:run(run, ...)
  local arguments, results = table.pack(...), nil
  self.clock:start(function()
    results = table.pack(run(table.unpack(arguments, 1, arguments.n)))
  end)
  self.clock:run()
  if not results then
    error(table.remove(self.clock.errors) or "it did not end", 0)
  end
  return table.unpack(results, 1, results.n)
end

-- Lets something happen so many ms from now, once all runs.
function World:at(ms, happens)
  self.clock:start(happens, ms)
end

-- Returns a new photo of the library.
--   has: folder, sidecar (text of one that is there before), and what its database holds
function World:photo(name, has)
  has = has or {}
  local path = (has.folder or self.photos) .. "/" .. name
  assert(files.write(path, "raw"))
  if has.sidecar then
    assert(files.write(path .. ".xmp", has.sidecar))
  end
  local photo = self.library:import(path)
  local record = self.library.images[photo.id]
  for key, value in pairs(has) do
    if key ~= "folder" and key ~= "sidecar" then
      record[key] = value
    end
  end
  return photo
end

-- Returns what the database holds of an image.
function World:record(image)
  return self.library.images[image.id]
end

function World:image(name, number)
  for _, image in ipairs(self.library.images) do
    if image.path:match("[^/]*$") == name and image.number == number and not image.is_deleted then
      return self.library:object(image)
    end
  end
  return nil
end

-- Returns how many images the library holds.
function World:count()
  local count = 0
  for _, image in ipairs(self.library.images) do
    count = count + (image.is_deleted and 0 or 1)
  end
  return count
end

function World:select(...)
  self.library:selection({ ... })
end

-- Returns names and numbers of what is selected, removed ones too.
function World:selected()
  local names = {}
  for index, image in ipairs(self.library.selected) do
    names[index] = image.filename .. " " .. image.duplicate_index
  end
  return names
end

-- Something happens in darktable; scripts that listen are called.
function World:event(kind, ...)
  local arguments = table.pack(...)
  for _, listener in pairs(self.events[kind] or {}) do
    self.clock:start(function()
      listener(kind, table.unpack(arguments, 1, arguments.n))
    end)
  end
end

-- Presses the key of a shortcut, by its label.
function World:shortcut(label)
  self.clock:start(function()
    assert(self.shortcuts[label], "no shortcut " .. label)("shortcut", label)
  end)
end

-- Presses a button of "actions on selection".
function World:action(id)
  self.clock:start(function()
    assert(self.actions[id], "no action " .. id).run(id, self.library:action_images())
  end)
end

-- Clicks on a widget in a panel, by its label.
function World:click(panel, label)
  local widget = assert(widgets.find(self.libs[panel].widget, label), "no widget " .. label)
  self.clock:start(function()
    widgets.click(widget)
  end)
  return widget
end

-- Clicks on the cross of the job that runs.
function World:cancel()
  local job = self.jobs[#self.jobs]
  assert(job.is_valid and job.canceled, "no job that can be canceled")
  job.canceled(job.object)
end

function World:change_view(view)
  local old = self.dt.gui.views[self.view]
  self.view = view
  self:event("view-changed", old, self.dt.gui.views[view])
end

return world
