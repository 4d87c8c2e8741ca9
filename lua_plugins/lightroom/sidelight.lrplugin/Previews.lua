--[[
Pixels for a prediction: the photo's own file, else its smart preview, else Lightroom's thumbnail.
]]

local LrFileUtils = import "LrFileUtils"
local LrPathUtils = import "LrPathUtils"
local LrTasks = import "LrTasks"

local Previews = {}

Previews.THUMBNAIL_PX = 1024
Previews.THUMBNAIL_S = 20
Previews.OFFLINE = "neither the file nor a preview of it can be read"
Previews.NO_FILE = "the file is away, and the camera's JPEG with it"

local waiting_for_thumbnail = false

-- Lightroom answers once, several times or never, and badly to many requests at once.
local function thumbnail(photo, ends)
  while waiting_for_thumbnail and not ends() do
    LrTasks.sleep(0.1)
  end
  waiting_for_thumbnail = true
  local jpeg, is_over, waited = nil, false, 0
  local function receive(data)
    jpeg, is_over = jpeg or data, true
  end
  local size = Previews.THUMBNAIL_PX
  local asked, request = LrTasks.pcall(function()
    return photo:requestJpegThumbnail(size, size, receive)
  end)
  while asked and not is_over and waited < Previews.THUMBNAIL_S and not ends() do
    LrTasks.sleep(0.1)
    waited = waited + 0.1
  end
  waiting_for_thumbnail = false
  return jpeg, request -- which must live until here, or no answer may come
end

local function file(path)
  return { path = path, folder = LrPathUtils.parent(path) }
end

-- Returns the source for `Daemon:predict`, or nil and a sentence; `ends()` says that nobody waits.
--   needs_file: Lightroom's previews show its own rendering, so they will not do
function Previews.source(entry, ends, needs_file)
  if entry.path ~= "" and LrFileUtils.isReadable(entry.path) then
    return file(entry.path)
  elseif needs_file then
    return nil, Previews.NO_FILE
  end
  local smart = entry.photo:getRawMetadata("smartPreviewInfo")
  local path = type(smart) == "table" and smart.smartPreviewPath
  if path and LrFileUtils.isReadable(path) then
    return file(path)
  end
  local jpeg = thumbnail(entry.photo, ends)
  if jpeg then
    return { jpeg = jpeg }
  end
  return nil, Previews.OFFLINE
end

return Previews
