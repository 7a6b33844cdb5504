-- SPDX-License-Identifier: BSD-2-Clause
-- Values of expectations: how they are written, copied and compared.
local ffi = require "ffi"
local each = require "mos.each"

local values = {
  --- The key under which a record has the name of its stream; shown as { "http", path = "/" }.
  STREAM = "(stream)",
}

local int64, uint64 = ffi.typeof "int64_t", ffi.typeof "uint64_t"
local Matcher = { __name = "matcher" }
local SHOWN = 240 -- characters of a value in a message

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }

local function quoted(text)
  local out = text:gsub('[%c"\\\127-\255]', function(c)
    return escapes[c] or ("\\x%02x"):format(c:byte())
  end)
  return '"' .. out .. '"'
end

-- Valid UTF-8 stays readable.
local function quoted_text(text)
  if not text:find "[\128-\255]" then return quoted(text) end
  local well_formed = require("mos.utf8").well_formed
  local parts, i = {}, 1
  while i <= #text do
    local length = text:byte(i) >= 0x80 and well_formed(text, i) or 1
    local piece = text:sub(i, i + length - 1)
    parts[#parts + 1] = length > 1 and text:byte(i) ~= 0xc2 and piece or quoted(piece):sub(2, -2)
    i = i + length
  end
  return '"' .. table.concat(parts) .. '"'
end

local function sorted_keys(t)
  local keys = {}
  for key in each(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function write(value, depth)
  local kind = type(value)
  if kind == "string" then return quoted_text(value) end
  if kind == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53 then
    return ("%d"):format(value)
  elseif kind == "number" then
    return ("%.14g"):format(value)
  end
  if getmetatable(value) == Matcher then return value.text end
  if kind == "function" then return "a function that says true" end
  if kind ~= "table" then return tostring(value) end
  if depth > 6 then return "{...}" end
  local parts, count = {}, #value
  for i = 1, count do parts[i] = write(value[i], depth + 1) end
  for _, key in ipairs(sorted_keys(value)) do
    if key == values.STREAM then
      table.insert(parts, 1, write(value[key], depth + 1))
    elseif not (type(key) == "number" and key >= 1 and key <= count) then
      local name = type(key) == "string" and key:find "^[%a_][%w_]*$" and key
        or "[" .. write(key, depth + 1) .. "]"
      parts[#parts + 1] = name .. " = " .. write(value[key], depth + 1)
    end
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

--- A value as Lua would write it, cut when it is long.
function values.show(value)
  local text = write(value, 1)
  if #text <= SHOWN then return text end
  return text:sub(1, SHOWN - 4) .. " ..."
end

--- A copy of what a record holds, as outputs would show it.
function values.copy(value, depth)
  depth = depth or 1
  if type(value) == "cdata" then
    if ffi.istype(int64, value) or ffi.istype(uint64, value) then return tonumber(value) end
    return tostring(value)
  end
  if type(value) ~= "table" then return value end
  local meta = getmetatable(value)
  if meta and meta.__tostring then return tostring(value) end
  if depth > 40 then return "..." end
  local copy = {}
  for key, part in each(value) do copy[key] = values.copy(part, depth + 1) end
  return copy
end

--- Something that stands in the place of a value and judges it: `fits(value)`.
function values.matcher(text, fits)
  return setmetatable({ text = text, fits = fits }, Matcher)
end

local compare

-- Lists are compared whole, of other tables the fields that are named.
local function compare_tables(wanted, got, path, found, is_exact)
  if type(got) ~= "table" then
    found[#found + 1] = { path = path, wanted = wanted, got = got }
    return
  end
  for _, key in ipairs(sorted_keys(wanted)) do
    local name = type(key) == "number" and path .. "[" .. key .. "]"
      or path == "" and tostring(key) or path .. "." .. tostring(key)
    compare(wanted[key], got[key], name, found)
  end
  if not is_exact and not (#wanted > 0 or next(wanted) == nil) then return end
  for _, key in ipairs(sorted_keys(got)) do
    if wanted[key] == nil then
      found[#found + 1] = { path = path == "" and tostring(key) or path .. "." .. tostring(key),
        wanted = nil, got = got[key] }
    end
  end
end

function compare(wanted, got, path, found)
  if getmetatable(wanted) == Matcher then
    if wanted.exact then return compare_tables(wanted.exact, got, path, found, true) end
    if wanted.fits(got) then return end
  elseif type(wanted) == "function" then
    if wanted(got) then return end
  elseif type(wanted) == "table" and not (getmetatable(wanted) or {}).__tostring then
    return compare_tables(wanted, got, path, found, false)
  elseif values.copy(wanted) == got then
    return
  end
  found[#found + 1] = { path = path, wanted = wanted, got = got }
end

--- What differs, as a list of {path, wanted, got}; nothing when `got` is as `wanted`.
function values.differences(wanted, got)
  local found = {}
  compare(wanted, got, "", found)
  return found
end

--- What tests write in the place of a value.
values.matchers = {
  any = values.matcher("t.any", function(value) return value ~= nil end),
  absent = values.matcher("t.absent", function(value) return value == nil end),
}

--- A string in which a Lua pattern is found.
function values.matchers.like(pattern)
  return values.matcher("t.like " .. quoted_text(tostring(pattern)), function(value)
    return type(value) == "string" and value:find(pattern) ~= nil
  end)
end

--- A number no further than `tolerance` from `number`.
function values.matchers.near(number, tolerance)
  tolerance = tolerance or 1e-6
  return values.matcher(("t.near(%.14g, %.14g)"):format(number, tolerance), function(value)
    return type(value) == "number" and math.abs(value - number) <= tolerance
  end)
end

--- A table with no other fields than these.
function values.matchers.exactly(fields)
  local matcher = values.matcher("t.exactly " .. write(fields, 1), nil)
  matcher.exact = fields
  return matcher
end

return values
