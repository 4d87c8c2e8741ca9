--[[
The edits of many photos, asked for a few at a time by tasks of their own, so that whoever waits
can be told to stop while a photo is being worked on.
]]

local LrTasks = import "LrTasks"

local Predictions = {}

Predictions.AT_ONCE = 2
Predictions.LOOK_S = 0.1

-- Asks for the edit of each entry and returns when all are there, or nobody waits any more.
--   ask: gets an entry; returns its edit, or nil and a sentence
--   is_canceled: asked ten times a second
--   tell: gets the number of entries that are finished
-- Entries get `edit` or `trouble`; of those that were not asked for, neither. Returns false if canceled.
function Predictions.run(entries, ask, is_canceled, tell)
  local state = { next = 1, finished = 0, over = false }
  local function work()
    while not state.over and state.next <= #entries do
      local entry = entries[state.next]
      state.next = state.next + 1
      local done, edit, trouble = LrTasks.pcall(ask, entry)
      if not state.over then
        entry.edit = done and edit or nil
        entry.trouble = not entry.edit and tostring(done and trouble or edit) or nil
        state.finished = state.finished + 1
      end
    end
  end
  for _ = 1, math.min(Predictions.AT_ONCE, #entries) do
    LrTasks.startAsyncTask(work, "Sidelight: predict")
  end
  while state.finished < #entries and not is_canceled() do
    tell(state.finished)
    LrTasks.sleep(Predictions.LOOK_S)
  end
  state.over = true
  return state.finished == #entries
end

return Predictions
