-- Objects that refuse what they do not have.

local strict = {}

-- Returns an object of these members; reading another or writing any is an error.
function strict.object(name, members)
  return setmetatable({}, {
    __metatable = name,
    __index = function(_, key)
      local member = members[key]
      if member == nil then
        error(string.format("%s has no %s", name, tostring(key)), 2)
      end
      return member
    end,
    __newindex = function(_, key)
      error(string.format("%s.%s cannot be set", name, tostring(key)), 2)
    end,
  })
end

-- Raises an error unless a value is of one of the kinds, e.g. "string|nil".
function strict.kind(what, value, kinds)
  for kind in kinds:gmatch("[^|]+") do
    if type(value) == kind then
      return value
    end
  end
  error(string.format("%s: %s expected, got %s", what, kinds, type(value)), 3)
end

-- Returns a copy of a value with all that is in it.
function strict.copy(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, item in pairs(value) do
    copy[key] = strict.copy(item)
  end
  return copy
end

return strict
