-- SPDX-License-Identifier: BSD-2-Clause
-- The tsv format: columns between tabs. Their names stand above, and again whenever the stream or
-- its columns change, so that several streams can share an output:
--
--     #stream  NAME
--     #fields  KEY      KEY ...
--     VALUE    VALUE ...
local buffer = require "string.buffer"
local json = require "mos.json"
local well_formed = require("mos.utf8").well_formed

local MOST = 1000 -- columns; a record that would need more begins a table of its own keys alone
local UNSET, EMPTY = "-", "(empty)"

local tsv = {}
local out, row, one = buffer.new(), buffer.new(), buffer.new()
local last -- the stream whose columns stand above the line to come

local function hexadecimal(text)
  return (text:gsub(".", function(c) return ("\\x%02x"):format(c:byte()) end))
end

-- `text` with control characters and what is no UTF-8 as \xNN, and a backslash as two.
local function put_escaped(text)
  local i, length = 1, #text
  while i <= length do
    local byte = text:byte(i)
    local size = byte >= 128 and well_formed(text, i) or 1
    local c = text:sub(i, i + size - 1)
    if byte == 92 then one:put "\\\\"
    elseif byte < 32 or byte == 127 then one:put(hexadecimal(c))
    elseif byte >= 128 and (size == 1 or byte == 0xc2 and text:byte(i + 1) < 0xa0) then
      one:put(hexadecimal(c))
    else one:put(c) end
    i = i + size
  end
end

local function escaped(text)
  if not text:find "[%c\\\127-\255]" then return text end
  one:reset()
  put_escaped(text)
  return one:tostring()
end

-- A string that would be taken for something else has its first character escaped.
local function string_field(text)
  if text == "" then return EMPTY end
  if text == UNSET or text == EMPTY or text:find "^#" then
    return hexadecimal(text:sub(1, 1)) .. escaped(text:sub(2))
  end
  return escaped(text)
end

local function field(value, key)
  local kind = type(value)
  if kind == "string" then return string_field(value) end
  if kind == "nil" then return UNSET end
  if kind == "number" then
    local text = json.number(value)
    return text == "null" and UNSET or text
  end
  local meta = kind == "table" and getmetatable(value)
  if meta and meta.__tostring then return string_field(tostring(value)) end
  if kind == "cdata" and not tonumber(value) then return string_field(tostring(value)) end
  return escaped(json.value(value, key))
end

-- The columns for a record: those of the stream, then, in byte order, what else it has.
local function columns_for(record, known)
  local keys = json.keys_of(record, known)
  if keys == known.fitting then return known.columns end
  local columns, index, count = known.columns or {}, known.index or {}, 0
  for _, key in ipairs(keys) do
    if not index[key] then count = count + 1 end
  end
  if count == 0 then return columns, index, keys end
  local base = #columns + count > MOST and {} or columns
  local wider, places = {}, {}
  local function add(key)
    if places[key] then return end
    wider[#wider + 1] = key
    places[key] = #wider
  end
  for _, key in ipairs(base) do add(key) end
  for _, key in ipairs(keys) do add(key) end
  return wider, places, keys
end

local function header_of(known)
  row:reset()
  row:put("#stream\t", known.name, "\n#fields")
  for _, key in ipairs(known.columns) do row:put("\t", string_field(key)) end
  return row:tostring()
end

--- The record as a line in a buffer that the next call uses again; and its header when that is
--- another than before. `known` is a table of the stream's own.
function tsv.encode(record, known)
  local columns, index, keys = columns_for(record, known)
  row:reset()
  for i = 1, #columns do
    local key = columns[i]
    if i > 1 then row:put "\t" end
    row:put(field(record[key], key))
  end
  -- Nothing can fail from here on: a record that was refused leaves no header behind.
  local is_new = known ~= last or columns ~= known.columns
  if keys then known.columns, known.index, known.fitting = columns, index, keys end
  last = known
  out:reset()
  out:put(row)
  return out, is_new and header_of(known) or nil
end

return tsv
