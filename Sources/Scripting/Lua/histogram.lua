-- SPDX-License-Identifier: BSD-2-Clause
-- mos.histogram: how values are distributed, by key. A row is the number of values, their sum as
-- two doubles, the least and the largest; its buckets lie in chunks of 16, which are taken when the
-- first value comes to one of them.
local ffi = require "ffi"
local bit = require "bit"
local buckets = require "mos.buckets"
local sums = require "mos.sums"
local writers = require "mos.writers"

local CELLS, SUM, LEAST, MOST = 5, 1, 3, 4
local PER = 16          -- buckets of a chunk
local CHUNKS = 2 ^ 20   -- of one histogram: 128 MiB
local huge = math.huge

local histogram = { name = "histogram", cells = CELLS }

histogram.options = { linear = buckets.linear, bounds = buckets.bounds }
histogram.allowed = {
  linear = "{from, to, step} with from < to, a step above 0 and at most 4096 of them",
  bounds = "a list of at most 4096 numbers, each larger than the one before",
}

local function scheme_of(options)
  return options.scheme or options.linear or options.bounds or buckets.log_linear
end

-- The chunk for 16 buckets of a row, from 1; 0 when there is no room for it.
local function take_chunk(store, row, place)
  if store.chunks >= store.most then return 0 end
  local chunk = store.chunks + 1
  if chunk >= store.chunk_room then
    local room = store.chunk_room * 2
    local counts = ffi.new("double[?]", room * PER)
    ffi.copy(counts, store.counts, store.chunk_room * PER * 8)
    store.counts, store.chunk_room = counts, room
  end
  store.chunks = chunk
  store.map[row * store.places + place] = chunk
  return chunk
end

local FULL = "128 MiB of buckets are full, more values are not taken in"

local function take_or_refuse(record, row, place)
  local chunk = take_chunk(record.own, row, place)
  if chunk == 0 then writers.refuse(record, FULL) end
  return chunk
end

function histogram.verbs_of(record)
  local scheme = scheme_of(record.options)
  local env = { take = take_or_refuse, rshift = bit.rshift, band = bit.band, min = math.min,
    max = math.max, places = math.ceil(scheme.count / PER) }
  for name, value in pairs(scheme.env) do env[name] = value end
  return {
    add = writers.number("v", scheme.code .. [[

  local place = rshift(b, 4)
  local chunk = store.map[row * places + place]
  if chunk == 0 then
    chunk = take(record, row, place)
    if chunk == 0 then return end
  end
  local counts, bucket = store.counts, chunk * 16 + band(b, 15)
  counts[bucket] = counts[bucket] + 1
  local m, first = store.memory, row * 5
  m[first], m[first + 3], m[first + 4] = m[first] + 1, min(m[first + 3], n), max(m[first + 4], n)
  local at = first + 1 ]] .. sums.code, env),
  }
end

function histogram.reset(store)
  store.places = math.ceil(scheme_of(store.layout.options).count / PER)
  store.chunks, store.chunk_room, store.counts = 0, 2, ffi.new("double[?]", 2 * PER)
  -- Merged data is held for a report only, and no packet makes it.
  store.most = store.limit < huge and CHUNKS or huge
  ffi.fill(store.map, store.room * store.places * 4)
end

function histogram.reserve(store, room)
  local places = math.ceil(scheme_of(store.layout.options).count / PER)
  local map = ffi.new("int32_t[?]", room * places)
  if store.map and store.count > 0 then ffi.copy(map, store.map, store.count * places * 4) end
  store.map = map
end

function histogram.fresh(store, row)
  local m, at = store.memory, row * CELLS
  m[at + LEAST], m[at + MOST] = huge, -huge
end

--- How many values a row has.
function histogram.value(store, row)
  return store.memory[row * CELLS]
end

histogram.absent = 0

function histogram.pack(store)
  return { chunks = store.chunks, map = ffi.string(store.map, store.count * store.places * 4),
    counts = ffi.string(store.counts, (store.chunks + 1) * PER * 8) }
end

function histogram.unpack(share)
  share.map = ffi.cast("const int32_t *", share.more.map)
  share.counts = ffi.cast("const double *", share.more.counts)
end

function histogram.merge(store, row, share, from)
  local m, at, theirs, their_at = store.memory, row * CELLS, share.memory, from * CELLS
  m[at] = m[at] + theirs[their_at]
  sums.merge(m, at + SUM, theirs, their_at + SUM)
  m[at + LEAST] = math.min(m[at + LEAST], theirs[their_at + LEAST])
  m[at + MOST] = math.max(m[at + MOST], theirs[their_at + MOST])
  for place = 0, store.places - 1 do
    local chunk = share.map[from * store.places + place]
    if chunk > 0 then
      local into = store.map[row * store.places + place]
      if into == 0 then into = take_chunk(store, row, place) end
      for i = 0, PER - 1 do
        store.counts[into * PER + i] = store.counts[into * PER + i] + share.counts[chunk * PER + i]
      end
    end
  end
end

local function bucket_count(store, row, b)
  local chunk = store.map[row * store.places + math.floor(b / PER)]
  return chunk > 0 and store.counts[chunk * PER + b % PER] or 0
end

-- The value with `rank` values up to it, rank from 1.
local function value_at(store, row, rank)
  local scheme, m, at, below = scheme_of(store.layout.options), store.memory, row * CELLS, 0
  for b = 0, scheme.count - 1 do
    local count = bucket_count(store, row, b)
    if below + count >= rank then
      local lower, upper = scheme.edges(b)
      lower, upper = math.max(lower, m[at + LEAST]), math.min(upper, m[at + MOST])
      return math.max(m[at + LEAST], math.min(m[at + MOST],
        scheme.middle(lower, upper, (rank - below - 0.5) / count)))
    end
    below = below + count
  end
  return m[at + MOST]
end

--- What can be read of a row besides its value; `row` is nil for a key that is not there.
histogram.readers = {}
local readers = histogram.readers

function readers.count(store, row)
  return row and store.memory[row * CELLS] or 0
end

function readers.sum(store, row)
  return row and store.memory[row * CELLS + SUM] or 0
end

local function measured(store, row)
  return row and store.memory[row * CELLS] > 0
end

function readers.min(store, row)
  return measured(store, row) and store.memory[row * CELLS + LEAST] or nil
end

function readers.max(store, row)
  return measured(store, row) and store.memory[row * CELLS + MOST] or nil
end

function readers.avg(store, row)
  if not measured(store, row) then return nil end
  return store.memory[row * CELLS + SUM] / store.memory[row * CELLS]
end

--- The value that a share q of all values does not exceed.
function readers.quantile(store, row, q)
  if not measured(store, row) then return nil end
  local count = store.memory[row * CELLS]
  local rank = math.max(1, math.ceil(q * count))
  if q == 0 then return store.memory[row * CELLS + LEAST] end
  if rank >= count then return store.memory[row * CELLS + MOST] end
  return value_at(store, row, rank)
end

--- The first argument of readers that have one besides the key.
histogram.reader_values = {
  quantile = { name = "q", allowed = "a share, 0 to 1", check = function(q)
    return type(q) == "number" and q >= 0 and q <= 1
  end },
}

--- Iterates over lower edge, upper edge (exclusive) and number of values: of log-linear buckets
--- those that have some, else all.
function readers.buckets(store, row)
  local scheme, b = scheme_of(store.layout.options), -1
  return function()
    while row do
      b = b + 1
      if b >= scheme.count then return nil end
      local count = bucket_count(store, row, b)
      if count > 0 or scheme.is_dense then
        local lower, upper = scheme.edges(b)
        return lower, upper, count
      end
    end
  end
end

return histogram
