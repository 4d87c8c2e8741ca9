--[[
Undo: photos back to what they were before Auto HDR, the whole selection in one step.

Ratings, labels and tags given since stay. An edit that was changed since stays, too.
]]

local dt = require "darktable"
local conversation = require "sidelight/conversation"
local library = require "sidelight/library"
local outcome = require "sidelight/outcome"

local undo = {}

local function _(text)
  return dt.gettext.gettext(text)
end

-- Takes what the helper did over into darktable. Duplicates that are no more go first, because
-- darktable reads the sidecars of all versions of a file at once.
local function take_over(removed, restored, result)
  for _index, version in ipairs(removed) do
    result:add("done", library.name(version))
    if version.duplicate_index == 0 then
      version:reset()
      result:has_changed(version)
    else
      library.remove_duplicate(version)
    end
  end
  for _index, one in ipairs(restored) do
    local trouble = library.read_sidecar(one.version)
    if not one.edited then
      one.version:reset() -- as a photo that nobody touched, which a sidecar cannot say
    end
    result:has_changed(one.version)
    result:add(trouble and "failed" or "done", library.name(one.version), trouble)
  end
end

local function ask(talk, versions, result, progress)
  local removed, restored = {}, {}
  for id, version in ipairs(versions) do
    local trouble = talk:send("undo", { id = id, sidecar = version.sidecar })
    if trouble then
      result:stop(trouble)
      return removed, restored
    end
  end
  local answered = 0
  while answered < #versions do
    local word, fields = talk:receive()
    if not word or word == "fatal" then
      result:stop(fields and fields.text or _("the helper program ended; `sidelight doctor` may say why"))
      break
    end
    local version = word == "undone" and versions[tonumber(fields.id)]
    if version then
      answered = answered + 1
      progress.set(answered / #versions)
      if fields.status == "removed" then
        removed[#removed + 1] = version
      elseif fields.status == "restored" then
        restored[#restored + 1] = { version = version, edited = fields.edited == "1" }
      elseif fields.status == "error" then
        result:add("failed", library.name(version), fields.text)
      end
    end
  end
  return removed, restored
end

-- Takes back what was written for images and their duplicates; returns what became of them.
function undo.run(installation, images, progress)
  local words = { done = _("%d back as they were"), failed = _("%d left alone") }
  local result = outcome.new(_("Undo Auto HDR"), { "done", "failed" }, words)
  local trouble = library.flush(images)
  local talk
  if not trouble then
    talk, trouble = conversation.start(installation, "undo")
  end
  if not talk then
    result:stop(trouble)
    return result
  end
  local ok, err = pcall(function()
    local removed, restored = ask(talk, library.all_versions(images), result, progress)
    take_over(removed, restored, result)
  end)
  talk:close()
  if not ok then
    result:stop(tostring(err))
  end
  return result
end

return undo
