--[[
Auto HDR: predict an edit for each photo and put it into darktable.

The helper predicts some photos ahead; a sidecar is written only when we say so, and darktable
reads it at once. Whatever ends the action, a photo has all of its edit or none of it.
]]

local dt = require "darktable"
local conversation = require "sidelight/conversation"
local library = require "sidelight/library"
local outcome = require "sidelight/outcome"
local settings = require "sidelight/settings"

local auto = {}

auto.AHEAD = 8

local function _(text)
  return dt.gettext.gettext(text)
end

local function flag(value)
  return value and "1" or "0"
end

local function always()
  return true
end

local Run = {}
Run.__index = Run

-- Brings a photo's sidecar up to date, where that was not done for all at the beginning.
function Run:flush(image)
  return not self.is_flushed and library.flush({ image }) or nil
end

-- Sends photos until enough are on their way.
function Run:feed()
  while self.next <= #self.images and self.open < auto.AHEAD do
    local image = self.images[self.next]
    local is_hdr = image.version_name == library.HDR_NAME -- it comes and goes with its photo
    local trouble = nil
    local sidecar = ""
    if library.writes_sidecars() and not self.duplicate and not is_hdr then
      trouble = self:flush(image)
      sidecar = image.sidecar -- an edit to keep is found before anything is predicted
    end
    if trouble or is_hdr then
      self:finish(self.next, trouble and "failed" or "kept", trouble)
    else
      local fields = { id = self.next, path = library.path(image), sidecar = sidecar, overwrite = flag(self.overwrite) }
      self:tell("photo", fields)
      self.open = self.open + 1
    end
    self.next = self.next + 1
  end
end

function Run:tell(word, fields)
  local trouble = self.talk:send(word, fields)
  if trouble then
    error(trouble, 0)
  end
end

function Run:finish(id, kind, reason)
  self.done = self.done + 1
  self.result:add(kind, library.name(self.images[id]), reason)
  self.progress.set(self.done / #self.images)
end

-- Ends the action because the helper has ended, with what it said about that.
function Run:stop(fields)
  self.result:stop(fields and fields.text or _("the helper program ended; `sidelight doctor` may say why"))
  self.over = true
end

-- Waits for the answer to a `write`; other photos' answers wait meanwhile.
function Run:written(id)
  while true do
    local word, fields = self.talk:receive(always)
    if not word or word == "fatal" then
      self:stop(fields)
      return { status = "error", hdr = "error", is_lost = true }
    end
    if word == "written" and tonumber(fields.id) == id then
      return fields
    end
    self.waiting[#self.waiting + 1] = { word, fields }
  end
end

-- Applies what was written to a version, or takes the version away if it was made for it.
function Run:settle(version, is_new, status, name)
  if status == "written" then
    self.result:has_changed(version)
    return library.read_sidecar(version, name)
  end
  if is_new then
    library.remove_duplicate(version)
  end
  return nil
end

function Run:apply(id, predicted)
  local image = self.images[id]
  local trouble = self:flush(image)
  if trouble then
    return "failed", trouble
  end
  local target = self.duplicate and library.add_duplicate(image) or image
  local order = { id = id, path = library.path(image), sidecar = target.sidecar, template = image.sidecar }
  order.overwrite = flag(self.overwrite)
  order.is_new = flag(self.duplicate)
  local hdr, hdr_is_new = nil, false
  if predicted.hdr == "1" then
    hdr = library.hdr_version(image)
    hdr_is_new = hdr == nil
    hdr = hdr or library.add_duplicate(image)
    order.hdr = hdr.sidecar
    order.hdr_is_new = flag(hdr_is_new)
  end
  trouble = self.talk:send("write", order)
  local answer = trouble and { status = "error", hdr = "error", text = trouble } or self:written(id)
  -- The duplicate goes first: darktable reads the sidecars of all versions of a file at once.
  local hdr_trouble = hdr and self:settle(hdr, hdr_is_new, answer.hdr, library.HDR_NAME)
  local name = self.duplicate and library.DUPLICATE_NAME or nil
  trouble = self:settle(target, self.duplicate, answer.status, name) or hdr_trouble
  if answer.is_lost and not dt.control.ending then
    library.flush({ image }) -- it may have written without saying so
  end
  if trouble then
    return "failed", trouble
  end
  if answer.status == "error" or answer.hdr == "error" then
    return "failed", answer.text
  end
  if answer.status == "written" then
    self.explanation = library.name(image) .. "\n" .. (predicted.reasons or "")
    return "done"
  end
  return "kept", answer.text
end

function Run:handle(word, fields)
  if word == "hello" then
    return
  end
  if word == "fatal" then
    return self:stop(fields)
  end
  local id = tonumber(fields.id)
  if not id or not self.images[id] then
    return
  end
  self.open = self.open - 1
  if word == "predicted" then
    self:finish(id, self:apply(id, fields))
  elseif word == "kept" or word == "failed" then
    self:finish(id, word, fields.text)
  end
end

function Run:answer()
  local early = table.remove(self.waiting, 1)
  if early then
    return early[1], early[2]
  end
  return self.talk:receive(function()
    return not self.progress.canceled()
  end)
end

function Run:all()
  if library.writes_later(self.images[1]) then
    -- Waiting for darktable takes as long for one as for all; what changes from now on, it writes
    -- by itself within a second.
    local trouble = library.flush(self.images)
    if trouble then
      return self.result:stop(trouble)
    end
    self.is_flushed = true
  end
  while self.done < #self.images and not self.over do
    if self.progress.canceled() then
      self.result:stop(_("canceled; what was done before stays"))
      break
    end
    self:feed()
    if self.done == #self.images then
      break
    end
    local word, fields = self:answer()
    if word then
      self:handle(word, fields)
    elseif self.talk.code and not self.progress.canceled() then
      self:stop()
    end
  end
end

-- Edits images and returns what became of them.
--   progress: `set(share)` and `canceled()`
--   changes: settings other than those of the panel, or nil
--   title: of an action of another name, or nil
function auto.run(installation, images, progress, changes, title)
  local words = { done = _("%d edited"), kept = _("%d kept as they are"), failed = _("%d failed") }
  local result = outcome.new(title or _("Auto HDR"), { "done", "kept", "failed" }, words)
  local talk, trouble = conversation.start(installation, "auto", settings.fields(changes))
  if not talk then
    result:stop(trouble)
    return result
  end
  local run = setmetatable({
    images = images, progress = progress, result = result, talk = talk,
    overwrite = settings.values.overwrite, duplicate = settings.values.duplicate,
    next = 1, open = 0, done = 0, waiting = {}, over = false,
  }, Run)
  local ok, err = pcall(run.all, run)
  talk:close()
  if not ok then
    result:stop(tostring(err))
  end
  result.explanation = run.explanation
  return result
end

return auto
