--[[
What became of the photos of one action, and the sentence that says it.
]]

local dt = require "darktable"

local outcome = {}

local Outcome = {}
Outcome.__index = Outcome

local function _(text)
  return dt.gettext.gettext(text)
end

-- counted: the words of each kind in the order they are said, e.g. { done = _("%d edited") }
function outcome.new(title, order, words)
  local self = { title = title, order = order, words = words, counts = {}, reasons = {}, changed = {} }
  return setmetatable(self, Outcome)
end

function Outcome:add(kind, name, reason)
  self.counts[kind] = (self.counts[kind] or 0) + 1
  if reason and reason ~= "" and kind == "failed" then
    self.reasons[#self.reasons + 1] = name .. ": " .. reason
  end
end

-- Notes an image whose edit is another one now.
function Outcome:has_changed(image)
  self.changed[#self.changed + 1] = image
end

function Outcome:count(kind)
  return self.counts[kind] or 0
end

-- Ends the action early, with the reason.
function Outcome:stop(sentence)
  self.stopped = sentence
end

-- Returns one line for darktable's message area, and all failures one by one.
function Outcome:text()
  local parts = {}
  for _index, kind in ipairs(self.order) do
    local count = self:count(kind)
    if count > 0 then
      parts[#parts + 1] = string.format(self.words[kind], count)
    end
  end
  local said = {}
  if #parts > 0 then
    said[1] = table.concat(parts, ", ")
  end
  if self.reasons[1] then
    said[#said + 1] = self.reasons[1]
    if #self.reasons > 1 then
      said[#said] = said[#said] .. " …"
    end
  end
  if self.stopped then
    said[#said + 1] = self.stopped
  end
  if #said == 0 then
    said[1] = _("nothing to do")
  end
  return self.title .. ": " .. table.concat(said, ". "), self.reasons
end

return outcome
