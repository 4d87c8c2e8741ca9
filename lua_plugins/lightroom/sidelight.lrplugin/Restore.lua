--[[
Restore before Sidelight: the newest snapshot of ours is applied and taken away, so that a second
time goes back one edit further.
]]

local LrProgressScope = import "LrProgressScope"
local Auto = require "Auto"
local Gate = require "Gate"
local Photos = require "Photos"
local Snapshots = require "Snapshots"
local Summary = require "Summary"

local Restore = {}

Restore.TITLE = "Sidelight: Restore"
Restore.STEP = "Restore before Sidelight"

-- Restores photos; returns what became of them.
function Restore.restore(photos, is_canceled)
  local summary = Summary.new({ done = "%d restored" })
  local entries = {}
  for _, entry in ipairs(Photos.describe(photos)) do
    entry.snapshot = not entry.is_video and Snapshots.newest(entry.photo) or nil
    if entry.snapshot then
      entries[#entries + 1] = entry
    else
      summary:add("nothing", entry)
    end
  end
  if #entries == 0 then
    return summary
  end
  local done, trouble = Gate.each(Restore.STEP, entries, is_canceled, function(entry)
    entry.photo:applyDevelopSnapshot(entry.snapshot.id)
    entry.photo:deleteDevelopSnapshot(entry.snapshot.id)
  end)
  if not done then
    summary:stop(trouble)
    return summary
  end
  for _, entry in ipairs(entries) do
    summary:add(entry.trouble and "failed" or "done", entry, entry.trouble)
  end
  return summary
end

-- The menu's action.
function Restore.run(context)
  local photos = Photos.selected(Restore.TITLE)
  if not photos then
    return
  end
  local progress = LrProgressScope({ title = Restore.TITLE, functionContext = context })
  local summary = Restore.restore(photos, function()
    return progress:isCanceled()
  end)
  progress:done()
  Auto.show(Restore.TITLE, summary)
end

return Restore
