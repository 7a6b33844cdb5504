-- SPDX-License-Identifier: BSD-2-Clause
-- What an aggregate holds: its keys in the order in which they came, each with a row of memory.
--
-- The keys of several labels lie in nested tables, whose leaves are numbers of rows: a key that is
-- there is found without making anything. `layout` says what rows are: see mos.aggregates.
local ffi = require "ffi"

local keyed = {}

local FIRST_ROOM = 16

local function reserve(store, room)
  local layout = store.layout
  local memory = ffi.new(layout.array, room * layout.cells)
  if store.memory then
    ffi.copy(memory, store.memory, store.count * layout.cells * layout.size)
  end
  store.memory = memory
  if layout.reserve then layout.reserve(store, room) end
  store.room = room
end

--- A new row, for a key that the caller puts in.
local function append(store)
  local row = store.count
  if row >= store.room then reserve(store, store.room * 2) end
  store.count = row + 1
  if store.layout.fresh then store.layout.fresh(store, row) end
  return row
end

keyed.append = append

--- An empty store with `labels` labels and at most `limit` keys.
function keyed.new(layout, labels, limit)
  local store = { layout = layout, labels = labels, limit = limit, room = 0, count = 0 }
  keyed.reset(store)
  return store
end

--- Forgets everything.
function keyed.reset(store)
  store.root, store.keys, store.count, store.memory = {}, {}, 0, nil
  for label = 1, store.labels do store.keys[label] = {} end
  reserve(store, store.labels == 0 and 1 or FIRST_ROOM)
  if store.layout.reset then store.layout.reset(store) end
  if store.labels == 0 then append(store) end
end

--- The row of a key, a list of its parts; nil when it is not there.
function keyed.find(store, key)
  local labels = store.labels
  if labels == 0 then return 0 end
  local found = store.root
  for label = 1, labels do
    if found == nil or key[label] == nil then return nil end
    found = found[key[label]]
  end
  return found
end

--- Makes a row for a key that is not there.
function keyed.add(store, key)
  local labels, place, row = store.labels, store.root, store.count
  for label = 1, labels do
    local part = key[label]
    if part == 0 then part = 0 end -- not -0, which is the same key
    store.keys[label][row + 1] = part
    if label == labels then
      place[part] = row
    else
      local inner = place[part]
      if not inner then
        inner = {}
        place[part] = inner
      end
      place = inner
    end
  end
  return append(store)
end

--- Row `row` of `from`, with its key, in `store`.
function keyed.enter(store, from, row)
  local key = {}
  for label = 1, store.labels do key[label] = from.keys[label][row + 1] end
  return keyed.find(store, key) or keyed.add(store, key)
end

local ranks = { boolean = 1, number = 2, string = 3 }

-- false, true, numbers, strings by their bytes.
local function is_before(a, b)
  local rank, other = ranks[type(a)], ranks[type(b)]
  if rank ~= other then return rank < other end
  if rank == 1 then return b and not a end
  return a < b
end

local function compare(store, i, j)
  for label = 1, store.labels do
    local keys = store.keys[label]
    local a, b = keys[i + 1], keys[j + 1]
    if a ~= b then return is_before(a, b) end
  end
  return false
end

--- The rows in the order of their keys; by `value(store, row)`, the largest first, when that is
--- given.
function keyed.sorted(store, value)
  local rows, values = {}, {}
  for row = 0, store.count - 1 do
    rows[row + 1] = row
    if value then values[row] = value(store, row) end
  end
  table.sort(rows, function(i, j)
    if value and values[i] ~= values[j] then return values[i] > values[j] end
    return compare(store, i, j)
  end)
  return rows
end

--- The key of a row, and behind it the other arguments.
function keyed.row(store, row, ...)
  local keys, labels, at = store.keys, store.labels, row + 1
  if labels == 0 then return ... end
  if labels == 1 then return keys[1][at], ... end
  if labels == 2 then return keys[1][at], keys[2][at], ... end
  local list, more = {}, { ... }
  for label = 1, labels do list[label] = keys[label][at] end
  for i = 1, select("#", ...) do list[labels + i] = more[i] end
  return unpack(list, 1, labels + select("#", ...))
end

--- All of a store as a table that string.buffer can encode.
function keyed.pack(store)
  local layout = store.layout
  return { count = store.count, keys = store.keys,
    memory = ffi.string(store.memory, store.count * layout.cells * layout.size),
    more = layout.pack and layout.pack(store) }
end

--- The same as something to merge from.
function keyed.unpack(packed, layout)
  local share = { count = packed.count, keys = packed.keys, more = packed.more,
    anchor = packed.memory, memory = ffi.cast(layout.pointer, packed.memory) }
  if layout.unpack then layout.unpack(share) end
  return share
end

--- Makes a store what such a share is.
function keyed.restore(store, share)
  keyed.reset(store)
  keyed.merge(store, share)
  if store.layout.finish then store.layout.finish(store) end
end

--- Takes in all rows of such a share for which there is room. Returns how many there were without.
function keyed.merge(store, share)
  local layout, refused = store.layout, 0
  for row = 0, share.count - 1 do
    local key = {}
    for label = 1, store.labels do key[label] = share.keys[label][row + 1] end
    local into = keyed.find(store, key)
    if into or store.count < store.limit then
      layout.merge(store, into or keyed.add(store, key), share, row)
    else
      refused = refused + 1
    end
  end
  if layout.merged then layout.merged(store, share) end
  return refused
end

return keyed
