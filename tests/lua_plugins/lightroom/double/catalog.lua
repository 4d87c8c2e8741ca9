--[[
A catalog with its photos, its write gate and its undo steps.

What is changed inside a gate is seen after it, all of it or nothing. A photo that was deleted
refuses everything.
]]

local develop = require "double/develop"
local strict = require "double/strict"

local catalog = {}

local RAW_KEYS = {
  path = true, isVideo = true, isVirtualCopy = true, isInStackInFolder = true, smartPreviewInfo = true,
  fileFormat = true, uuid = true, rating = true, masterPhoto = true,
}

local Catalog = {}
Catalog.__index = Catalog

function catalog.new(world)
  local self = setmetatable({ world = world, photos = {}, selected = {}, undo_steps = {}, state_of = {} }, Catalog)
  self.object = strict.object("LrCatalog", self:_methods())
  return self
end

local function raw_metadata(state, key)
  if not RAW_KEYS[key] then
    error("unknown metadata key " .. tostring(key), 3)
  end
  return state.metadata[key]
end

-- A change waits for the gate's end; without a gate it is refused.
function Catalog:_change(what, state, change)
  local gate = self.world.scheduler.gate
  if not gate then
    error(what .. " must be called inside catalog:withWriteAccessDo", 3)
  elseif state.is_deleted then
    error("the photo was deleted", 3)
  end
  gate.changes[#gate.changes + 1] = { state = state, change = change }
end

local function apply_settings(self, state, settings, name)
  strict.kind("settings", settings, "table")
  strict.kind("history name", name, "string|nil")
  if state.metadata.isVideo then
    error("develop settings cannot be applied to a video", 3)
  end
  settings = strict.copy(settings)
  self:_change("applyDevelopSettings", state, function()
    local dropped = develop.apply(state.develop, settings, state.is_raw)
    state.history[#state.history + 1] = name or "Settings"
    self.world:note("apply", { photo = state.metadata.path, settings = settings, dropped = dropped, name = name })
  end)
end

local function snapshot_index(state, id)
  for index, snapshot in ipairs(state.snapshots) do
    if snapshot.snapshotID == id then
      return index
    end
  end
  error("there is no such snapshot", 3)
end

local function create_snapshot(self, state, name, in_place)
  strict.kind("snapshot name", name, "string")
  for _, snapshot in ipairs(state.snapshots) do
    if snapshot.name == name and not in_place then
      return false
    end
  end
  self:_change("createDevelopSnapshot", state, function()
    self.next_snapshot = (self.next_snapshot or 0) + 1
    local snapshot = { name = name, snapshotID = "snapshot-" .. self.next_snapshot, develop = strict.copy(state.develop) }
    state.snapshots[#state.snapshots + 1] = snapshot
    self.world:note("snapshot", { photo = state.metadata.path, name = name })
  end)
  return true
end

local function thumbnail(self, state, width, height, callback)
  strict.kind("width", width, "number")
  strict.kind("height", height, "number")
  strict.kind("callback", callback, "function")
  local request = {}
  local weak = setmetatable({ request }, { __mode = "v" })
  self.world.scheduler:start(function()
    collectgarbage()
    if weak[1] and state.thumbnail then -- nobody holds the request: it is never answered
      callback(state.thumbnail)
      callback(state.thumbnail)
    elseif weak[1] and state.thumbnail == false then
      callback(nil, "no preview")
    end
  end, 0.05)
  return request
end

function Catalog:_photo(state)
  local function reading(what, func)
    return function(_, ...)
      self.world.scheduler:demand_task(what)
      if state.is_deleted then
        error("the photo was deleted", 2)
      end
      return func(...)
    end
  end
  return strict.object("LrPhoto", {
    localIdentifier = state.id,
    getRawMetadata = reading("getRawMetadata", function(key)
      return strict.copy(raw_metadata(state, key))
    end),
    getFormattedMetadata = reading("getFormattedMetadata", function(key)
      return key == "fileName" and state.metadata.path:match("[^/]*$") or nil
    end),
    getDevelopSettings = reading("getDevelopSettings", function()
      if state.metadata.isVideo then
        return {}
      end
      return strict.copy(state.develop)
    end),
    getDevelopSnapshots = reading("getDevelopSnapshots", function()
      local found = {}
      for index, snapshot in ipairs(state.snapshots) do
        found[index] = { name = snapshot.name, snapshotID = snapshot.snapshotID }
      end
      return found
    end),
    requestJpegThumbnail = reading("requestJpegThumbnail", function(...)
      return thumbnail(self, state, ...)
    end),
    applyDevelopSettings = function(_, settings, name)
      apply_settings(self, state, settings, name)
    end,
    createDevelopSnapshot = function(_, name, in_place)
      return create_snapshot(self, state, name, in_place)
    end,
    applyDevelopSnapshot = function(_, id)
      local snapshot = state.snapshots[snapshot_index(state, id)]
      self:_change("applyDevelopSnapshot", state, function()
        state.develop = strict.copy(snapshot.develop)
        self.world:note("restore", { photo = state.metadata.path, name = snapshot.name })
      end)
    end,
    deleteDevelopSnapshot = function(_, id)
      snapshot_index(state, id)
      self:_change("deleteDevelopSnapshot", state, function()
        table.remove(state.snapshots, snapshot_index(state, id))
      end)
    end,
  })
end

-- Adds a photo and returns its state, which tests look at.
--   what: `path`, and any of `is_raw` (true), `is_video`, `is_copy`, `is_stacked`, `smart_preview`,
--   `thumbnail` (a JPEG, false for an error, nil for no answer ever), `develop`
function Catalog:add(what)
  local is_raw = what.is_raw ~= false
  local state = {
    id = #self.photos + 1, is_raw = is_raw, snapshots = {}, history = {}, thumbnail = what.thumbnail,
    develop = develop.defaults(is_raw),
    metadata = {
      path = what.path, isVideo = what.is_video or false, isVirtualCopy = what.is_copy or false,
      isInStackInFolder = what.is_stacked or false,
      smartPreviewInfo = what.smart_preview and { smartPreviewPath = what.smart_preview } or {},
    },
  }
  for name, value in pairs(what.develop or {}) do
    state.develop[name] = value
  end
  state.photo = self:_photo(state)
  self.state_of[state.photo] = state
  self.photos[#self.photos + 1] = state
  return state
end

-- Selects photos, given by their states.
function Catalog:select(states)
  self.selected = { unpack(states) }
end

local function objects(states)
  local found = {}
  for _, state in ipairs(states) do
    if not state.is_deleted then
      found[#found + 1] = state.photo
    end
  end
  return found
end

local function keep(state)
  return {
    state = state, develop = strict.copy(state.develop), history = strict.copy(state.history),
    snapshots = { unpack(state.snapshots) },
  }
end

function Catalog:_open(name)
  local scheduler = self.world.scheduler
  local gate = { name = name, changes = {}, owner = scheduler.current }
  scheduler.gate = gate
  return gate
end

function Catalog:_commit(gate)
  local step, kept = { name = gate.name, before = {} }, {}
  for _, each in ipairs(gate.changes) do
    if not kept[each.state] then
      kept[each.state] = true
      step.before[#step.before + 1] = keep(each.state)
    end
    each.change()
  end
  self.undo_steps[#self.undo_steps + 1] = step
end

local function write_access(self, name, func, limits)
  local scheduler = self.world.scheduler
  scheduler:demand_task("withWriteAccessDo")
  strict.kind("undo name", name, "string")
  strict.kind("function", func, "function")
  if scheduler.gate then
    error("write gates cannot be nested", 3)
  end
  local waited = 0
  while self.is_busy do
    if not limits then
      error("LrCatalog:withWriteAccessDo: the catalog is blocked by another task", 3)
    elseif waited >= limits.timeout then
      self.world:note("gate", { name = name, result = "aborted" })
      return "aborted"
    end
    scheduler:sleep(0.1)
    waited = waited + 0.1
  end
  local gate = self:_open(name)
  local done, trouble = pcall(func) -- so nothing in it can wait
  scheduler.gate = nil
  if not done then
    self.world:note("gate", { name = name, result = "rolled back" })
    error(trouble, 0)
  end
  self:_commit(gate)
  self.world:note("gate", { name = name, result = "executed" })
  return "executed"
end

-- Undoes the last step, as the user's Ctrl+Z does, and returns its name.
function Catalog:undo()
  local step = table.remove(self.undo_steps)
  for _, before in ipairs(step.before) do
    before.state.develop, before.state.history = before.develop, before.history
    before.state.snapshots = before.snapshots
  end
  return step.name
end

local function virtual_copies(self, name)
  strict.kind("copy name", name, "string|nil")
  self.world.scheduler:demand_task("createVirtualCopies")
  if self.world.scheduler.gate then
    error("createVirtualCopies inside a write gate", 3)
  end
  local copies = {}
  for _, state in ipairs({ unpack(self.selected) }) do
    if state.metadata.isVideo then
      error("a video has no virtual copies", 3)
    end
    local copy = self:add({ path = state.metadata.path, is_raw = state.is_raw, is_copy = true, develop = strict.copy(state.develop) })
    copy.metadata.copyName = name
    copies[#copies + 1] = copy
  end
  self.selected = copies
  return objects(copies)
end

function Catalog:_methods()
  return {
    getTargetPhoto = function()
      return objects(self.selected)[1]
    end,
    getTargetPhotos = function()
      self.world.scheduler:demand_task("getTargetPhotos")
      return objects(#self.selected > 0 and self.selected or self.photos)
    end,
    setSelectedPhotos = function(_, active, others)
      local states = { self.state_of[active] }
      for _, photo in ipairs(others) do
        if photo ~= active then
          states[#states + 1] = assert(self.state_of[photo], "no photo of this catalog")
        end
      end
      self.selected = states
    end,
    batchGetRawMetadata = function(_, photos, keys)
      self.world.scheduler:demand_task("batchGetRawMetadata")
      if self.world.scheduler.gate then
        error("look-ups inside a write gate", 2)
      end
      local found = {}
      for _, photo in ipairs(photos) do
        local state, values = self.state_of[photo], {}
        for _, key in ipairs(keys) do
          values[key] = strict.copy(raw_metadata(state, key))
        end
        found[photo] = values
      end
      return found
    end,
    createVirtualCopies = function(_, name)
      return virtual_copies(self, name)
    end,
    withWriteAccessDo = function(_, name, func, limits)
      return write_access(self, name, func, limits)
    end,
  }
end

return catalog
