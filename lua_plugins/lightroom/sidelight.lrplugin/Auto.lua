--[[
Auto HDR: an edit for each selected photo, applied in one undo step.

All edits are predicted first. Then each photo gets a snapshot, and then its edit, both through
one write gate. Until the last gate nothing is changed, so canceling leaves every photo as it was.
]]

local LrApplication = import "LrApplication"
local LrDialogs = import "LrDialogs"
local LrProgressScope = import "LrProgressScope"
local LrTasks = import "LrTasks"
local Changes = require "Changes"
local Gate = require "Gate"
local Photos = require "Photos"
local Predictions = require "Predictions"
local Previews = require "Previews"
local Snapshots = require "Snapshots"
local Start = require "Start"
local Summary = require "Summary"

local Auto = {}

Auto.TITLE = "Sidelight: Auto HDR"
Auto.STEP = "Sidelight Auto HDR"
Auto.COPY_NAME = "Sidelight"
Auto.SDR_NAME = "Sidelight SDR"
Auto.HEADROOM_MOST = 4
Auto.CAMERA = "camera"

-- Returns the settings of a request; an HDR limit that the photo has is kept unless another is asked for.
function Auto.request(settings, current)
  local request = { engine = settings.engine, headroom = settings.headroom, strength = settings.strength }
  local limit = current.HDRMaxValue
  if not request.headroom and current.HDREditMode == 1 and type(limit) == "number" and limit > 0 then
    request.headroom = math.min(limit, Auto.HEADROOM_MOST)
  end
  return request
end

local function apart(entries, summary)
  local photos = {}
  for _, entry in ipairs(entries) do
    if entry.is_video then
      summary:add("video", entry)
    else
      photos[#photos + 1] = entry
    end
  end
  return photos
end

-- Makes virtual copies and hands the edits over to them. Lightroom copies what is selected, and
-- promises no order, so a copy is known by its file. Returns the copies, and what had no edit.
local function on_copies(entries, name)
  local photos, edits, rest = {}, {}, {}
  for _, entry in ipairs(entries) do
    if entry.edit then
      photos[#photos + 1], edits[entry.path] = entry.photo, entry.edit
    else
      rest[#rest + 1] = entry
    end
  end
  if #photos == 0 then
    return rest
  end
  local catalog = LrApplication.activeCatalog()
  catalog:setSelectedPhotos(photos[1], photos)
  for _, copy in ipairs(Photos.describe(catalog:createVirtualCopies(name))) do
    copy.edit = edits[copy.path]
    copy.trouble = not copy.edit and "the virtual copy is of another file" or nil
    rest[#rest + 1] = copy
  end
  return rest
end

-- Returns whether a photo's settings could be read, and them or why not; it may be gone by now.
local function settings_of(photo)
  return LrTasks.pcall(function()
    return photo:getDevelopSettings()
  end)
end

local function predict(entries, daemon, settings, progress)
  local needs_file = settings.engine == Auto.CAMERA
  local function is_canceled()
    return progress:isCanceled()
  end
  local function ask(entry)
    local request = Auto.request(settings, entry.photo:getDevelopSettings())
    local source, trouble = Previews.source(entry, is_canceled, needs_file)
    if not source then
      return nil, trouble
    end
    return daemon:predict(source, request, is_canceled)
  end
  return Predictions.run(entries, ask, is_canceled, function(count)
    progress:setPortionComplete(count, #entries)
    progress:setCaption(string.format("%d of %d", count, #entries))
  end)
end

-- Finds out what to change, as the photos are now. Returns the entries that change.
local function prepare(entries, summary)
  local changing = {}
  for _, entry in ipairs(entries) do
    local found, current = settings_of(entry.photo)
    if entry.trouble or not found then
      summary:add("failed", entry, entry.trouble or tostring(current))
    else
      entry.changes, entry.note = Changes.of(entry.edit.terms, current)
      if next(entry.changes) == nil then
        summary:add("unchanged", entry, entry.note)
      else
        changing[#changing + 1] = entry
      end
    end
    LrTasks.yield()
  end
  return changing
end

-- Moves entries with trouble into the summary and returns the others.
local function sound(entries, summary)
  local rest = {}
  for _, entry in ipairs(entries) do
    if entry.trouble then
      summary:add("failed", entry, entry.trouble)
    else
      rest[#rest + 1] = entry
    end
  end
  return rest
end

-- Lightroom drops what it does not know without a word, so look.
local function not_taken(entry)
  local found, current = settings_of(entry.photo)
  local names = {}
  for name, value in pairs(found and entry.changes or {}) do
    if not Changes.same(value, current[name]) then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return #names > 0 and "Lightroom did not take " .. table.concat(names, ", ") or nil
end

local function apply(entries, step, progress, summary)
  local function is_canceled()
    return progress:isCanceled()
  end
  local name, trouble = Snapshots.make(entries, is_canceled)
  if not name then
    return summary:stop(trouble)
  end
  entries = sound(entries, summary)
  local done
  done, trouble = Gate.each(step, entries, is_canceled, function(entry)
    entry.photo:applyDevelopSettings(entry.changes, step)
  end)
  if not done then
    Snapshots.drop(entries, name)
    return summary:stop(trouble)
  end
  for _, entry in ipairs(sound(entries, summary)) do
    local lost = not_taken(entry)
    local note = lost and entry.note and lost .. "; " .. entry.note or lost or entry.note
    summary:add("done", entry, note)
  end
end

-- Edits photos, or new virtual copies of a name (`settings.copy`); returns what became of them.
function Auto.edit(photos, daemon, settings, progress)
  local summary = Summary.new()
  local entries = apart(Photos.describe(photos), summary)
  if not predict(entries, daemon, settings, progress) then
    summary:stop(Gate.CANCELED)
    return summary
  end
  if settings.copy then
    entries = on_copies(entries, settings.copy)
  end
  local changing = prepare(entries, summary)
  if #changing > 0 then
    apply(changing, settings.step or Auto.STEP, progress, summary)
  end
  return summary
end

function Auto.show(title, summary)
  local line, more = summary:text()
  if summary:is_plain() then
    LrDialogs.showBezel(title .. ": " .. line, 4)
  else
    LrDialogs.message(title .. ": " .. line, more, summary.stopped and "warning" or "info")
  end
end

-- The menu's action.
--   settings: any of `engine`, `headroom`, `strength` (else Sidelight's configuration counts), `copy`
--   (the name of virtual copies to edit instead), `sdr_too` (an SDR edit on further copies), `title`
--   and `step` (of an action and an undo step of another name)
function Auto.run(context, settings)
  settings = settings or {}
  local title = settings.title or Auto.TITLE
  local photos = Photos.selected(title)
  if not photos then
    return
  end
  local progress = LrProgressScope({ title = title, functionContext = context })
  progress:setCancelable(true)
  local daemon, trouble = Start.daemon(function()
    return progress:isCanceled()
  end)
  if daemon then
    local summary = Auto.edit(photos, daemon, settings, progress)
    if settings.sdr_too and not summary.stopped then
      local sdr = { engine = settings.engine, strength = settings.strength, headroom = 0, copy = Auto.SDR_NAME }
      summary:also("SDR", Auto.edit(photos, daemon, sdr, progress))
    end
    progress:done()
    Auto.show(title, summary)
  else
    progress:done()
    LrDialogs.message(title, trouble, "warning")
  end
end

return Auto
