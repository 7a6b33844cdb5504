-- SPDX-License-Identifier: BSD-2-Clause
-- The calls that write to an aggregate, one function each, compiled for its number of labels: what
-- a callback does for each packet finds its row and changes numbers in memory, nothing else.
local errors = require "mos.errors"
local faults = require "mos.faults"
local keyed = require "mos.keyed"
local output = require "mos.output"

local writers = {}

local kinds_of_key = { string = true, number = true, boolean = true }

local function check_key(call, place, label, part)
  if not kinds_of_key[type(part)] or part ~= part then
    errors.argument(call, place, label, part, "a string, a number or a boolean")
  end
end

--- A value was refused: counted, and said once for each aggregate.
function writers.refuse(record, why)
  faults.bump "aggregate_keys_refused"
  if record.has_refused then return end
  record.has_refused = true
  output.diagnose(("mos: %s %s: %s (said once)"):format(record.kind.name, record.name, why))
end

local function no_room(record)
  writers.refuse(record, ("there are %d keys, values of others are not taken in; keys = ... "
    .. "allows more"):format(record.own.limit))
end

-- What the compiled function does not do: says what is wrong, or makes the row of a new key.
local function slow_path(record, call, verb)
  local store, labels = record.own, record.labels
  local before = verb.value and 1 or 0
  return function(self, more, value, ...)
    if self ~= record.object then
      errors.argument(call, 0, "self", self,
        ("the %s that it belongs to (call it with a colon)"):format(record.kind.name), "EBADF")
    end
    if verb.value and not verb.is_valid(value) then
      errors.argument(call, 1, verb.value, value, verb.allowed)
    end
    if verb.check then verb.check(record, call) end
    local key = { ... }
    for i, label in ipairs(labels) do check_key(call, before + i, label, key[i]) end
    if more ~= nil then
      errors.argument(call, before + #labels + 1, "key", more,
        #labels == 0 and "left out: this one has no labels"
        or "left out: the labels are " .. table.concat(labels, ", "))
    end
    local row = keyed.find(store, key)
    if row then return row end
    if store.count >= store.limit then
      local full = record.kind.full or no_room
      if not full(record) then return nil end
    end
    return keyed.add(store, key)
  end
end

-- Lua text that leaves the row of k1 ... kn in `row`.
local function find_code(count)
  if count == 0 then return "local row = 0" end
  local text = { "local row, t0 = nil, store.root" }
  for i = 1, count - 1 do
    text[#text + 1] = ("local t%d = t%d[k%d] if t%d then"):format(i, i - 1, i, i)
  end
  text[#text + 1] = ("row = t%d[k%d]"):format(count - 1, count)
  text[#text + 1] = ("end "):rep(count - 1)
  return table.concat(text, " ")
end

local template = [[
local store, object, slow, record, ENV = ...
return function(self, PARAMETERS)
  FIND
  if self ~= object or more ~= nil or row == nil or not (VALID) then
    row = slow(self, more, ARGUMENTS)
    if not row then return end
  end
  BODY
end
]]

--- The function of a verb: {value = name of its first argument or nil, valid = Lua text, is_valid =
--- the same as a function, allowed = what it may be, body = Lua text that changes `row`, env = what
--- that text uses, check = function(record, call) that raises when the verb does not fit}.
function writers.make(record, name, verb)
  local keys = {}
  for i = 1, #record.labels do keys[i] = "k" .. i end
  local arguments = { verb.value and "n" or "nil", unpack(keys) }
  local parameters = { unpack(arguments, verb.value and 1 or 2) }
  parameters[#parameters + 1] = "more"
  local names, values = {}, {}
  for key, value in pairs(verb.env or {}) do
    names[#names + 1], values[#values + 1] = key, value
  end
  local parts = {
    ENV = #names > 0 and table.concat(names, ", ") or "_", FIND = find_code(#keys),
    PARAMETERS = table.concat(parameters, ", "), ARGUMENTS = table.concat(arguments, ", "),
    VALID = verb.check and "false" or verb.valid or "true", BODY = verb.body,
  }
  local text = template:gsub("%f[%u](%u%u%u+)%f[%U]", parts)
  local call = record.kind.name .. ":" .. name
  local chunk = assert(loadstring(text, "=mos/writers.lua"))
  return chunk(record.own, record.object, slow_path(record, call, verb), record, unpack(values))
end

--- A first argument that must be a finite number.
function writers.number(name, body, env)
  return { value = name, valid = 'type(n) == "number" and n - n == 0', body = body, env = env,
    is_valid = function(n) return type(n) == "number" and n - n == 0 end,
    allowed = "a finite number" }
end

return writers
