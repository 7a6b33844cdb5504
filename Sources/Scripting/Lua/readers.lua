-- SPDX-License-Identifier: BSD-2-Clause
-- The calls that read aggregates: of all workers in on_report and on_interval, of this worker
-- through own().
local errors = require "mos.errors"
local fields = require "mos.fields"
local keyed = require "mos.keyed"
local schema = require "mos.schema"

local readers = {}

local records = setmetatable({}, { __mode = "k" }) -- an aggregate, or what own() gave -> its record
local is_own = setmetatable({}, { __mode = "k" })  -- what own() gave -> true

--- The record of an aggregate, or of what its own() gave; nil for another value.
function readers.record_of(object)
  return records[object]
end

local function need_record(call, self)
  local record = type(self) == "table" and records[self]
  if not record then
    errors.argument(call, 0, "self", self, "an aggregate (call it with a colon)", "EBADF")
  end
  return record
end

-- The store that may be read.
local function store_of(call, self)
  local record = need_record(call, self)
  if is_own[self] then return record.own end
  if not record.view then
    errors.raise(("%s: what all workers know can be read in mos.on_report and mos.on_interval; "
      .. "own() reads what this worker knows"):format(call), "EPERM")
  end
  return record.view
end

local kinds_of_key = { string = true, number = true, boolean = true }

-- A store that may be read, and the row of a key there, nil when it is not.
local function find(call, self, before, ...)
  local key, labels = { ... }, need_record(call, self).labels
  for i, label in ipairs(labels) do
    if not kinds_of_key[type(key[i])] or key[i] ~= key[i] then
      errors.argument(call, before + i, label, key[i], "a string, a number or a boolean")
    end
  end
  if select("#", ...) > #labels then
    errors.argument(call, before + #labels + 1, "key", key[#labels + 1],
      #labels == 0 and "left out: this one has no labels"
      or "left out: the labels are " .. table.concat(labels, ", "))
  end
  local store = store_of(call, self)
  return store, keyed.find(store, key)
end

local function iterate(store, rows, last)
  local value, at = store.layout.value, 0
  return function()
    at = at + 1
    if at > last then return nil end
    return keyed.row(store, rows[at], value(store, rows[at]))
  end
end

-- A reader of the kind as a method.
local function method_of(kind, name, read)
  local call, wants = kind.name .. ":" .. name, kind.reader_values and kind.reader_values[name]
  if name == "error" then
    return function(self) return read(store_of(call, self)) end
  elseif not wants then
    return function(self, ...) return read(find(call, self, 0, ...)) end
  end
  return function(self, value, ...)
    need_record(call, self)
    if not wants.check(value) then
      errors.argument(call, 1, wants.name, value, wants.allowed)
    end
    local store, row = find(call, self, 1, ...)
    return read(store, row, value)
  end
end

--- The methods that read aggregates of a kind.
function readers.methods(kind)
  local methods = {}
  for name, read in pairs(kind.readers or {}) do methods[name] = method_of(kind, name, read) end
  if kind.name ~= "histogram" then
    local call = kind.name .. ":value"
    function methods.value(self, ...)
      local store, row = find(call, self, 0, ...)
      if row then return kind.value(store, row) end
      if kind.absent_of then return kind.absent_of(store) end
      return kind.absent
    end
  end
  function methods.each(self)
    local store = store_of(kind.name .. ":each", self)
    return iterate(store, keyed.sorted(store), store.count)
  end
  function methods.top(self, n)
    local call = kind.name .. ":top"
    need_record(call, self)
    if type(n) ~= "number" or not (n >= 0) then
      errors.argument(call, 1, "n", n, "a number, 0 or more")
    end
    local store = store_of(call, self)
    local rows = keyed.sorted(store, kind.weight or kind.value)
    return iterate(store, rows, math.min(math.floor(n), store.count))
  end
  function methods.own(self)
    return need_record(kind.name .. ":own", self).reader
  end
  return methods
end

--- Makes `object` the aggregate of `record`, with those methods.
function readers.bind(object, meta, methods, record)
  local kind = record.kind.name
  local function unknown(_, key) return fields.unknown(kind, schema[kind], key) end
  meta.__index = setmetatable(methods, { __index = unknown })
  meta.__newindex = function(_, key) fields.read_only(kind, key) end
  meta.__tostring = function() return ("%s %s"):format(kind, record.name) end
  record.reader = setmetatable({}, meta)
  records[object], records[record.reader], is_own[record.reader] = record, record, true
end

return readers
