-- SPDX-License-Identifier: BSD-2-Clause
-- The functions of a compiled chunk as data: instructions, constants, lines, and which local of the
-- function around it each upvalue is. Read from string.dump, whose layout lj_bcdump.h describes:
-- jit.util does not tell where upvalues come from.
local bit = require "bit"
local vmdef = require "jit.vmdef"

local band, rshift, lshift, bor = bit.band, bit.rshift, bit.lshift, bit.bor
local VERSION, BIG_ENDIAN, STRIPPED, TWO_SLOT_FRAMES = 2, 1, 2, 8
local UV_LOCAL, UV_IMMUTABLE = 0x8000, 0x4000

local bytecode = {}

local names = {}
for i = 0, #vmdef.bcnames / 6 - 1 do
  names[i] = vmdef.bcnames:sub(i * 6 + 1, i * 6 + 6):gsub("%s", "")
end

local Reader = {}
Reader.__index = Reader

function Reader:byte()
  self.at = self.at + 1
  return self.text:byte(self.at - 1)
end

function Reader:bytes(count)
  self.at = self.at + count
  return self.text:sub(self.at - count, self.at - 1)
end

function Reader:integer(width)
  local value = 0
  for i = 0, width - 1 do value = value + self:byte() * 256 ^ i end
  return value
end

-- ULEB128.
function Reader:number()
  local value, factor = 0, 1
  repeat
    local byte = self:byte()
    value = value + band(byte, 127) * factor
    factor = factor * 128
  until byte < 128
  return value
end

local double = require("ffi").typeof "union { uint32_t words[2]; double value; }"

local function number_of(low, high)
  local both = double()
  both.words[0], both.words[1] = low, high
  return both.value
end

-- A number constant: its lowest bit says whether a high word follows.
function Reader:constant()
  local first = self:byte()
  local is_double, low = first % 2 == 1, rshift(first, 1)
  if low >= 64 then low = low - 64 + self:number() * 64 end
  if is_double then return number_of(low, self:number()) end
  return low < 2 ^ 31 and low or low - 2 ^ 32
end

function Reader:table_item()
  local kind = self:number()
  if kind >= 5 then return self:bytes(kind - 5) end
  if kind == 3 then return self:number() end
  if kind == 4 then
    local low = self:number()
    return number_of(low, self:number())
  end
  return ({ nil, false, true })[kind + 1]
end

function Reader:table()
  local array, hash, result = self:number(), self:number(), {}
  for i = 0, array - 1 do result[i] = self:table_item() end
  for _ = 1, hash do
    local key = self:table_item()
    result[key] = self:table_item()
  end
  return result
end

-- Functions within others stand before them in a dump: `stack` holds those not yet taken.
function Reader:object(stack)
  local kind = self:number()
  if kind >= 5 then return { string = self:bytes(kind - 5) } end
  if kind == 0 then return { proto = table.remove(stack) } end
  if kind == 1 then return { table = self:table() } end
  for _ = 1, kind == 4 and 4 or 2 do self:number() end
  return {}
end

local function decode(ins)
  return { op = names[band(ins, 255)], a = band(rshift(ins, 8), 255), b = rshift(ins, 24),
    c = band(rshift(ins, 16), 255), d = rshift(ins, 16) }
end

function Reader:proto(stack)
  local proto = { code = {}, upvalues = {}, objects = {}, numbers = {}, children = {} }
  proto.flags, proto.params = self:byte(), self:byte()
  self:byte()
  local upvalues, objects, numbers, count = self:byte(), self:number(), self:number(),
    self:number()
  local debug_size = self:number()
  proto.first, proto.line_count = self:number(), self:number()
  proto.last = proto.first + proto.line_count
  for pc = 1, count do
    local ins = 0
    for i = 0, 3 do ins = bor(ins, lshift(self:byte(), 8 * i)) end
    proto.code[pc] = decode(ins)
  end
  for i = 0, upvalues - 1 do
    local value = self:integer(2)
    proto.upvalues[i] = { is_local = band(value, UV_LOCAL) ~= 0,
      is_constant = band(value, UV_IMMUTABLE) ~= 0, index = band(value, 0x3fff) }
  end
  -- Operands count objects from the last.
  for i = objects - 1, 0, -1 do
    local object = self:object(stack)
    proto.objects[i] = object
    if object.proto then proto.children[#proto.children + 1] = object.proto end
  end
  for i = 0, numbers - 1 do proto.numbers[i] = self:constant() end
  local from = self.at
  local width = proto.line_count < 256 and 1 or (proto.line_count < 65536 and 2 or 4)
  for pc = 1, count do proto.code[pc].line = proto.first + self:integer(width) end
  self.at = from + debug_size
  return proto
end

--- The chunk's main function; `all` is the list of all functions in it, and `arguments` how far
--- behind a called function's register its first argument is. nil when the layout is another.
function bytecode.read(chunk)
  local reader = setmetatable({ text = string.dump(chunk), at = 4 }, Reader)
  if reader.text:sub(1, 3) ~= "\27LJ" or reader:byte() ~= VERSION then return nil end
  local flags = reader:number()
  if band(flags, BIG_ENDIAN + STRIPPED) ~= 0 then return nil end
  reader:bytes(reader:number())
  local stack, all = {}, {}
  while true do
    local length = reader:number()
    if length == 0 then break end
    local from = reader.at
    local proto = reader:proto(stack)
    reader.at = from + length
    all[#all + 1] = proto
    proto.id = #all
    stack[#stack + 1] = proto
  end
  for _, proto in ipairs(all) do
    for _, child in ipairs(proto.children) do child.parent = proto end
  end
  local main = stack[1]
  main.all, main.arguments = all, band(flags, TWO_SLOT_FRAMES) ~= 0 and 2 or 1
  return main
end

return bytecode
