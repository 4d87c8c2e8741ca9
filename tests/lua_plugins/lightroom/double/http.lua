--[[
LrHttp over real sockets, by curl, or by a function of the test. Only the task that asks waits.
]]

local strict = require "double/strict"

local http = {}

-- curl's exit codes in the SDK's words.
local CODES = {
  ["3"] = "badURL", ["6"] = "cannotFindHost", ["7"] = "cannotConnectToHost", ["28"] = "timedOut",
  ["52"] = "badServerResponse", ["56"] = "networkConnectionLost",
}

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n"):gsub("\r", "\\r") .. '"'
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- A time-out is one for each phase: connecting, and a silence.
local function config(request, base)
  local lines = {
    "url = " .. quoted(request.url), "request = " .. quoted(request.method), "silent", "noproxy = \"*\"",
    "output = " .. quoted(base .. ".body"), 'write-out = "%{http_code}"',
    string.format("connect-timeout = %g", request.timeout), string.format("speed-time = %d", math.ceil(request.timeout)),
    "speed-limit = 1", string.format("max-time = %g", request.timeout * 2), 'header = "Expect:"',
  }
  for name, value in pairs(request.headers) do
    lines[#lines + 1] = "header = " .. quoted(name .. ": " .. value)
  end
  if request.body then
    write(base .. ".sent", request.body)
    lines[#lines + 1] = "data-binary = " .. quoted("@" .. base .. ".sent")
  end
  return table.concat(lines, "\n") .. "\n"
end

-- `base` is a name of our own making, so that the shell sees nothing of anybody else's.
local function by_curl(world, request)
  world.requests = (world.requests or 0) + 1
  local base = string.format("%s/request-%d", world.folder, world.requests)
  write(base .. ".config", config(request, base))
  os.execute(string.format(
    "( curl -q --config '%s.config' > '%s.code' 2> /dev/null; echo $? > '%s.part'; mv '%s.part' '%s.exit' ) &",
    base, base, base, base, base))
  local exit = nil
  while not exit do
    world.scheduler:sleep(0.01)
    exit = read(base .. ".exit")
  end
  local answer = { status = tonumber(read(base .. ".code")), body = read(base .. ".body") or "" }
  local code = exit:match("%d+")
  if code ~= "0" then
    answer = { error = CODES[code] or "networkConnectionLost" }
  end
  for _, ending in ipairs({ "config", "code", "exit", "body", "sent" }) do
    os.remove(base .. "." .. ending)
  end
  return answer
end

local function headers_of(given, has_body)
  local headers = {}
  for index, header in ipairs(given or {}) do
    strict.kind("field of header " .. index, header.field, "string")
    headers[header.field] = strict.kind("value of header " .. index, header.value, "string")
  end
  for key in pairs(given or {}) do
    strict.kind("headers", key, "number")
  end
  if has_body and not headers["Content-Type"] then
    headers["Content-Type"] = "text/plain"
  end
  return headers
end

local function send(world, request)
  world.scheduler:demand_task("LrHttp")
  if world.scheduler.gate then
    error("no request inside a write gate", 3)
  elseif type(request.timeout) == "string" then
    return nil -- Lightroom does not ask at all then
  end
  request.timeout = request.timeout or 30
  local answer
  if world.answer then
    world.scheduler:sleep(0.01)
    answer = world.answer(request) or { error = "cannotConnectToHost" }
    if answer.seconds then
      world.scheduler:sleep(answer.seconds)
    end
  else
    answer = by_curl(world, request)
  end
  world:note("http", { url = request.url, status = answer.status, error = answer.error, headers = request.headers, body = request.body })
  if answer.error then
    return nil, { error = { errorCode = answer.error, name = answer.error } }
  end
  local body = answer.body or ""
  if body == "" and world.empty_is_nil then
    body = nil
  end
  return body, { status = answer.status or 200 }
end

-- Returns the module.
function http.module(world)
  return strict.object("LrHttp", {
    get = function(url, headers, timeout)
      strict.kind("url", url, "string")
      return send(world, { method = "GET", url = url, headers = headers_of(headers), timeout = timeout })
    end,
    post = function(url, body, headers, method, timeout)
      strict.kind("url", url, "string")
      strict.kind("postBody", body, "string")
      strict.kind("method", method, "string|nil")
      return send(world, { method = method or "POST", url = url, body = body, headers = headers_of(headers, true), timeout = timeout })
    end,
  })
end

return http
