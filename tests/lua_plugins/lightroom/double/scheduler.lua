--[[
Lightroom's tasks: coroutines on one thread. Whoever waits lets the others run; who waits where
nobody may is refused. Time is that of the clock on the wall, or jumps to where something happens.
]]

local system = require "system"

local scheduler = {}

local Scheduler = {}
Scheduler.__index = Scheduler

-- is_virtual: time jumps
function scheduler.new(is_virtual)
  return setmetatable({ tasks = {}, is_virtual = is_virtual, time = 0, errors = {} }, Scheduler)
end

function Scheduler:now()
  return self.is_virtual and self.time or system.monotime()
end

-- Starts a task after some seconds; its error is kept, or goes to `on_error`.
function Scheduler:start(func, delay_s, on_error)
  local task = { thread = coroutine.create(func), wakes = self:now() + (delay_s or 0), on_error = on_error }
  self.tasks[#self.tasks + 1] = task
  return task
end

function Scheduler:is_task()
  return self.current ~= nil and coroutine.running() ~= nil
end

-- Refuses what Lightroom refuses outside of tasks.
function Scheduler:demand_task(what)
  if not self:is_task() then
    error(what .. " can be called from within a task only", 3)
  end
end

-- Lets others run for some seconds.
function Scheduler:sleep(seconds)
  self:demand_task("LrTasks.sleep")
  if self.gate then
    error("nothing may wait inside a write gate", 2)
  end
  coroutine.yield(self:now() + seconds)
end

-- Like pcall; the function may wait, which it may not below Lua 5.1's own.
function Scheduler.pcall(func, ...)
  local thread = coroutine.create(func)
  local results = { coroutine.resume(thread, ...) }
  while coroutine.status(thread) == "suspended" do
    coroutine.yield(results[2])
    results = { coroutine.resume(thread) }
  end
  return unpack(results, 1, 8)
end

function Scheduler:_resume(task)
  self.current = task
  local started = os.clock()
  local done, wakes = coroutine.resume(task.thread)
  self.longest_s = math.max(self.longest_s or 0, os.clock() - started)
  self.current = nil
  if not done then
    local trace = debug.traceback(task.thread, tostring(wakes))
    if task.on_error then
      task.on_error(wakes)
    else
      self.errors[#self.errors + 1] = trace
    end
  end
  if coroutine.status(task.thread) == "dead" then
    task.over = true
    for index, other in ipairs(self.tasks) do
      if other == task then
        table.remove(self.tasks, index)
        break
      end
    end
  else
    task.wakes = wakes or self:now()
  end
end

function Scheduler:_next()
  local first
  for _, task in ipairs(self.tasks) do
    if not first or task.wakes < first.wakes then
      first = task
    end
  end
  return first
end

-- Runs until no task is left.
function Scheduler:run(limit_s)
  local ends = self:now() + (limit_s or 120)
  while #self.tasks > 0 do
    local task = self:_next()
    local now = self:now()
    if now > ends then
      error("the tasks did not come to an end", 2)
    elseif task.wakes <= now then
      self:_resume(task)
      if not task.over and task.wakes <= now then
        task.wakes = now + 1e-6 -- the others first
      end
    elseif self.is_virtual then
      self.time = task.wakes
    else
      system.sleep(math.min(task.wakes - now, 0.02))
    end
  end
  if self.errors[1] then
    error(table.concat(self.errors, "\n"), 0)
  end
end

return scheduler
