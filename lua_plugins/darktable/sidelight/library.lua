--[[
What darktable's library is asked and told.

darktable's database wins over sidecars, and reading a sidecar replaces all that the database
holds of a photo. So before a sidecar is changed the database is written to it, for the photo and
for all its duplicates; afterwards darktable is told to read it.
]]

local dt = require "darktable"

local library = {}

library.HDR_NAME = "HDR PQ" -- names that the sidecars of our duplicates carry
library.DUPLICATE_NAME = "Sidelight"
library.HDR_MARK = 'sidelight:version_name="HDR PQ"'
library.WRITE_ACTION = "lib/copy_history/write sidecar files"
library.LOOK_MS = 50
library.QUIET_MS = 1500 -- an unchanged sidecar is not written, so only silence says "done"
library.LONGEST_MS = 60000
library.TRIES = 5
library.AGAIN_MS = 200

local function content(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text
end

function library.path(image)
  return image.path .. "/" .. image.filename
end

-- What people call it: the file, and which duplicate; on one line, nothing a terminal would obey.
function library.name(image)
  local number = image.duplicate_index
  local name = image.filename:gsub("%c", "?")
  return number == 0 and name or string.format("%s (%d)", name, number)
end

-- Whether the library still holds it.
function library.is_there(image)
  return #image:get_group_members() > 0
end

-- Returns all images of one file, the asked one first.
function library.versions(image)
  local path = library.path(image)
  local found = { image }
  for _, other in ipairs(image:get_group_members()) do
    if other.id ~= image.id and library.path(other) == path then
      found[#found + 1] = other
    end
  end
  return found
end

-- Whether a version is the HDR one: by its name, or if darktable has lost that, by its sidecar.
local function is_hdr(version)
  local name = version.version_name
  if name ~= "" then
    return name == library.HDR_NAME
  end
  local text = content(version.sidecar)
  return text ~= nil and text:find(library.HDR_MARK, 1, true) ~= nil
end

-- Returns the duplicate that holds the HDR version, or nil.
function library.hdr_version(image)
  for _, other in ipairs(library.versions(image)) do
    if other.id ~= image.id and is_hdr(other) then
      return other
    end
  end
  return nil
end

-- Returns all versions of the files of images, each once.
function library.all_versions(images)
  local found, known = {}, {}
  for _, image in ipairs(images) do
    for _, version in ipairs(library.versions(image)) do
      if not known[version.id] then
        known[version.id] = true
        found[#found + 1] = version
      end
    end
  end
  return found
end

local function same_images(wanted, given)
  if #wanted ~= #given then
    return false
  end
  local known = {}
  for _, image in ipairs(wanted) do
    known[image.id] = true
  end
  for _, image in ipairs(given) do
    if not known[image.id] then
      return false
    end
  end
  return true
end

local function has_apply_sidecar(image)
  local known, method = pcall(function()
    return image.apply_sidecar
  end)
  return known and method ~= nil
end

-- Whether darktable writes sidecars some time after a change, as it does since it has apply_sidecar.
function library.writes_later(image)
  return library.writes_sidecars() and has_apply_sidecar(image)
end

-- Waits until darktable has written what it has to write.
local function settle(images)
  local function picture()
    local parts = {}
    for index, image in ipairs(images) do
      parts[index] = content(image.sidecar) or ""
    end
    return table.concat(parts, "\0")
  end
  local last, quiet, waited = picture(), 0, 0
  while quiet < library.QUIET_MS and waited < library.LONGEST_MS and not dt.control.ending do
    dt.control.sleep(library.LOOK_MS)
    waited = waited + library.LOOK_MS
    local now = picture()
    quiet = now == last and quiet + library.LOOK_MS or 0
    last = now
  end
end

-- Has darktable write sidecars although it is set never to do so: by the button of its own.
-- Returns a sentence when it does not.
local function write_by_button(images)
  local before = dt.gui.selection()
  dt.gui.selection(images)
  local chosen = same_images(images, dt.gui.action_images)
  if chosen then
    dt.gui.action(library.WRITE_ACTION, 0, "", "activate", 1.0)
    settle(images)
  end
  dt.gui.selection(before)
  if not chosen then
    return "move the pointer off the photos and press again: darktable would act on another photo"
  end
  return nil
end

-- Whether darktable keeps sidecars current by itself.
function library.writes_sidecars()
  return dt.preferences.read("darktable", "write_sidecar_files", "string") ~= "never"
end

-- Brings the sidecars of images and of their duplicates to what darktable's database holds.
-- Returns a sentence when that cannot be.
function library.flush(images)
  local pending = {}
  local never = not library.writes_sidecars()
  local versions = library.all_versions(images)
  for _, version in ipairs(versions) do
    if not never then
      version.rating = version.rating -- any change of metadata writes the sidecar
    end
  end
  if versions[1] and library.writes_later(versions[1]) then
    settle(versions)
  end
  for _, version in ipairs(versions) do
    if never or not content(version.sidecar) then
      pending[#pending + 1] = version
    end
  end
  if #pending == 0 then
    return nil
  end
  local trouble = write_by_button(pending)
  if trouble then
    return trouble
  end
  for _, version in ipairs(pending) do
    if not content(version.sidecar) then
      return "darktable cannot write the sidecar of " .. library.name(version)
    end
  end
  return nil
end

-- Imports a known photo again. darktable ends where the photo is gone, and where a sidecar is
-- missing the next one is taken for it, number and all.
local function import_again(image)
  local photo = io.open(library.path(image), "rb")
  if not photo then
    return "the photo is not there any more"
  end
  photo:close()
  for _, version in ipairs(library.versions(image)) do
    if not content(version.sidecar) then
      return "the sidecar of " .. library.name(version) .. " is not there any more"
    end
  end
  dt.database.import(library.path(image))
  return nil
end

local METADATA = {
  "rating", "red", "yellow", "green", "blue", "purple",
  "title", "description", "creator", "publisher", "rights", "notes",
}

-- Returns what people said of an image: all that an edit must not change.
local function said_of(image)
  local said = { tags = {} }
  for _, name in ipairs(METADATA) do
    said[name] = image[name]
  end
  for _, tag in ipairs(image:get_tags()) do
    if not tag.name:find("^darktable|") then
      said.tags[tag.name] = tag
    end
  end
  return said
end

-- Puts that back where it differs.
--
-- The sidecar says the same, but darktable 5.4.1 at times forgets parts of it while it reads one and
-- makes a thumbnail: its threads share a database connection, and one that gives up takes along
-- what another has written.
local function say_again(image, said)
  local now = said_of(image)
  for _, name in ipairs(METADATA) do
    if now[name] ~= said[name] then
      image[name] = said[name]
    end
  end
  for name, tag in pairs(said.tags) do
    if not now.tags[name] then
      image:attach_tag(tag)
    end
  end
end

local function apply_again(image)
  for _ = 1, library.TRIES do
    if image:apply_sidecar(image.sidecar) then
      return nil
    end
    dt.control.sleep(library.AGAIN_MS)
  end
  return "darktable did not take the edit"
end

-- Makes darktable read an image's sidecar; `version_name` is what the sidecar calls the version, if
-- it does. Returns a sentence when darktable does not.
function library.read_sidecar(image, version_name)
  local said = said_of(image)
  local read = has_apply_sidecar(image) and apply_again or import_again
  local trouble = read(image)
  if trouble then
    return trouble
  end
  say_again(image, said)
  if version_name and image.version_name ~= version_name then
    image.version_name = version_name
  end
  image:drop_cache()
  return nil
end

-- Brings the thumbnails of images up to date, one after the other, while `going()` holds.
--
-- darktable may still have been working on a thumbnail of the edit before, and does not draw one
-- anew because its cache is empty. Making the smallest one makes it draw.
function library.refresh(images, going)
  for _, image in ipairs(images) do
    dt.control.sleep(library.LOOK_MS)
    if dt.control.ending or not going() then
      return
    end
    pcall(function() -- the user may have removed it meanwhile
      image:drop_cache()
      image:generate_cache(true, 0, 0)
    end)
  end
end

-- Returns a new duplicate without a sidecar, so that whoever writes one is known to have made it.
function library.add_duplicate(image)
  local duplicate = image:duplicate()
  os.remove(duplicate.sidecar)
  return duplicate
end

-- Takes a duplicate and its sidecar away.
function library.remove_duplicate(duplicate)
  local sidecar = duplicate.sidecar
  duplicate:delete()
  os.remove(sidecar)
end

return library
