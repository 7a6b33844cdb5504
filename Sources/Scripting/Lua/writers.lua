-- SPDX-License-Identifier: BSD-2-Clause
-- The calls that write to an aggregate, one function each, compiled for its number of labels: what
-- a callback does for each packet finds its row and changes numbers in memory, nothing else.
local each = require "mos.each"
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

--- A value was refused: counted, and said once for each aggregate. `why` may have the limit of
--- keys.
function writers.refuse(record, why)
  faults.bump "aggregate_keys_refused"
  if record.has_refused then return false end
  record.has_refused = true
  output.diagnose(("mos: %s %s: %s (said once)"):format(record.word or record.kind.name,
    record.name, why:format(record.own.limit)))
  return false
end

local NO_ROOM = "there are %d keys, values of others are not taken in; "

local function no_room(record)
  return writers.refuse(record, NO_ROOM .. (record.word
    and "topk keeps those that count most" or "keys = ... allows more"))
end

-- Says what is wrong with a call.
local function complaint(record, call, verb)
  local labels = record.labels
  local first = record.places or 1 -- of a one-liner's call: behind the name
  local before = (record.key_places or first) - 1 + (verb.value and 1 or 0)
  return function(self, more, value, ...)
    if self ~= record.object then
      errors.argument(call, 0, "self", self,
        ("the %s that it belongs to (call it with a colon)"):format(record.kind.name), "EBADF")
    end
    if verb.value and not verb.is_valid(value) then
      errors.argument(call, first, record.word and "value" or verb.value, value, verb.allowed)
    end
    if verb.check then verb.check(record, call) end
    for i, label in ipairs(labels) do check_key(call, before + i, label, (select(i, ...))) end
    errors.argument(call, before + #labels + 1, "key", more,
      #labels == 0 and "left out: this one has no labels"
      or "left out: the labels are " .. table.concat(labels, ", "))
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

-- Lua text that is true for keys that cannot be one.
local function wrong_code(count)
  local text = { "false" }
  for i = 1, count do
    text[i] = ('type(k%d) ~= "string" and type(k%d) ~= "boolean" and (type(k%d) ~= "number" or '
      .. "k%d ~= k%d)"):format(i, i, i, i, i)
  end
  return table.concat(text, " or ")
end

-- Lua text that makes `row` the row of a new key. It has neither loops nor calls with a varying
-- number of arguments: the first packets, of which LuaJIT makes the code for all, come with new
-- keys, and must be something that it compiles.
local function add_code(count)
  if count == 0 then return "" end
  local text = { "if store.count >= store.limit and not full(record) then return end",
    "row = append(store) local t0 = store.root" }
  for i = 1, count do
    text[#text + 1] = ("if k%d == 0 then k%d = 0 end store.keys[%d][row + 1] = k%d"):format(
      i, i, i, i)
    if i < count then
      text[#text + 1] = ("local t%d = t%d[k%d] if not t%d then t%d = {} t%d[k%d] = t%d end"):format(
        i, i - 1, i, i, i, i - 1, i, i)
    else
      text[#text + 1] = ("t%d[k%d] = row"):format(i - 1, i)
    end
  end
  return table.concat(text, " ")
end

local template = [[
local store, object, complain, record, append, full, ENV = ...
return function(PARAMETERS)
  FIND
  if CHECKED more ~= nil or not (VALID) then
    ABSENT
    return complain(SELF, more, ARGUMENTS)
  end
  if not row then
    ABSENT
    if WRONG then return complain(SELF, more, ARGUMENTS) end
    ADD
  end
  BODY
end
]]

-- Lua text for the functions of one-liners: what is nil is passed over, and counted.
local function absent_code(names)
  if #names == 0 then return "" end
  local text = {}
  for i, name in ipairs(names) do text[i] = name .. " == nil" end
  return ("if more == nil and (%s) then record.pass_over(record.name) return end"):format(
    table.concat(text, " or "))
end

--- The function of a verb: {value = name of its first argument or nil, valid = Lua text, is_valid =
--- the same as a function, allowed = what it may be, body = Lua text that changes `row`, env = what
--- that text uses, check = function(record, call) that raises when the verb does not fit}. Of a
--- record with `pass_over` it is no method: it takes no self, and values that are nil.
function writers.make(record, name, verb)
  local keys, is_method = {}, not record.pass_over
  for i = 1, #record.labels do keys[i] = "k" .. i end
  local arguments = { verb.value and "n" or "nil", unpack(keys) }
  local given = { unpack(arguments, verb.value and 1 or 2) }
  local parameters = { is_method and "self" or nil }
  for _, parameter in ipairs(given) do parameters[#parameters + 1] = parameter end
  parameters[#parameters + 1] = "more"
  local names, values = {}, {}
  for key, value in each(verb.env or {}) do
    names[#names + 1], values[#values + 1] = key, value
  end
  local parts = {
    ENV = #names > 0 and table.concat(names, ", ") or "_", FIND = find_code(#keys),
    PARAMETERS = table.concat(parameters, ", "), ARGUMENTS = table.concat(arguments, ", "),
    VALID = verb.check and "false" or verb.valid or "true", WRONG = wrong_code(#keys),
    ADD = add_code(#keys), BODY = verb.body, SELF = is_method and "self" or "object",
    CHECKED = is_method and "self ~= object or" or "",
    ABSENT = is_method and "" or absent_code(given),
  }
  local text = template:gsub("%f[%u](%u%u%u+)%f[%U]", parts)
  local call = record.word or record.kind.name .. ":" .. name
  local chunk = assert(loadstring(text, "=mos/writers.lua"))
  return chunk(record.own, record.object, complaint(record, call, verb), record, keyed.append,
    record.kind.full or no_room, unpack(values))
end

--- A first argument that must be a finite number.
function writers.number(name, body, env)
  return { value = name, valid = 'type(n) == "number" and n - n == 0', body = body, env = env,
    is_valid = function(n) return type(n) == "number" and n - n == 0 end,
    allowed = "a finite number" }
end

return writers
