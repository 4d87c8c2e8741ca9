--[[
Snapshots of what a photo was before an edit of ours; the newest is what Restore goes back to.
]]

local Gate = require "Gate"

local Snapshots = {}

Snapshots.PREFIX = "Before Sidelight "
Snapshots.STEP = "Snapshot before Sidelight"

local function ours(photo)
  local found = {}
  for _, snapshot in ipairs(photo:getDevelopSnapshots() or {}) do
    local name = tostring(snapshot.name or "")
    if name:sub(1, #Snapshots.PREFIX) == Snapshots.PREFIX then
      found[#found + 1] = { name = name, id = snapshot.snapshotID }
    end
  end
  table.sort(found, function(first, second)
    return first.name < second.name
  end)
  return found
end

-- Returns the newest snapshot of ours, `name` and `id`; nil without one.
function Snapshots.newest(photo)
  local found = ours(photo)
  return found[#found]
end

-- Returns a name that sorts behind those the photos have: the time, and a number if need be.
function Snapshots.new_name(entries)
  local time = Snapshots.PREFIX .. os.date("%Y-%m-%d %H:%M:%S")
  local name, number = time, 1
  for _, entry in ipairs(entries) do
    local newest = Snapshots.newest(entry.photo)
    while newest and newest.name >= name and number < 99 do
      number = number + 1
      name = string.format("%s #%02d", time, number)
    end
  end
  return name
end

-- Makes one of each entry's photo. Entries of which none could be made get `trouble`.
-- Returns the name, or nil and a sentence.
function Snapshots.make(entries, is_canceled)
  local name = Snapshots.new_name(entries)
  local done, trouble = Gate.each(Snapshots.STEP, entries, is_canceled, function(entry)
    if not entry.photo:createDevelopSnapshot(name, false) then
      error("no snapshot could be made, so it was left alone", 0)
    end
  end)
  return done and name, trouble
end

-- Takes snapshots away again, because nothing came of the edit.
function Snapshots.drop(entries, name)
  local made = {}
  for _, entry in ipairs(entries) do
    local newest = Snapshots.newest(entry.photo)
    if newest and newest.name == name then
      made[#made + 1] = { photo = entry.photo, id = newest.id }
    end
  end
  Gate.each(Snapshots.STEP, made, function()
    return false
  end, function(entry)
    entry.photo:deleteDevelopSnapshot(entry.id)
  end)
end

return Snapshots
