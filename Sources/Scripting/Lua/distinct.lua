-- SPDX-License-Identifier: BSD-2-Clause
-- mos.distinct: how many different values, by key. A row is a sketch, whose memory lies in blocks
-- that this file owns: room for few hashes first, then for more, then registers.
local ffi = require "ffi"
local abi = require "mos.abi"
local writers = require "mos.writers"

local api = abi.api
local sketch_add, sketch_merge, sketch_estimate = api.sketch_add, api.sketch_merge,
  api.sketch_estimate
local SMALL, MIDDLE, LARGE = 8, 64, 256 -- hashes; 0 = registers
local MEMORY = 2 ^ 27           -- bytes of blocks of one aggregate
local LEAST, MOST = 6, 18       -- precision

local distinct = { name = "distinct", cells = 1, element = "struct mos_sketch" }

--- Each as the number of bits that name a register: the standard error is 1.04 / 2^(bits / 2).
distinct.options = {
  precision = function(value)
    if type(value) == "number" and value >= LEAST and value <= MOST and value % 1 == 0 then
      return value
    end
  end,
  error = function(value)
    if type(value) ~= "number" or not (value >= 0.002 and value <= 0.13) then return nil end
    return math.max(LEAST, math.min(MOST, math.ceil(2 * math.log(1.04 / value) / math.log(2))))
  end,
}
distinct.allowed = { precision = "a whole number, 6 to 18", error = "a share, 0.002 to 0.13" }

local before = ffi.new "struct mos_sketch[1]"

local function size_of(store, room)
  return room > 0 and room * 8 or store.registers
end

-- A block for the sketch of a row, which takes in what the one before it had. What a packet may
-- make: nothing here that LuaJIT does not compile.
local function place(store, row, room)
  local block, sketches = ffi.new("uint8_t[?]", size_of(store, room)), store.memory
  ffi.copy(before, sketches + row, ffi.sizeof "struct mos_sketch")
  local sketch = sketches[row]
  sketch.memory, sketch.room, sketch.precision, sketch.count = block, room, store.precision, 0
  if before[0].memory ~= nil then sketch_merge(sketches + row, before, 0) end
  store.blocks[row + 1] = block
end

-- Moves the sketch of a row to the next larger room; false when there is no memory for it.
local function grow(store, row)
  local room, next = store.memory[row].room, 0
  if room == SMALL then next = MIDDLE elseif room == MIDDLE then next = LARGE end
  local used = store.used + size_of(store, next) - size_of(store, room)
  if used > store.most then return false end
  store.used = used
  place(store, row, next)
  return true
end

local FULL = "128 MiB of sketches are full, more values are not taken in"

local function again(record, row, kind, text, length, number)
  local store = record.own
  if not grow(store, row) then return writers.refuse(record, FULL) end
  sketch_add(store.memory, row, kind, text, length, number)
end

local kinds = { boolean = true, number = true, string = true }

distinct.verbs = {
  add = {
    value = "value", allowed = "a string, a number or a boolean",
    valid = 'type(n) == "string" or type(n) == "boolean" or type(n) == "number" and n == n',
    is_valid = function(n) return kinds[type(n)] and n == n end,
    env = { sketch_add = sketch_add, again = again },
    body = [[
  local m = store.memory
  if type(n) == "string" then
    if sketch_add(m, row, 3, n, #n, 0) ~= 0 then again(record, row, 3, n, #n, 0) end
  elseif type(n) == "number" then
    if sketch_add(m, row, 2, nil, 0, n) ~= 0 then again(record, row, 2, nil, 0, n) end
  else
    local number = n and 1 or 0
    if sketch_add(m, row, 1, nil, 0, number) ~= 0 then again(record, row, 1, nil, 0, number) end
  end]],
  },
}

function distinct.reset(store)
  -- Merged data is held for a report only, and no packet makes it.
  store.blocks, store.used, store.most = {}, 0, store.limit < math.huge and MEMORY or math.huge
  local options = store.layout.options
  store.precision = options.precision or options.error or 12
  store.registers = 2 ^ store.precision
end

-- The first block is small: it counts as a part of the row.
function distinct.fresh(store, row)
  place(store, row, SMALL)
end

--- The estimate for a row; exact up to 192.
function distinct.value(store, row)
  return math.floor(sketch_estimate(store.memory, row) + 0.5)
end

distinct.absent = 0

function distinct.pack(store)
  local blocks = {}
  for i, block in ipairs(store.blocks) do blocks[i] = ffi.string(block, ffi.sizeof(block)) end
  return blocks
end

function distinct.unpack(share)
  -- Sketches with the addresses of this worker's copies.
  local sketches = ffi.new("struct mos_sketch[?]", math.max(share.count, 1))
  ffi.copy(sketches, share.anchor, #share.anchor)
  for i, block in ipairs(share.more) do
    sketches[i - 1].memory = ffi.cast("uint8_t *", block)
  end
  share.memory = sketches
end

function distinct.merge(store, row, share, from)
  while sketch_merge(store.memory + row, share.memory, from) ~= 0 do
    -- Nothing but registers takes in registers.
    if share.memory[from].room == 0 then place(store, row, 0) else grow(store, row) end
  end
end

return distinct
