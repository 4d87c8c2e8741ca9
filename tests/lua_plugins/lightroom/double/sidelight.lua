--[[
A Sidelight that answers in the double's own time, for specs; the acceptance test has the real one.
]]

local dkjson = require "dkjson"
local world = require "double/world"

local sidelight = {}

sidelight.TOKEN = "secret-token"
sidelight.URL = "http://127.0.0.1:47311"

-- Returns a world with a Sidelight in it, whose fields tests may change:
--   is_down, key (of its proof), api, predict (gets a request's values; returns an answer), seconds
function sidelight.world(options)
  local self = { key = sidelight.TOKEN, api = { 1 }, seconds = 0.2, requests = {} }
  local w
  local function hello(request)
    local nonce = request.url:match("nonce=(%w+)$")
    local Sha256 = w:load("Sha256")
    local proof = Sha256.hex(Sha256.hmac(self.key, nonce))
    return { status = 200, body = dkjson.encode({ api = self.api, version = "0.1.0", proof = proof }) }
  end
  local function predict(request)
    local values = request.headers["Content-Type"] == "application/json" and dkjson.decode(request.body) or {}
    self.requests[#self.requests + 1] = { values = values, request = request }
    local answer = self.predict and self.predict(values, request)
    if not answer or answer.terms then
      local terms = answer and answer.terms or sidelight.terms()
      answer = { status = 200, body = dkjson.encode({ editors = { lightroom = { terms = terms } } }) }
    end
    answer.seconds = answer.seconds or self.seconds
    return answer
  end
  local function answer(request)
    if self.is_down then
      return { error = "cannotConnectToHost" }
    elseif request.url:find("/v1/hello", 1, true) then
      return hello(request)
    elseif request.headers.Authorization ~= "Bearer " .. sidelight.TOKEN then
      return { status = 401, body = '{"detail":"the token is wrong"}' }
    elseif request.url:find("/v1/access", 1, true) then
      return self.access and self.access(request) or { status = 204, body = "" }
    end
    return predict(request)
  end
  options = options or {}
  options.answer = answer
  if options.installation == nil then
    options.installation = { version = "0.1.0", endpoint = "/state/endpoint.json", log = "/state/log", start = false }
  end
  w = world.new(options)
  w.files["/state/endpoint.json"] = dkjson.encode({ url = sidelight.URL, token = sidelight.TOKEN })
  w.sidelight = self
  return w
end

-- Returns settings as Sidelight answers them for a raw photo.
function sidelight.terms()
  return {
    ProcessVersion = "15.4", WhiteBalance = "Custom", Temperature = 5000, Tint = 8, Exposure2012 = 0.5, Contrast2012 = 0,
    Highlights2012 = -20, Shadows2012 = 0, Whites2012 = 0, Blacks2012 = 0, Vibrance = 0, Saturation = 0,
    ToneCurvePV2012 = { 0, 0, 255, 255 }, ToneCurveName2012 = "Linear", HDREditMode = 1, HDRMaxValue = 2.3,
    SDRBrightness = 0, SDRContrast = 0, SDRClarity = 0, SDRHighlights = 0, SDRShadows = 0, SDRWhites = 0, SDRBlend = 0,
  }
end

-- Adds readable photos and selects them; returns their states.
function sidelight.photos(w, count)
  local states = {}
  for index = 1, count do
    local path = string.format("/photos/%03d.cr3", index)
    w.files[path] = "raw"
    states[index] = w.catalog:add({ path = path })
  end
  w.catalog:select(states)
  return states
end

-- Returns what an action said last, in one line or more.
function sidelight.said(w)
  local last = nil
  for _, event in ipairs(w.events) do
    if event.kind == "message" or event.kind == "bezel" then
      last = event
    end
  end
  return last and last.text .. (type(last.more) == "string" and "\n" .. last.more or "")
end

return sidelight
