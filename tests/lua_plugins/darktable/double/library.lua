--[[
darktable's library: what its database holds, its sidecars on disk, and how the one gets into the
other. Measured with darktable 4.2.1 (API 9.0.0).
]]

local files = require "double/files"
local lfs = require "lfs"
local strict = require "double/strict"

local library = {}

local Library = {}
Library.__index = Library

local LABELS = { "red", "yellow", "green", "blue", "purple" }
local TEXTS = { "title", "description", "creator", "publisher", "rights", "notes", "version_name" }
local NEW = { rating = 1, edit = "", tags = "" } -- an image of which nothing is known
for _, label in ipairs(LABELS) do
  NEW[label] = false
end
for _, name in ipairs(TEXTS) do
  NEW[name] = ""
end

-- Besides:
--   write_ms: how long its button takes for one sidecar
--   refusals: how often apply_sidecar does not do it
--   forgets: names of what apply_sidecar loses, as darktable 5.4.1 may
function library.new(world)
  return setmetatable({
    world = world, images = {}, selected = {}, highest = {}, sidecars_written = 0, write_ms = 100, refusals = 0,
    forgets = {},
  }, Library)
end

local function sidecar_path(image)
  if image.number == 0 then
    return image.path .. ".xmp"
  end
  local stem, ending = image.path:match("^(.*)(%.[^./]*)$")
  return string.format("%s_%02d%s.xmp", stem, image.number, ending)
end

function Library:_write(image)
  local path = sidecar_path(image)
  if not utf8.len(path:match("[^/]*$")) then
    return -- "failed to serialize xmp data": it holds the name, too
  end
  local text = files.read(path)
  local properties = text and files.properties(text) or {} -- what it does not know survives
  for key, unset in pairs(NEW) do
    properties[key] = type(unset) == "boolean" and (image[key] and "1" or "") or tostring(image[key])
  end
  local now = files.sidecar(properties)
  if now ~= text then
    self.sidecars_written = self.sidecars_written + 1
    files.write(path, now)
  end
end

function Library:_keep_current(image)
  if self.world.write_sidecars ~= "never" then
    self:_write(image)
  end
end

-- All that the database held of an image is replaced.
local function take_over(image, path)
  local properties = files.read_sidecar(path)
  for key, unset in pairs(NEW) do
    image[key] = properties[key] or unset
  end
  image.rating = math.tointeger(tonumber(image.rating))
  for _, label in ipairs(LABELS) do
    image[label] = image[label] == "1"
  end
  image.is_as_new = false
end

function Library:_add(path, number)
  local image = { id = #self.images + 1, path = path, number = number, is_cached = true }
  for key, unset in pairs(NEW) do
    image[key] = unset
  end
  self.images[image.id] = image
  self.highest[path] = math.max(self.highest[path] or 0, number)
  return image
end

-- Returns the images of a file that the library holds.
function Library:versions(path)
  local found = {}
  for _, image in ipairs(self.images) do
    if image.path == path and not image.is_deleted then
      found[#found + 1] = image
    end
  end
  return found
end

local function sidecars_on_disk(path)
  local folder, name = path:match("^(.*)/([^/]*)$")
  local stem, ending = name:match("^(.*)(%.[^.]*)$")
  local found = {}
  for _, other in ipairs(files.names(folder)) do
    if other == name .. ".xmp" then
      table.insert(found, 1, { number = 0, path = path .. ".xmp" })
    elseif other:sub(1, #stem + 1) == stem .. "_" and other:sub(-#ending - 4) == ending .. ".xmp" then
      local digits = other:sub(#stem + 2, -#ending - 5)
      if digits:match("^%d%d+$") then
        found[#found + 1] = { number = math.tointeger(tonumber(digits)), path = folder .. "/" .. other }
      end
    end
  end
  return found
end

-- Imports a file. For a known one it reads the sidecars of all its versions: the first that there
-- is for the photo itself, whichever number it has, and makes duplicates for those it does not know.
function Library:import(path)
  if lfs.attributes(path, "mode") ~= "file" then
    self.world:end_darktable("it imports what is not there: " .. path)
  end
  local image = self:versions(path)[1]
  local is_new = image == nil
  image = image or self:_add(path, 0)
  local sidecars = sidecars_on_disk(path)
  for index, sidecar in ipairs(sidecars) do
    local version = image
    if index == 1 then
      image.number = sidecar.number
    else
      version = nil
      for _, known in ipairs(self:versions(path)) do
        version = known.number == sidecar.number and known or version
      end
      version = version or self:_add(path, sidecar.number)
    end
    take_over(version, sidecar.path)
  end
  if #sidecars == 0 and (not is_new or self.world.write_sidecars == "on import") then
    self:_keep_current(image)
  end
  self.selected = {}
  if is_new then
    self.world:event("post-import-image", self:object(image))
  end
  return self:object(image)
end

function Library:_duplicate(image)
  local copy = self:_add(image.path, self.highest[image.path] + 1)
  for key in pairs(NEW) do
    copy[key] = image[key]
  end
  self:_keep_current(copy)
  return self:object(copy)
end

function Library:_members(image)
  local found = {}
  for _, other in ipairs(image.is_deleted and {} or self.images) do
    if not other.is_deleted and (other.group or other.path) == (image.group or image.path) then
      found[#found + 1] = self:object(other)
    end
  end
  return found
end

-- Has the sidecars of images written some time later, one by one, as darktable's button does.
function Library:write_later(images)
  self.world.clock:start(function()
    for _, image in ipairs(images) do
      self.world.clock:sleep(self.write_ms)
      self:_write(self.images[image.id])
    end
  end)
end

-- Reads a sidecar into one image (API 9.5.0).
function Library:_apply_sidecar(image, path)
  if not files.exists(path) or self.refusals > 0 then
    self.refusals = self.refusals - 1
    return false
  end
  take_over(image, path)
  for _, key in ipairs(self.forgets) do
    image[key] = NEW[key]
  end
  return true
end

local function tag(name)
  return strict.object("dt_lua_tag_t", { name = strict.constant(name) })
end

-- Returns the tags of an image, those that darktable itself gives first.
local function tags_of(image)
  local found = { tag("darktable|format|" .. image.path:match("[^.]*$")) }
  for name in image.tags:gmatch("[^,]+") do
    found[#found + 1] = tag(name)
  end
  return found
end

function Library:_fields(image)
  local function value(key, kind, written)
    return {
      kind = kind,
      get = function()
        return image[key]
      end,
      set = function(new)
        if image.is_deleted then
          self.world:fault("it writes to an image that was removed: " .. image.path)
        end
        image[key] = new
        if written then
          self:_keep_current(image)
        end
      end,
      on_refusal = function(trouble)
        self.world:end_darktable("it hangs: " .. trouble) -- the image stays locked
      end,
    }
  end
  local function computed(get)
    return { get = get }
  end
  local fields = {
    id = strict.constant(image.id),
    path = computed(function()
      return (image.path:match("^(.*)/[^/]*$"))
    end),
    filename = computed(function()
      return image.is_deleted and "" or image.path:match("[^/]*$")
    end),
    sidecar = computed(function()
      return image.is_deleted and ".xmp" or sidecar_path(image)
    end),
    duplicate_index = computed(function()
      return image.number
    end),
    is_altered = computed(function()
      return image.edit ~= ""
    end),
    rating = value("rating", "integer", true),
  }
  for _, name in ipairs(TEXTS) do
    fields[name] = value(name, "string")
  end
  for _, label in ipairs(LABELS) do
    fields[label] = value(label, "boolean")
  end
  return fields
end

-- Returns an image as scripts see it.
function Library:object(image)
  local methods = {
    duplicate = function()
      return self:_duplicate(image)
    end,
    delete = function()
      self:_keep_current(image)
      image.is_deleted = true -- it stays selected
    end,
    reset = function()
      image.edit, image.is_as_new = "", true -- presets apply to it again
      self:_keep_current(image)
    end,
    get_tags = function()
      return tags_of(image)
    end,
    attach_tag = function(_self, new)
      assert(getmetatable(new) == "dt_lua_tag_t", "bad argument #2 to '?' (dt_lua_tag_t expected)")
      image.tags = image.tags == "" and new.name or image.tags .. "," .. new.name
    end,
    drop_cache = function()
      image.is_cached = false
    end,
    generate_cache = function(_self, makes_folders, least, most)
      strict.check({ "boolean", "integer", "integer" }, makes_folders, least, most)
      assert(not image.is_deleted, "there is no such image")
      if not image.is_cached then
        image.drawn, image.is_cached, image.drawn_ms = image.edit, true, self.world.clock.now_ms
      end
    end,
    get_group_members = function()
      return self:_members(image)
    end,
  }
  local api = self.world.api
  if api[1] * 1000 + api[2] >= 9005 then
    methods.apply_sidecar = function(_self, path)
      return self:_apply_sidecar(image, path)
    end
  end
  return strict.object("dt_lua_image_t", self:_fields(image), methods, {
    __eq = function(one, other)
      return one.id == other.id
    end,
    __tostring = function()
      return image.path
    end,
  })
end

-- Returns what actions act on: a photo under the pointer, unless it is selected, or the selection.
function Library:action_images()
  local found, hovered = {}, self.world.hovered
  for _, image in ipairs(self.selected) do
    if hovered and image.id == hovered.id then
      hovered = nil
    end
  end
  for _, image in ipairs(hovered and { hovered } or self.selected) do
    local known = self.images[image.id]
    if not known.is_deleted then
      found[#found + 1] = self:object(known)
    end
  end
  return found
end

-- Returns what was selected, and selects something else if that is given.
function Library:selection(wanted)
  local before = { table.unpack(self.selected) }
  if wanted ~= nil then
    strict.check({ "table" }, wanted)
    for _, image in ipairs(wanted) do
      if getmetatable(image) ~= "dt_lua_image_t" then
        error("bad argument #-1 to '?' (dt_lua_image_t expected)", 2)
      end
    end
    self.selected = { table.unpack(wanted) }
  end
  return before
end

return library
