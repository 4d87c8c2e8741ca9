--[[
Objects that refuse what darktable's own refuse: unknown fields, fields that are read only, and
values of another kind. The sentences are those of darktable 4.2.1.
]]

local strict = {}

-- Returns a value as darktable takes it, or nil and why not.
function strict.taken(kind, value)
  local given = type(value)
  if kind == "string" then
    if given == "string" or given == "number" then
      return tostring(value)
    end
  elseif kind == "integer" then
    if given == "number" then
      local whole = math.tointeger(value)
      return whole, not whole and "number has no integer representation" or nil
    end
    kind = "number"
  elseif given == kind then
    return value
  end
  return nil, string.format("%s expected, got %s", kind, given == "nil" and "no value" or given)
end

-- Raises an error unless a function's arguments are of these kinds.
function strict.check(kinds, ...)
  for index, kind in ipairs(kinds) do
    local taken, trouble = strict.taken(kind, (select(index, ...)))
    if taken == nil then
      error(string.format("bad argument #%d to '?' (%s)", index, trouble), 3)
    end
  end
end

-- Returns an object.
--   name: darktable's name of the type
--   fields: name to { get, set, kind }; without `set` it cannot be written
--   methods: name to function
--   more: further metamethods, such as __eq
function strict.object(name, fields, methods, more)
  local meta = { __metatable = name }
  for key, method in pairs(more or {}) do
    meta[key] = method
  end
  function meta.__index(self, key)
    if methods and methods[key] then
      return methods[key]
    end
    local field = fields[key]
    if not field then
      error(string.format('field "%s" not found for type %s\n', tostring(key), name), 2)
    end
    return field.get(self)
  end
  function meta.__newindex(self, key, value)
    local field = fields[key]
    if not field or not field.set then
      error(string.format("field \"%s\" can't be written for type %s\n", tostring(key), name), 2)
    end
    local taken, trouble = strict.taken(field.kind, value)
    if trouble then
      if field.on_refusal then
        field.on_refusal(trouble)
      end
      error(string.format("bad argument #3 to '?' (%s)", trouble), 2)
    end
    field.set(taken, self)
  end
  return setmetatable({}, meta)
end

-- Returns a field that is only read.
function strict.constant(value)
  return { get = function()
    return value
  end }
end

return strict
