--[[
The helper program, played: it reads orders and writes answers as `sidelight plugin` does, on the
double's clock and with sidecars as the double writes them. It refuses what the program refuses.
]]

local files = require "double/files"

local helper = {}

helper.LOOK_MS = 30
helper.ENGINES = { auto = true, camera = true }
helper.KEPT = "it has an edit already"

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function escape(text)
  return (tostring(text):gsub("[^A-Za-z0-9._/-]", function(character)
    return string.format("%%%02X", character:byte())
  end))
end

-- Returns word and fields of a line as the program reads it, or raises an error.
function helper.parse(line)
  local word, fields = nil, {}
  for part in (line .. " "):gmatch("([^ ]*) ") do
    if word == nil then
      word = part:match("^[a-z_]+$")
    else
      local key, value = part:match("^([a-z_]+)=([A-Za-z0-9._/%%-]*)$")
      assert(key and not value:gsub("%%[0-9A-F][0-9A-F]", ""):find("%", 1, true), "not a line: " .. line)
      fields[key] = unescape(value)
    end
  end
  return assert(word, "not a line: " .. line), fields
end

-- Returns the line that says something, keys in the order of the alphabet, with its end.
function helper.line(word, fields)
  local parts = {}
  for key, value in pairs(fields or {}) do
    parts[#parts + 1] = " " .. key .. "=" .. escape(value)
  end
  table.sort(parts)
  return word .. table.concat(parts) .. "\n"
end

-- The program's side of one talk.
local Talk = {}
Talk.__index = Talk

function Talk:raw(text)
  self.file:write(text)
  self.file:flush()
end

function Talk:tell(word, fields)
  if not self.is_over then
    self:raw(helper.line(word, fields))
  end
end

function Talk:sleep(ms)
  self.world.clock:sleep(ms)
end

-- Returns the next order, nil when there is none any more.
function Talk:next()
  while #self.waiting == 0 do
    local text = files.read(self.orders)
    if not text then
      return nil
    end
    for line in text:sub(self.seen + 1):gmatch("([^\n]*)\n") do
      self.seen = self.seen + #line + 1
      local word, fields = helper.parse(line)
      self.waiting[#self.waiting + 1] = { word = word, fields = fields }
      self.heard[#self.heard + 1] = self.waiting[#self.waiting]
    end
    if #self.waiting == 0 then
      self:sleep(helper.LOOK_MS)
    end
  end
  local order = table.remove(self.waiting, 1)
  if order.word ~= "end" then
    return order
  end
  return nil
end

local Helper = {}
Helper.__index = Helper

-- What the program does can be changed:
--   photos: name to what becomes of it: { kept, failed = sentence, is_hdr, reasons, ms, own, hdr }, the
--     last two the status of its sidecars instead of writing them
--   on_order: called with each order before it is obeyed; `dies()` ends the program there
--   on_predicted: called when it is said whether a photo was predicted
--   on_written: called between a sidecar and the word that it is written; `dies()` ends it there
--   play: does all the talking instead
function helper.new(world)
  return setmetatable({ world = world, photos = {}, store = {}, talks = {}, predict_ms = 100, write_ms = 40 }, Helper)
end

function helper.dies()
  error({ code = 1 })
end

-- Runs it; returns its exit code.
function Helper:main(words)
  assert(words[#words - 1] == "plugin", "it is called in another way")
  local orders = words[#words]
  local talk = setmetatable({
    world = self.world, orders = orders, seen = 0, waiting = {}, heard = {}, words = words,
  }, Talk)
  local first = talk:next()
  if not first or first.word ~= "sidelight" then
    return 1
  end
  talk.header = first.fields
  self.talks[#self.talks + 1] = talk
  assert(not files.exists(orders .. ".answers"), "the answers are there before")
  talk.file = assert(io.open(orders .. ".answers", "wb"))
  local ok, trouble = pcall(self.play or self._serve, self, talk)
  local code = 0
  if not ok then
    code = type(trouble) == "table" and trouble.code or 1
    if type(trouble) ~= "table" then
      talk:tell("fatal", { text = trouble })
    end
  end
  talk.is_over = true
  talk.file:close()
  return code
end

function Helper:_serve(talk)
  local action = self["_" .. talk.header.action]
  if talk.header.protocol ~= "1" or not action then
    error("this script is of another version of Sidelight", 0)
  end
  action(self, talk)
  talk:tell("bye")
end

function Helper:_auto(talk)
  for _, name in ipairs({ "headroom", "strength" }) do
    assert(talk.header[name]:match("^%d+%.%d+$"), "settings that make no sense")
  end
  assert(helper.ENGINES[talk.header.engine])
  talk:tell("hello", { protocol = 1, version = "0.1.0" })
  talk.predicted = {}
  for order in talk.next, talk do
    if self.on_order then
      self.on_order(order, talk)
    end
    if order.word == "photo" then
      self.world.clock:start(function()
        self:_predict(talk, order.fields)
      end)
    elseif order.word == "write" then
      self:_write(talk, order.fields)
    else
      error("the script orders something unknown: " .. order.word, 0)
    end
  end
end

local function is_theirs(sidecar)
  local edit = (files.read_sidecar(sidecar) or {}).edit
  return edit ~= nil and edit:sub(1, 9) ~= "sidelight"
end

function Helper:_plan(path)
  return self.photos[path] or self.photos[path:match("[^/]*$")] or {}
end

function Helper:_predict(talk, fields)
  local plan = self:_plan(fields.path)
  self.world.clock:sleep(plan.ms or self.predict_ms)
  if plan.failed then
    talk:tell("failed", { id = fields.id, text = plan.failed })
  elseif plan.kept or fields.sidecar ~= "" and fields.overwrite ~= "1" and is_theirs(fields.sidecar) then
    talk:tell("kept", { id = fields.id, text = helper.KEPT })
  else
    local is_hdr = plan.is_hdr == nil and tonumber(talk.header.headroom) > 0 or plan.is_hdr == true
    talk.predicted[fields.id] = plan
    talk:tell("predicted", { id = fields.id, hdr = is_hdr and 1 or 0, reasons = plan.reasons or "it was dark" })
  end
  if self.on_predicted then
    self.on_predicted(fields, talk)
  end
end

function Helper:_sidecar(path, order, edit, name, status)
  if status then
    return status, "because of " .. status
  end
  if order.overwrite ~= "1" and is_theirs(path) then
    return "kept", helper.KEPT
  end
  local old = files.read(path)
  local properties = files.properties(old or files.read(order.template) or "")
  properties.edit = edit
  properties.version_name = name or properties.version_name
  if not (files.write(path .. ".part", files.sidecar(properties)) and os.rename(path .. ".part", path)) then
    return "error", "the sidecar cannot be written"
  end
  local known = self.store[path]
  self.store[path] = { first = known and known.first or old or false, edit = edit }
  return "written", ""
end

function Helper:_write(talk, order)
  local plan = talk.predicted[order.id]
  if not plan then
    error("the script orders a sidecar before it was predicted", 0)
  end
  talk.predicted[order.id] = nil
  talk:sleep(self.write_ms)
  local name = order.sidecar ~= order.template and "Sidelight" or nil
  local status, text = self:_sidecar(order.sidecar, order, "sidelight sdr", name, plan.own)
  local hdr, hdr_text = "none", ""
  if order.hdr and status == "written" then
    hdr, hdr_text = self:_sidecar(order.hdr, order, "sidelight hdr", "HDR PQ", plan.hdr)
  end
  if self.on_written then
    self.on_written(order, talk)
  end
  talk:tell("written", { id = order.id, status = status, hdr = hdr, text = text ~= "" and text or hdr_text })
end

function Helper:_undo(talk)
  for order in talk.next, talk do
    if self.on_order then
      self.on_order(order, talk)
    end
    assert(order.word == "undo" and order.fields.sidecar, "the script orders something unknown")
    local status, is_edited, text = self:_undone(order.fields.sidecar)
    talk:tell("undone", { id = order.fields.id, status = status, edited = is_edited and 1 or 0, text = text or "" })
  end
end

function Helper:_undone(path)
  local known = self.store[path]
  local now = files.read_sidecar(path)
  if not known then
    return "skipped", false
  elseif not now or now.edit ~= known.edit then
    return "error", false, "it was changed since"
  end
  self.store[path] = nil
  if not known.first then
    os.remove(path)
    return "removed", false
  end
  local before = files.properties(known.first)
  now.edit, now.version_name = before.edit, before.version_name
  files.write(path, files.sidecar(now))
  return "restored", before.edit ~= nil
end

return helper
