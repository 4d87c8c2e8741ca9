--[[
The photos that an action is for, and what Lightroom knows of them. All look-ups happen here,
outside of any write gate.
]]

local LrApplication = import "LrApplication"
local LrDialogs = import "LrDialogs"
local LrPathUtils = import "LrPathUtils"

local Photos = {}

local KEYS = { "path", "isVideo", "isVirtualCopy", "isInStackInFolder" }

-- Returns the catalog's selected photos; with none selected it asks whether all that are shown
-- are meant. Nil when nothing is to be done.
function Photos.selected(title)
  local catalog = LrApplication.activeCatalog()
  local photos = catalog:getTargetPhotos()
  if #photos == 0 then
    LrDialogs.message(title, "There is no photo here.", "info")
    return nil
  end
  if not catalog:getTargetPhoto() then
    local question = string.format("No photo is selected. Take all %d that are shown?", #photos)
    if LrDialogs.confirm(title, question, string.format("All %d", #photos), "Cancel") ~= "ok" then
      return nil
    end
  end
  return photos
end

-- Returns an entry for each photo: `photo`, `path`, `folder`, `name`, `is_video`, `is_copy`, `is_stacked`.
function Photos.describe(photos)
  local known = LrApplication.activeCatalog():batchGetRawMetadata(photos, KEYS)
  local entries = {}
  for index, photo in ipairs(photos) do
    local values = known[photo] or {}
    local path = values.path or ""
    entries[index] = {
      photo = photo, path = path, folder = LrPathUtils.parent(path), name = LrPathUtils.leafName(path),
      is_video = values.isVideo == true, is_copy = values.isVirtualCopy == true,
      is_stacked = values.isInStackInFolder == true,
    }
  end
  return entries
end

return Photos
