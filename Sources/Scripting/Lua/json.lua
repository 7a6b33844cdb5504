-- SPDX-License-Identifier: BSD-2-Clause
-- JSON (RFC 8259) of a record: keys in byte order, valid UTF-8 whatever the strings hold.
local ffi = require "ffi"
local buffer = require "string.buffer"
local each = require "mos.each"
local well_formed = require("mos.utf8").well_formed

local cast = ffi.cast
local bytes_type = ffi.typeof "const uint8_t *"
local DEPTH = 32 -- tables within tables

local json = {}

-- 1 for the bytes that cannot stand in a JSON string as they are, or need a look.
local special = ffi.new "uint8_t[256]"
for byte = 0, 255 do
  if byte < 32 or byte >= 127 or byte == 34 or byte == 92 then special[byte] = 1 end
end

local short = { ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
  ['"'] = '\\"', ["\\"] = "\\\\" }

local function is_plain(text)
  local p = cast(bytes_type, text)
  for i = 0, #text - 1 do
    if special[p[i]] ~= 0 then return false end
  end
  return true
end

local function put_escaped(out, text)
  local i = 1
  while i <= #text do
    local byte = text:byte(i)
    local c = text:sub(i, i)
    local length = byte >= 0x80 and well_formed(text, i)
    if length and not (byte == 0xc2 and text:byte(i + 1) < 0xa0) then
      out:put(text:sub(i, i + length - 1))
      i = i + length
    elseif length then -- U+0080 to U+009F: control characters too
      out:put(("\\u%04x"):format(text:byte(i + 1)))
      i = i + 2
    else
      if short[c] then out:put(short[c])
      elseif byte < 32 or byte >= 127 then out:put(("\\u%04x"):format(byte))
      else out:put(c) end
      i = i + 1
    end
  end
end

local function put_string(out, text)
  if is_plain(text) then
    out:put('"', text, '"')
  else
    out:put('"')
    put_escaped(out, text)
    out:put('"')
  end
end

--- The shortest decimal text that reads back as `number`; "null" for what JSON cannot say.
function json.number(number)
  if number ~= number or number == math.huge or number == -math.huge then return "null" end
  if number % 1 == 0 and number > -2 ^ 53 and number < 2 ^ 53 then return ("%d"):format(number) end
  for digits = 15, 16 do
    local text = ("%." .. digits .. "g"):format(number)
    if tonumber(text) == number then return text end
  end
  return ("%.17g"):format(number)
end

local function fail(path, problem)
  local where = #path > 0 and table.concat(path, ".") or "the record"
  error({ problem = ("%s %s"):format(where, problem) }, 0)
end

-- Whether the keys of `t`, `count` whole numbers from 1 on, are 1 ... count.
local function is_list(t, count)
  for i = 1, count do
    if t[i] == nil then return false end
  end
  return true
end

-- The number of elements when the keys are 1 ... n, else nil; and the sorted keys of an object.
-- The loop keeps no key in a local of its own: LuaJIT of 2022 may leave it with one from a round
-- before, where a compiled loop over `next` ends.
local function shape(t, path)
  local count, keys = 0, {}
  for key in each(t) do
    count = count + 1
    if type(key) == "string" then
      keys[#keys + 1] = key
    elseif not (type(key) == "number" and key >= 1 and key % 1 == 0) then
      fail(path, ("has the key %s; keys are strings, or 1 ... n in a list"):format(tostring(key)))
    end
  end
  if #keys == count then
    table.sort(keys)
    return nil, keys
  elseif #keys == 0 and is_list(t, count) then
    return count
  end
  fail(path, ("mixes keys: %s"):format(#keys > 0 and "strings and numbers"
    or "a list must have 1 ... n without holes"))
end

local int64, uint64 = ffi.typeof "int64_t", ffi.typeof "uint64_t"
local put_value

local function put_table(out, t, path, inside)
  if inside[t] then fail(path, "contains itself") end
  if #path >= DEPTH then fail(path, ("is deeper than %d tables"):format(DEPTH)) end
  inside[t] = true
  local count, keys = shape(t, path)
  if count then
    out:put "["
    for i = 1, count do
      if i > 1 then out:put "," end
      path[#path + 1] = tostring(i)
      put_value(out, t[i], path, inside)
      path[#path] = nil
    end
    out:put "]"
  else
    out:put "{"
    for i, key in ipairs(keys) do
      if i > 1 then out:put "," end
      put_string(out, key)
      out:put ":"
      path[#path + 1] = key
      put_value(out, t[key], path, inside)
      path[#path] = nil
    end
    out:put "}"
  end
  inside[t] = nil
end

function put_value(out, value, path, inside)
  local kind = type(value)
  if kind == "string" then put_string(out, value)
  elseif kind == "number" then out:put(json.number(value))
  elseif kind == "boolean" then out:put(value and "true" or "false")
  elseif kind == "table" then
    local meta = getmetatable(value)
    if meta and meta.__tostring then put_string(out, tostring(value))
    else put_table(out, value, path, inside) end
  elseif kind == "cdata" then
    if ffi.istype(int64, value) or ffi.istype(uint64, value) then
      out:put((tostring(value):gsub("U?LL$", "")))
    else
      put_string(out, tostring(value))
    end
  else
    fail(path, ("is a %s, which no record can hold"):format(kind))
  end
end

-- The keys of the last record of a stream as `next` gave them, and sorted: records of a stream
-- mostly have the same ones, and then nothing is sorted.
local function keys_of(record, known)
  local n = 0
  for key in each(record) do
    n = n + 1
    if known.found[n] ~= key then n = nil break end
  end
  if n and known.found[n + 1] == nil then return known.sorted end
  local found, sorted = {}, {}
  for key in each(record) do
    if type(key) ~= "string" then
      fail({}, ("has the key %s; the keys of a record are strings"):format(tostring(key)))
    end
    found[#found + 1] = key
    sorted[#sorted + 1] = key
  end
  table.sort(sorted)
  known.found, known.sorted = found, sorted
  return sorted
end

json.keys_of = keys_of

local out = buffer.new()
local prefixes, prefix_count = {}, 0 -- key -> `"key":`, bounded

local function prefix_of(key)
  local text = prefixes[key]
  if text then return text end
  local one = buffer.new()
  put_string(one, key)
  one:put ":"
  text = one:tostring()
  if prefix_count >= 1000 then prefixes, prefix_count = {}, 0 end
  prefixes[key], prefix_count = text, prefix_count + 1
  return text
end

--- The record as JSON in a buffer that the next call uses again. `known` is a table of the stream's
--- own.
function json.encode(record, known)
  out:reset()
  local path, inside = {}, { [record] = true }
  local keys = keys_of(record, known)
  out:put "{"
  for i = 1, #keys do
    if i > 1 then out:put "," end
    local key = keys[i]
    local value = record[key]
    out:put(prefix_of(key))
    if type(value) == "table" then
      path[1] = key
      put_value(out, value, path, inside)
      path[1] = nil
    elseif type(value) == "function" or type(value) == "userdata" or type(value) == "thread" then
      fail({ key }, ("is a %s, which no record can hold"):format(type(value)))
    else
      put_value(out, value, path, inside)
    end
  end
  out:put "}"
  return out
end

--- One value as JSON, for fields of other formats.
function json.value(value, key)
  local one = buffer.new()
  put_value(one, value, { key }, {})
  return one:tostring()
end

return json
