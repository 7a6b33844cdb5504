-- SPDX-License-Identifier: BSD-2-Clause
-- mos.distinct: how many different values, by key. A row is a sketch, whose memory lies in blocks
-- that this file owns: room for few hashes first, then for more, then registers.
local ffi = require "ffi"
local abi = require "mos.abi"
local writers = require "mos.writers"

local api = abi.api
local sketch_add, sketch_merge, sketch_estimate = api.sketch_add, api.sketch_merge,
  api.sketch_estimate
local ROOMS = { 8, 64, 256, 0 } -- hashes; 0 = registers
local MEMORY = 2 ^ 27           -- bytes of blocks of one aggregate
local LEAST, MOST = 4, 18       -- precision

local distinct = { name = "distinct", cells = 1, element = "struct mos_sketch" }

--- Each as the number of bits that name a register: the standard error is 1.04 / 2^(bits / 2).
distinct.options = {
  precision = function(value)
    if type(value) == "number" and value >= LEAST and value <= MOST and value % 1 == 0 then
      return value
    end
  end,
  error = function(value)
    if type(value) ~= "number" or not (value >= 0.002 and value <= 0.26) then return nil end
    return math.max(LEAST, math.min(MOST, math.ceil(2 * math.log(1.04 / value) / math.log(2))))
  end,
}
distinct.allowed = { precision = "a whole number, 4 to 18", error = "a share, 0.002 to 0.26" }

local function precision_of(store)
  local options = store.layout.options
  return options.precision or options.error or 12
end

-- A block for the sketch of a row; false when there is no memory for it, unless it must be.
local function place(store, row, room, must_be)
  local precision = precision_of(store)
  local size = room > 0 and room * 8 or 2 ^ precision
  local before = store.blocks[row + 1]
  local used = store.used + size - (before and ffi.sizeof(before) or 0)
  if used > store.most and not must_be then return false end
  local block, sketch = ffi.new("uint8_t[?]", size), store.memory[row]
  local old = ffi.new("struct mos_sketch[1]", { sketch })
  sketch.memory, sketch.room, sketch.precision, sketch.count = block, room, precision, 0
  if before then sketch_merge(sketch, old, 0) end
  store.blocks[row + 1], store.used = block, used
  return true
end

-- Moves the sketch of a row to the next larger room; false when there is no memory for it.
local function grow(store, row)
  local room, next = store.memory[row].room, 0
  for i = 1, #ROOMS - 1 do
    if ROOMS[i] == room then next = ROOMS[i + 1] end
  end
  return place(store, row, next)
end

local function again(record, row, kind, text, length, number)
  local store = record.own
  repeat
    if not grow(store, row) then
      return writers.refuse(record, "128 MiB of sketches are full, more values are not taken in")
    end
  until sketch_add(store.memory, row, kind, text, length, number) == 0
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
end

-- The first block is small, and there are as many as there are keys.
function distinct.fresh(store, row)
  place(store, row, ROOMS[1], true)
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
