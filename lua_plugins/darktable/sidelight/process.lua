--[[
How the helper program is called. Its command line holds the words that `sidelight setup` wrote
and the path of one file with an ASCII name of our own; never the name of a photo.
]]

local process = {}

local function quote_posix(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- cmd.exe replaces %NAME% even between quotes, so such a path cannot be passed on.
local function quote_windows(word)
  if word:find('["%%\r\n]') then
    return nil
  end
  return '"' .. word .. '"'
end

-- Returns one string for the system's shell, or nil when a word cannot be said there.
function process.command_line(words, windows)
  local quoted = {}
  for index, word in ipairs(words) do
    if word:find("\0", 1, true) then
      return nil
    end
    quoted[index] = windows and quote_windows(word) or not windows and quote_posix(word) or nil
    if not quoted[index] then
      return nil
    end
  end
  local line = table.concat(quoted, " ")
  return windows and '"' .. line .. '"' or line
end

-- Returns the exit code in what darktable's execute returns: POSIX systems give a wait status.
function process.exit_code(status, windows)
  if windows or status < 256 then
    return status
  end
  return status // 256
end

return process
