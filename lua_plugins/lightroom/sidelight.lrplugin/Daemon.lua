--[[
The running Sidelight, which answers on 127.0.0.1. Nothing secret is sent before it has proved
that it knows the token: another program may have taken the port of one that was killed.
]]

local LrHttp = import "LrHttp"
local LrTasks = import "LrTasks"
local LrUUID = import "LrUUID"
local Endpoint = require "Endpoint"
local Json = require "Json"
local Sha256 = require "Sha256"

local Daemon = {}
Daemon.__index = Daemon

Daemon.API = 1
Daemon.HELLO_S = 5
Daemon.ANSWER_S = 90
Daemon.RESTART_S = 8

Daemon.WORDS = {
  absent = "the plug-in was not installed by `sidelight setup lightroom`; run that, then restart Lightroom",
  down = "Sidelight is not running. Start it with: sidelight serve",
  silent = "Sidelight does not answer",
  stranger = "another program answers in Sidelight's place, or endpoint.json holds a wrong token; "
    .. "nothing was sent to it. Restart Sidelight",
  version = "the running Sidelight is of another version than this plug-in; run: sidelight setup lightroom",
}

local count = 0

-- Text that nobody foresees, else somebody could have asked Sidelight for the proof beforehand.
local function nonce()
  count = count + 1
  local seed = { os.time(), count, math.random(), tostring({}), LrUUID.generateUUID() }
  return Sha256.hex(Sha256.digest(table.concat(seed, " ")))
end

-- Lightroom may leave out a body that is empty.
local function answered(body, headers)
  if type(headers) ~= "table" or headers.error or type(headers.status) ~= "number" then
    return nil
  end
  return body or ""
end

local function speaks_our_version(hello)
  for _, version in ipairs(Json.is_array(hello.api) and hello.api or {}) do
    if version == Daemon.API then
      return true
    end
  end
  return false
end

-- Returns what is wrong with whoever answers at an endpoint, or nil and its version.
local function check(endpoint)
  local challenge = nonce()
  local body, headers = LrHttp.get(endpoint.url .. "/v1/hello?nonce=" .. challenge, {}, Daemon.HELLO_S)
  if not answered(body, headers) then
    local trouble = type(headers) == "table" and headers.error or {}
    return trouble.errorCode == "timedOut" and "silent" or "down"
  end
  local hello = headers.status == 200 and Json.decode(body)
  if type(hello) ~= "table" or hello.proof ~= Sha256.hex(Sha256.hmac(endpoint.token, challenge)) then
    return "stranger"
  end
  return not speaks_our_version(hello) and "version" or nil, hello.version
end

-- Returns the running Sidelight once it has proved itself; nil and a key of `WORDS` otherwise.
function Daemon.find()
  local endpoint, reason = Endpoint.read()
  if not endpoint then
    return nil, reason
  end
  local trouble, version = check(endpoint)
  if trouble then
    return nil, trouble
  end
  return setmetatable({ endpoint = endpoint, version = version, granted = {} }, Daemon)
end

-- Looks for it for some seconds, until `ends()` says that nobody waits any more.
function Daemon.wait(seconds, ends)
  local daemon, reason = Daemon.find()
  local waited = 0
  while not daemon and waited < seconds and not (ends and ends()) do
    LrTasks.sleep(0.25)
    waited = waited + 0.25
    daemon, reason = Daemon.find()
  end
  return daemon, reason
end

local function sentence(status, body)
  local problem = Json.decode(body)
  local detail = type(problem) == "table" and problem.detail
  if type(detail) == "string" and detail ~= "" then
    return detail
  end
  return string.format("Sidelight answered with an error (%s)", tostring(status))
end

function Daemon:_send(path, body, kind)
  local headers = {
    { field = "Authorization", value = "Bearer " .. self.endpoint.token },
    { field = "Content-Type", value = kind },
  }
  return LrHttp.post(self.endpoint.url .. path, body, headers, "POST", Daemon.ANSWER_S)
end

-- Takes the place of one that ended or changed its token; nothing is granted there yet. Once it has
-- been waited for in vain, the photos that are left only look.
function Daemon:_again(ends)
  local fresh, reason = Daemon.wait(self.is_lost and 0 or Daemon.RESTART_S, ends)
  self.is_lost = not fresh
  if not fresh then
    return Daemon.WORDS[reason]
  end
  self.endpoint, self.granted = fresh.endpoint, {}
  return nil
end

-- Posts a body and returns the answer's value (true for none), or nil and a sentence; `ends()` says
-- that nobody waits any more. A second result of `true` beside the sentence: it was another
-- Sidelight's turn, so what was said to the first is to be said again.
function Daemon:_post(path, body, kind, ends)
  local received, headers = self:_send(path, body, kind)
  local answer = answered(received, headers)
  local status = answer and headers.status
  if not answer or status == 401 then
    local code = not answer and type(headers) == "table" and headers.error and headers.error.errorCode
    if code == "timedOut" then
      return nil, Daemon.WORDS.silent
    end
    local trouble = self:_again(ends)
    return nil, trouble or Daemon.WORDS.down, not trouble
  end
  if status == 204 then
    return true
  elseif type(status) ~= "number" or status < 200 or status > 299 then
    return nil, sentence(status, answer)
  end
  local value, trouble = Json.decode(answer)
  if type(value) ~= "table" then
    return nil, "Sidelight's answer cannot be read: " .. tostring(trouble or "no object")
  end
  return value
end

function Daemon:_grant(folder, ends)
  if self.granted[folder] then
    return true
  end
  local body = Json.encode({ folders = Json.array({ folder }) })
  local done, trouble, again = self:_post("/v1/access", body, "application/json", ends)
  self.granted[folder] = done
  return done, trouble, again
end

local function edit_of(answer)
  local edit = type(answer.editors) == "table" and answer.editors.lightroom
  if type(edit) ~= "table" then
    return nil, "Sidelight's answer cannot be read: no edit for Lightroom"
  elseif type(edit.error) == "string" then
    return nil, edit.error
  elseif type(edit.terms) ~= "table" or Json.is_array(edit.terms) then
    return nil, "Sidelight's answer cannot be read: no settings"
  end
  return edit
end

-- Predicts the edit of a photo, which is a file in a folder, or a JPEG of it in the source.
--   source: `path` and `folder`, or `jpeg`
--   settings: any of `engine`, `headroom`, `strength`
-- Returns the edit with its `terms`, or nil and a sentence.
function Daemon:predict(source, settings, ends)
  local answer, trouble, again
  for _ = 1, 2 do
    answer, trouble, again = self:_predict(source, settings, ends)
    if answer or not again then
      break
    end
  end
  if not answer then
    return nil, trouble
  end
  return edit_of(answer)
end

function Daemon:_predict(source, settings, ends)
  if source.jpeg then
    local query = "/v1/predict?editors=lightroom"
    for _, name in ipairs({ "engine", "headroom", "strength" }) do
      local value = settings[name]
      value = type(value) == "number" and Json.encode(value) or value
      query = query .. (value and "&" .. name .. "=" .. value or "")
    end
    return self:_post(query, source.jpeg, "image/jpeg", ends)
  end
  local granted, trouble, again = self:_grant(source.folder, ends)
  if not granted then
    return nil, trouble, again
  end
  local body = { photo = source.path, editors = Json.array({ "lightroom" }) }
  for name, value in pairs(settings) do
    body[name] = value
  end
  return self:_post("/v1/predict", Json.encode(body), "application/json", ends)
end

return Daemon
