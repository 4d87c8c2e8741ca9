--[[
Match the camera: the edit with which a photo looks like the JPEG that its camera put into the
file. That JPEG is SDR, so the edit is.
]]

local Auto = require "Auto"

local MatchCamera = {}

MatchCamera.TITLE = "Sidelight: Match the camera"
MatchCamera.STEP = "Sidelight Match the camera"

-- The menu's action.
function MatchCamera.run(context)
  Auto.run(context, { engine = Auto.CAMERA, headroom = 0, title = MatchCamera.TITLE, step = MatchCamera.STEP })
end

return MatchCamera
