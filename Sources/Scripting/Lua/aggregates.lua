-- SPDX-License-Identifier: BSD-2-Clause
-- mos.counter, gauge, histogram, topk, distinct: what a script counts, in memory of each worker's
-- own, read as one in on_report and on_interval.
--
-- A kind (counter.lua and so on) has `cells`: doubles, or `element`s, of a row; `verbs` or
-- verbs_of(record): its writers; value(store, row); merge(store, row, share, from); `options` by
-- name: functions that give what an option means, nil when it is wrong; and may have fresh, reset,
-- reserve, pack, unpack, merged, finish: what else its rows need.
local ffi = require "ffi"
local errors = require "mos.errors"
local keyed = require "mos.keyed"
local scripts = require "mos.scripts"
local suggest = require "mos.suggest"
local readers = require "mos.readers"
local writers = require "mos.writers"

local KEYS, MOST_KEYS, MOST_LABELS = 100000, 10000000, 8

local aggregates = {
  --- All of them, in the order of their declaration.
  list = {},
}

local NAME = "^[%a_][%w_]*$"

local function check_name(call, kind, name)
  if type(name) ~= "string" or not name:find(NAME) then
    errors.argument(call, 1, "name", name, "a name of letters, digits and _")
  end
  for _, record in ipairs(aggregates.list) do
    if record.name == name and record.kind == kind and not record.word then
      errors.raise(('%s: there is a %s named "%s" already'):format(call, kind.name, name),
        "EEXIST")
    end
  end
end

local function labels_of(call, kind, given)
  local labels, seen = {}, {}
  for i, label in ipairs(given) do
    if type(label) ~= "string" or not label:find(NAME) then
      errors.argument(call, 2, "label " .. i, label, "a name of letters, digits and _")
    end
    if seen[label] then errors.raise(('%s: the label "%s" is there twice'):format(call, label)) end
    labels[i], seen[label] = label, true
  end
  if #labels > MOST_LABELS then
    errors.raise(("%s: there are %d labels; %d are the most"):format(call, #labels, MOST_LABELS))
  end
  return #labels == 0 and kind.default_labels or labels
end

local function keys_option(value)
  if type(value) == "number" and value >= 1 and value <= MOST_KEYS and value % 1 == 0 then
    return value
  end
end

local function text_option(value)
  return type(value) == "string" and value or nil
end

local common = { keys = keys_option, help = text_option }
local allowed = { keys = "a whole number, 1 to 10000000", help = "a text" }

-- What stands in a declaration behind the labels.
local function options_of(call, kind, given)
  local options, names = {}, { "help", "keys" }
  for name in pairs(kind.options) do names[#names + 1] = name end
  table.sort(names)
  local count = 0
  for key, value in pairs(given) do
    count = count + 1
    if type(key) ~= "number" then
      local check = common[key] or kind.options[key]
      if not check then
        errors.raise(('%s: there is no option %s; there are %s%s'):format(call, errors.show(key),
          table.concat(names, ", "), suggest.hint(tostring(key), names)))
      end
      options[key] = check(value)
      if options[key] == nil then
        errors.argument(call, 2, key, value, allowed[key] or kind.allowed[key])
      end
    elseif key % 1 ~= 0 or key < 1 or key > #given then
      errors.argument(call, 2, "labels", given, "a list of names without holes")
    end
  end
  if count > #given and options.linear and options.bounds then
    errors.raise(call .. ": linear and bounds exclude each other")
  end
  return options
end

local function plain(value)
  if type(value) ~= "table" then return tostring(value) end
  local texts = {}
  for i, part in ipairs(value) do texts[i] = ("%.17g"):format(part) end
  return table.concat(texts, ",")
end

-- What must be the same in all workers.
local function signature(record, given)
  local parts = { table.concat(record.labels, ",") }
  for name in pairs(record.options) do
    if name ~= "help" then parts[#parts + 1] = name .. "=" .. plain(given[name]) end
  end
  table.sort(parts, function(a, b) return a < b end)
  return table.concat(parts, ";")
end

local function layout_of(kind, options)
  local element = kind.element or "double"
  return setmetatable({
    options = options, array = ffi.typeof(element .. "[?]"), size = ffi.sizeof(element),
    pointer = ffi.typeof("const " .. element .. " *"),
  }, { __index = kind })
end

-- An aggregate's metatable is its own: so its methods are constants of compiled code.
local function make_object(record)
  local verbs, methods = record.kind.verbs_of and record.kind.verbs_of(record)
    or record.kind.verbs, readers.methods(record.kind)
  local meta = { __name = record.kind.name }
  record.object = setmetatable({}, meta)
  for name, verb in pairs(verbs) do methods[name] = writers.make(record, name, verb) end
  methods.name = record.name
  readers.bind(record.object, meta, methods, record)
  return record.object
end

-- The function that declares aggregates of a kind.
local function declare(kind)
  local call = "mos." .. kind.name
  return function(name, given)
    check_name(call, kind, name)
    if given == nil then given = {} end
    if type(given) ~= "table" then
      errors.argument(call, 2, "labels", given, "a table of label names and options")
    end
    if scripts.running then
      errors.raise(call .. ": the run has begun; declare at the script's top level", "EBUSY")
    end
    local record = { kind = kind, name = name, labels = labels_of(call, kind, given),
      options = options_of(call, kind, given) }
    record.id, record.signature = kind.name .. ":" .. name, signature(record, given)
    record.layout = layout_of(kind, record.options)
    record.own = keyed.new(record.layout, #record.labels, record.options.keys or KEYS)
    aggregates.list[#aggregates.list + 1] = record
    return make_object(record)
  end
end

--- The layout of a kind's rows.
aggregates.layout_of = layout_of
--- How many keys an aggregate has room for, unless it says otherwise.
aggregates.KEYS, aggregates.MOST_LABELS = KEYS, MOST_LABELS

--- The calls, by name.
aggregates.calls = {}
for _, name in ipairs { "counter", "gauge", "histogram", "topk", "distinct" } do
  aggregates.calls[name] = declare(require("mos." .. name))
end

--- All aggregates, for the version that takes over.
function aggregates.hand_over()
  local list = {}
  for i, record in ipairs(aggregates.list) do
    list[i] = { id = record.id, signature = record.signature, data = keyed.pack(record.own),
      made = record.made, total = record.total and keyed.pack(record.total) }
  end
  return list
end

--- Takes over those of the version before that are declared in the same way. Returns how many, and
--- the names of those that are not.
function aggregates.take_over(list)
  local kept, gone, by_id = 0, {}, {}
  for _, record in ipairs(aggregates.list) do by_id[record.id] = record end
  for _, theirs in ipairs(list) do
    local record = by_id[theirs.id]
    if record and record.signature == theirs.signature then
      keyed.restore(record.own, keyed.unpack(theirs.data, record.layout))
      if theirs.total then
        record.total = keyed.new(record.layout, #record.labels, math.huge)
        keyed.restore(record.total, keyed.unpack(theirs.total, record.layout))
      end
      kept = kept + 1
    else
      gone[#gone + 1] = (theirs.id:gsub(":", " ", 1))
    end
  end
  return kept, gone
end

--- The record of an aggregate; nil for another value.
function aggregates.record_of(object)
  local record = readers.record_of(object)
  return record and record.object == object and record or nil
end

return aggregates
