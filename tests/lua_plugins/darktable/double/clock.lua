--[[
Coroutines on a clock of their own, as darktable runs scripts: one at a time, another one only
where one sleeps. Time passes when all sleep.
]]

local clock = {}

local Clock = {}
Clock.__index = Clock

clock.LONGEST_MS = 3600 * 1000

function clock.new()
  return setmetatable({ now_ms = 0, tasks = {}, count = 0, errors = {} }, Clock)
end

-- Lets a function run later; an error in it is noted, as darktable notes it in its log.
function Clock:start(run, delay_ms)
  self.count = self.count + 1
  local task = {
    thread = coroutine.create(run), wakes_ms = self.now_ms + (delay_ms or 0), number = self.count,
  }
  self.tasks[#self.tasks + 1] = task
  return task
end

-- Sleeps; to be called by what runs here.
function Clock:sleep(ms)
  coroutine.yield(self.now_ms + ms)
end

function Clock:_next()
  local found
  for index, task in ipairs(self.tasks) do
    local best = found and self.tasks[found]
    if not best or task.wakes_ms < best.wakes_ms
      or task.wakes_ms == best.wakes_ms and task.number < best.number then
      found = index
    end
  end
  return found
end

-- Lets everything run to its end. Raises an error where something never ends.
function Clock:run()
  local ends_ms = self.now_ms + clock.LONGEST_MS
  local index = self:_next()
  while index do
    local task = self.tasks[index]
    self.now_ms = math.max(self.now_ms, task.wakes_ms)
    if self.now_ms > ends_ms then
      error("still running after an hour\n" .. debug.traceback(task.thread))
    end
    local ok, wakes_ms = coroutine.resume(task.thread)
    if not ok then
      self.errors[#self.errors + 1] = debug.traceback(task.thread, tostring(wakes_ms))
    end
    if coroutine.status(task.thread) == "dead" then
      for place, other in ipairs(self.tasks) do
        if other == task then
          table.remove(self.tasks, place)
          break
        end
      end
    else
      self.count = self.count + 1
      task.wakes_ms, task.number = wakes_ms, self.count
    end
    index = self:_next()
  end
end

return clock
