--[[
Runs a scenario of a test in the double with real sockets, and prints what happened as JSON.
Arguments: the plug-in's folder, the scenario's file, which gets the world.
]]

local dkjson = require "dkjson"
local world = require "double/world"

local w = world.new({ plugin = arg[1] })
local done, trouble = pcall(assert(loadfile(arg[2])), w)
w:stop()
if not done then
  io.stderr:write(tostring(trouble), "\n")
  os.exit(1)
end
local photos, steps = {}, {}
for index, state in ipairs(w.catalog.photos) do
  photos[index] = {
    path = state.metadata.path, copy = state.metadata.copyName, develop = state.develop, snapshots = state.snapshots,
    history = state.history,
  }
end
for index, step in ipairs(w.catalog.undo_steps) do
  steps[index] = step.name
end
io.write(dkjson.encode({ events = w.events, photos = photos, steps = steps }), "\n")
