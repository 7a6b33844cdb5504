-- SPDX-License-Identifier: BSD-2-Clause
-- Views: bytes in place, readable until the event in hand is over or a call moves them.
-- Byte offsets count from 0; positions (find, sub, line), as in Lua's strings, from 1.
local ffi = require "ffi"
local abi = require "mos.abi"
local errors = require "mos.errors"
local fields = require "mos.fields"
local schema = require "mos.schema"

ffi.cdef [[
struct mos_view { const uint8_t *first; double at; int32_t size; uint32_t epoch; };
void *memmem(const void *bytes, size_t length, const void *text, size_t text_length);
int memcmp(const void *a, const void *b, size_t length);
void *memchr(const void *bytes, int byte, size_t length);
]]

local C = ffi.C
local ev = abi.event
local cast, ffi_string = ffi.cast, ffi.string
local bytes_type = ffi.typeof "const uint8_t *"
local View -- the constructor

local function stale()
  errors.raise("view: its bytes are gone; a view is valid until its callback returns or a call "
    .. "moves them", "EFAULT")
end

local function outside(v, call, offset, width)
  errors.raise(("view:%s: offset %s with %d bytes lies outside the view's %d bytes"):format(
    call, errors.show(offset), width, v.size), "ERANGE")
end

local function need_text(call, text)
  if type(text) ~= "string" then errors.argument("view:" .. call, 1, "text", text, "a string") end
end

-- Where memmem or memchr found something, as an offset.
local function offset_of(v, found)
  return cast(bytes_type, found) - v.first
end

local function need_number(call, place, name, value)
  if type(value) ~= "number" then
    errors.argument("view:" .. call, place, name, value, "a number")
  end
end

local function find(v, text, init)
  if v.epoch ~= ev.epoch then stale() end
  need_text("find", text)
  local from = 0
  if init then
    need_number("find", 2, "init", init)
    from = init > 0 and init - 1 or (init < 0 and v.size + init or 0)
    if from < 0 then from = 0 end
  end
  local left = v.size - from
  if left < 0 or #text > left then return nil end
  local found = C.memmem(v.first + from, left, text, #text)
  if found == nil then return nil end
  local at = offset_of(v, found)
  return at + 1, at + #text
end

local function starts(v, text)
  if v.epoch ~= ev.epoch then stale() end
  need_text("starts", text)
  local length = #text
  return length <= v.size and C.memcmp(v.first, text, length) == 0
end

local function u8(v, offset)
  if v.epoch ~= ev.epoch then stale() end
  need_number("u8", 1, "offset", offset)
  if not (offset >= 0 and offset + 1 <= v.size) then outside(v, "u8", offset, 1) end
  return v.first[offset]
end

local function u16(v, offset)
  if v.epoch ~= ev.epoch then stale() end
  need_number("u16", 1, "offset", offset)
  if not (offset >= 0 and offset + 2 <= v.size) then outside(v, "u16", offset, 2) end
  local p = v.first + offset
  return p[0] * 256 + p[1]
end

local function u32(v, offset)
  if v.epoch ~= ev.epoch then stale() end
  need_number("u32", 1, "offset", offset)
  if not (offset >= 0 and offset + 4 <= v.size) then outside(v, "u32", offset, 4) end
  local p = v.first + offset
  return p[0] * 16777216 + p[1] * 65536 + p[2] * 256 + p[3]
end

local function u64(v, offset)
  if v.epoch ~= ev.epoch then stale() end
  need_number("u64", 1, "offset", offset)
  if not (offset >= 0 and offset + 8 <= v.size) then outside(v, "u64", offset, 8) end
  return u32(v, offset) * 4294967296 + u32(v, offset + 4)
end

local function sub(v, i, j)
  if v.epoch ~= ev.epoch then stale() end
  local size = v.size
  i, j = i or 1, j or -1
  need_number("sub", 1, "i", i)
  need_number("sub", 2, "j", j)
  if i < 0 then i = size + i + 1 end
  if j < 0 then j = size + j + 1 end
  if i < 1 then i = 1 end
  if j > size then j = size end
  if not (i <= j) then return "" end
  return ffi_string(v.first + (i - 1), j - i + 1)
end

local LF, CR = 10, 13

local function line(v, position)
  if v.epoch ~= ev.epoch then stale() end
  position = position or 1
  need_number("line", 1, "position", position)
  local from = position - 1
  if not (from >= 0) then errors.argument("view:line", 1, "position", position, "1 or more") end
  local left = v.size - from
  if left <= 0 then return nil end
  local start = v.first + from
  local found = C.memchr(start, LF, left)
  if found == nil then return nil end
  local length = cast(bytes_type, found) - start
  if length > 0 and start[length - 1] == CR then length = length - 1 end
  return ffi_string(start, length)
end

local function slice(v, offset, length)
  if v.epoch ~= ev.epoch then stale() end
  need_number("slice", 1, "offset", offset)
  length = length or v.size - offset
  need_number("slice", 2, "len", length)
  if not (offset >= 0 and length >= 0 and offset + length <= v.size) then
    outside(v, "slice", offset, length)
  end
  return View(v.first + offset, v.at + offset, length, v.epoch)
end

local function index(v, key)
  if key == "starts" then return starts
  elseif key == "find" then return find
  elseif key == "u8" then return u8
  elseif key == "u16" then return u16
  elseif key == "u32" then return u32
  elseif key == "u64" then return u64
  elseif key == "sub" then return sub
  elseif key == "line" then return line
  elseif key == "slice" then return slice
  elseif key == "ptr" then
    if v.epoch ~= ev.epoch then stale() end
    return v.first
  elseif key == "offset" then
    if v.epoch ~= ev.epoch then stale() end
    return v.at
  end
  return fields.unknown("view", schema.view, key)
end

View = ffi.metatype("struct mos_view", {
  __index = index,
  __newindex = function(_, key) fields.read_only("view", key) end,
  __len = function(v)
    if v.epoch ~= ev.epoch then stale() end
    return v.size
  end,
  __tostring = function(v)
    if v.epoch ~= ev.epoch then stale() end
    return ffi_string(v.first, v.size)
  end,
})

local module = { type = ffi.typeof "struct mos_view" }

--- A view object to be pointed at bytes again and again.
function module.new()
  return View()
end

--- Points a reusable view at `size` bytes from `first` on, of the event in hand.
function module.point(v, first, size, at)
  v.first, v.size, v.at, v.epoch = first, size, at, ev.epoch
  return v
end

return module
