--[[
One talk with the helper program: two files that only grow, orders one way and answers the other.

The helper runs in a coroutine of its own, so darktable stays alive; whoever talks looks into the
answers between short sleeps.
]]

local dt = require "darktable"
local message = require "sidelight/message"
local process = require "sidelight/process"

local conversation = {}
conversation.PROTOCOL = 1
conversation.LOOK_MS = 50

local Conversation = {}
Conversation.__index = Conversation

local count = 0

local function unique_name()
  count = count + 1
  return string.format("%d-%d-%06d", os.time(), count, math.random(0, 999999))
end

-- Starts the helper; returns nil and a sentence when it cannot be.
--   installation: what `sidelight setup` wrote, with `command`, `version` and `jobs`
--   action, settings: what is asked for
function conversation.start(installation, action, settings)
  local self = setmetatable({ read = 0, pending = "", queue = {} }, Conversation)
  self.orders = installation.jobs .. "/" .. unique_name() .. ".orders"
  self.answers = self.orders .. ".answers"
  local words = { table.unpack(installation.command) }
  words[#words + 1] = "plugin"
  words[#words + 1] = self.orders
  local windows = dt.configuration.running_os == "windows"
  local command = process.command_line(words, windows)
  if not command then
    return nil, "the folder of darktable's configuration has a name that Windows cannot pass on"
  end
  local fields = { protocol = conversation.PROTOCOL, version = installation.version, action = action }
  for name, value in pairs(settings or {}) do
    fields[name] = value
  end
  local trouble = self:_append("wb", "sidelight", fields)
  if trouble then
    os.remove(self.orders)
    return nil, trouble
  end
  dt.control.dispatch(function()
    self.code = process.exit_code(dt.control.execute(command), windows)
  end)
  return self
end

-- Gives an order.
function Conversation:send(word, fields)
  return self:_append("ab", word, fields)
end

-- Returns the next answer, word and fields; waits while the helper runs and `waiting()` holds.
-- Nil when there is none any more, or none now.
function Conversation:receive(waiting)
  while true do
    self:_look()
    local answer = table.remove(self.queue, 1)
    if answer then
      return answer.word, answer.fields
    end
    if self.code and not self.last_look then
      self.last_look = true -- it may have said something before it ended
    elseif self.code or dt.control.ending or (waiting and not waiting()) then
      return nil
    else
      dt.control.sleep(conversation.LOOK_MS)
    end
  end
end

-- Ends the talk and removes its files; a helper that still works on something is left to end.
function Conversation:close()
  self:send("end")
  self:receive_rest()
  os.remove(self.orders)
  os.remove(self.answers)
end

function Conversation:receive_rest()
  local patience = 100
  while not self.code and patience > 0 and not dt.control.ending do
    dt.control.sleep(conversation.LOOK_MS)
    patience = patience - 1
  end
end

-- Binary, because Windows would end lines otherwise than the helper reads them.
function Conversation:_append(mode, word, fields)
  local file, trouble = io.open(self.orders, mode)
  local written, closed = file, file
  if file then
    written, trouble = file:write(message.encode(word, fields))
    local reason
    closed, reason = file:close() -- a full disk may show only here
    trouble = trouble or reason
  end
  if not (written and closed) then
    return "the folder of the script cannot be written: " .. tostring(trouble)
  end
  return nil
end

function Conversation:_look()
  local file = io.open(self.answers, "rb")
  if not file then
    return
  end
  file:seek("set", self.read)
  local text = file:read("a") or ""
  file:close()
  self.read = self.read + #text
  self.pending = self.pending .. text
  for line in self.pending:gmatch("([^\n]*)\n") do
    local word, fields = message.decode(line)
    if word then
      self.queue[#self.queue + 1] = { word = word, fields = fields }
    end
  end
  self.pending = self.pending:match("[^\n]*$")
end

return conversation
