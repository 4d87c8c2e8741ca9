--[[
What became of the photos of an action, in a few sentences.
]]

local Summary = {}
Summary.__index = Summary

local SHOWN = 5
local ORDER = { "done", "unchanged", "video", "nothing", "failed" }

Summary.WORDS = {
  done = "%d edited", unchanged = "%d were like that already", video = "%d videos skipped",
  nothing = "%d without an edit of Sidelight", failed = "%d failed",
}

-- words: other words for a kind, e.g. { done = "%d restored" }
function Summary.new(words)
  words = setmetatable(words or {}, { __index = Summary.WORDS })
  return setmetatable({ words = words, counts = {}, lines = {}, copies = 0, stacked = 0 }, Summary)
end

function Summary:count(kind)
  return self.counts[kind] or 0
end

-- Counts a photo; a reason is shown with its name.
function Summary:add(kind, entry, reason)
  self.counts[kind] = self:count(kind) + 1
  if reason then
    self.lines[#self.lines + 1] = entry.name .. ": " .. reason
  end
  if kind == "done" then
    self.copies = self.copies + (entry.is_copy and 1 or 0)
    self.stacked = self.stacked + (entry.is_stacked and 1 or 0)
  end
end

-- Ends the action early, with the reason.
function Summary:stop(sentence)
  self.stopped = sentence
end

-- Adds the summary of a second part.
function Summary:also(title, other)
  self.part = { title = title, summary = other }
end

-- Whether there is nothing that one has to read.
function Summary:is_plain()
  local _, more = self:text()
  return more == "" and self:count("video") == 0 and (not self.part or self.part.summary:is_plain())
end

-- Returns one line, and all that is to be said besides.
function Summary:text()
  local parts = {}
  for _, kind in ipairs(ORDER) do
    if self:count(kind) > 0 then
      parts[#parts + 1] = string.format(self.words[kind], self:count(kind))
    end
  end
  local more = {}
  if self.copies > 0 then
    more[#more + 1] = string.format("%d of them are virtual copies", self.copies)
  end
  if self.stacked > 0 then
    more[#more + 1] = string.format("%d of them are in stacks", self.stacked)
  end
  for index = 1, math.min(SHOWN, #self.lines) do
    more[#more + 1] = self.lines[index]
  end
  if #self.lines > SHOWN then
    more[#more + 1] = string.format("… and %d more", #self.lines - SHOWN)
  end
  if self.stopped then
    more[#more + 1] = self.stopped
  end
  local line = #parts > 0 and table.concat(parts, ", ") or "nothing was changed"
  if self.part then
    local part_line, part_more = self.part.summary:text()
    line = line .. "; " .. self.part.title .. ": " .. part_line
    more[#more + 1] = part_more ~= "" and self.part.title .. ":\n" .. part_more or nil
  end
  return line, table.concat(more, "\n")
end

return Summary
