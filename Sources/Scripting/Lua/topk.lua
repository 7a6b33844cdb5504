-- SPDX-License-Identifier: BSD-2-Clause
-- mos.topk: the keys that count most, in bounded memory. A row is a sum of two doubles, and what it
-- may lack.
--
-- When a new key finds no room, the half with the smallest sums goes, the oldest of those alike. A
-- key that goes had at most its sum and what that may lack; the most of these is what any key that
-- is not there may have, and what each one that comes from then on may lack (as in Lossy Counting:
-- G. S. Manku, R. Motwani, VLDB 2002).
local ffi = require "ffi"
local keyed = require "mos.keyed"
local sums = require "mos.sums"
local writers = require "mos.writers"

local CELLS, LACKS = 3, 2

local topk = { name = "topk", cells = CELLS, options = {}, default_labels = { "key" } }

local add = writers.number("n", "local m, at = store.memory, row * 3 " .. sums.code)
add.valid = add.valid .. " and n >= 0"
add.is_valid = function(n) return type(n) == "number" and n - n == 0 and n >= 0 end
add.allowed = "a finite number, 0 or more"

topk.verbs = {
  add = add,
  count = { body = "local m, at, n = store.memory, row * 3, 1 " .. sums.code },
}

function topk.reset(store)
  store.error = 0
end

function topk.fresh(store, row)
  local m, at = store.memory, row * CELLS
  m[at], m[at + 1], m[at + LACKS] = 0, 0, store.error
end

--- Sum of a row and what it may lack.
function topk.value(store, row)
  return store.memory[row * CELLS], store.memory[row * CELLS + LACKS]
end

-- The k-th smallest of list[0 ... count - 1], k from 0; changes their order (C. A. R. Hoare,
-- algorithm 65, with the middle one as pivot).
local function select_smallest(list, count, k)
  local left, right = 0, count - 1
  while left < right do
    local pivot, i, j = list[math.floor((left + right) / 2)], left, right
    repeat
      while list[i] < pivot do i = i + 1 end
      while pivot < list[j] do j = j - 1 end
      if i <= j then
        list[i], list[j] = list[j], list[i]
        i, j = i + 1, j - 1
      end
    until i > j
    if k <= j then right = j elseif k >= i then left = i else break end
  end
  return list[k]
end

local function prune(store)
  local old = { keys = store.keys, memory = store.memory, count = store.count }
  local m, goes = old.memory, math.ceil(old.count / 2)
  local list = ffi.new("double[?]", old.count)
  for row = 0, old.count - 1 do list[row] = m[row * CELLS] end
  local most = select_smallest(list, old.count, goes - 1)
  local alike = goes -- those of exactly that sum that go
  for row = 0, old.count - 1 do
    if m[row * CELLS] < most then alike = alike - 1 end
  end
  local error = store.error
  keyed.reset(store)
  for row = 0, old.count - 1 do
    local sum, lacks = m[row * CELLS], m[row * CELLS + LACKS]
    if sum < most or (sum == most and alike > 0) then
      if sum == most then alike = alike - 1 end
      error = math.max(error, sum + lacks)
    else
      local at = keyed.enter(store, old, row) * CELLS
      for i = 0, CELLS - 1 do store.memory[at + i] = m[row * CELLS + i] end
    end
  end
  store.error = error
end

--- Drops the half with the smallest sums.
topk.prune = prune

--- Makes room.
function topk.full(record)
  prune(record.own)
  return true
end

function topk.pack(store)
  return store.error
end

-- Until all are merged a row has what it may lack less what a key may have that is not there.
function topk.merge(store, row, share, from)
  local m, at, theirs, their_at = store.memory, row * CELLS, share.memory, from * CELLS
  sums.merge(m, at, theirs, their_at)
  m[at + LACKS] = m[at + LACKS] + theirs[their_at + LACKS] - share.more
end

function topk.merged(store, share)
  store.lacks = (store.lacks or 0) + share.more
end

function topk.finish(store)
  store.error, store.lacks = store.lacks or 0, nil
  for row = 0, store.count - 1 do
    local at = row * CELLS + LACKS
    store.memory[at] = store.memory[at] + store.error
  end
end

topk.readers = {
  error = function(store) return store.error end,
}

--- Of a key that is not there: nothing, and what it may have had.
function topk.absent_of(store)
  return 0, store.error
end

return topk
