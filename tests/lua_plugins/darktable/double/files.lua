--[[
Files and folders, and sidecars as the double writes them: a line `key=value` for each property.
]]

local lfs = require "lfs"

local files = {}

function files.read(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text
end

-- Returns whether it could be written.
function files.write(path, text)
  local file = io.open(path, "wb")
  if not file then
    return false
  end
  file:write(text)
  return file:close() == true
end

function files.exists(path)
  return lfs.symlinkattributes(path, "mode") ~= nil
end

-- Returns the names in a folder, sorted.
function files.names(folder)
  local names = {}
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

function files.remove_all(path)
  if lfs.symlinkattributes(path, "mode") == "directory" then
    for _, name in ipairs(files.names(path)) do
      files.remove_all(path .. "/" .. name)
    end
  end
  assert(os.remove(path))
end

-- Returns the paths of all files of a name below a folder.
function files.find(folder, wanted)
  local found = {}
  for _, name in ipairs(files.names(folder)) do
    local path = folder .. "/" .. name
    if name == wanted then
      found[#found + 1] = path
    end
    if lfs.symlinkattributes(path, "mode") == "directory" then
      table.move(files.find(path, wanted), 1, 100, #found + 1, found)
    end
  end
  return found
end

function files.make_folder(path)
  assert(lfs.mkdir(path))
  return path
end

-- Returns a new folder below the system's for temporary files.
function files.temporary()
  local name = os.tmpname()
  os.remove(name)
  return files.make_folder(name)
end

-- Returns the properties of a sidecar's text.
function files.properties(text)
  local found = {}
  for key, value in text:gmatch("([a-z_]+)=([^\n]*)\n") do
    found[key] = value
  end
  return found
end

-- Returns the text of a sidecar. What is empty is left out.
function files.sidecar(properties)
  local lines = {}
  for key, value in pairs(properties) do
    if value ~= "" then
      lines[#lines + 1] = key .. "=" .. value .. "\n"
    end
  end
  table.sort(lines)
  return table.concat(lines)
end

-- Returns the properties of a sidecar, nil where there is none.
function files.read_sidecar(path)
  local text = files.read(path)
  return text and files.properties(text)
end

return files
