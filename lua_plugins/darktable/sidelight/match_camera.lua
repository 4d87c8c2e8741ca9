--[[
Match the camera: the edit with which a photo looks like the JPEG that its camera put into the
file. That JPEG is SDR, so there is no HDR version.
]]

local dt = require "darktable"
local auto = require "sidelight/auto"

local match_camera = {}

function match_camera.title()
  return dt.gettext.gettext("Match the camera")
end

-- Edits images and returns what became of them, as `auto.run` does.
function match_camera.run(installation, images, progress)
  return auto.run(installation, images, progress, { engine = "camera", headroom = 0 }, match_camera.title())
end

return match_camera
