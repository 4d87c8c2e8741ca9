--[[
Changes to Lightroom's catalog: one gate, one undo step, with a time-out.
]]

local LrApplication = import "LrApplication"
local LrTasks = import "LrTasks"

local Gate = {}

Gate.TIMEOUT_S = 15
Gate.BUSY = "Lightroom's catalog is busy; try again"
Gate.CANCELED = "canceled; nothing was changed"

-- Runs a function as one undo step. Returns true, or nil and a sentence: then nothing was changed.
-- Nothing is looked up inside, and nothing waits there.
function Gate.run(undo_name, change)
  local catalog = LrApplication.activeCatalog()
  local limits = { timeout = Gate.TIMEOUT_S }
  local done, result = LrTasks.pcall(function()
    return catalog:withWriteAccessDo(undo_name, change, limits)
  end)
  if not done then
    return nil, tostring(result)
  elseif result ~= "executed" then
    return nil, Gate.BUSY
  end
  return true
end

-- Does something to each entry as one undo step. An entry that cannot be changed, such as a photo
-- deleted meanwhile, gets `trouble` and does not stop the others.
--   is_canceled: asked before each; all that was done is rolled back then
-- Returns as `Gate.run` does.
function Gate.each(undo_name, entries, is_canceled, change)
  local troubles = {}
  local done, trouble = Gate.run(undo_name, function()
    for index, entry in ipairs(entries) do
      if is_canceled() then
        error(Gate.CANCELED, 0)
      end
      local changed, reason = LrTasks.pcall(change, entry)
      troubles[index] = not changed and tostring(reason) or nil
    end
  end)
  for index, entry in ipairs(entries) do
    entry.trouble = done and troubles[index] or nil
  end
  return done, trouble
end

return Gate
