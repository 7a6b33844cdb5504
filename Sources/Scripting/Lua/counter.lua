-- SPDX-License-Identifier: BSD-2-Clause
-- mos.counter: sums by key. A row is a sum of two doubles.
local sums = require "mos.sums"
local writers = require "mos.writers"

local counter = { name = "counter", cells = 2, options = {} }

local body = "local m, at = store.memory, row * 2 " .. sums.code

counter.verbs = {
  add = writers.number("n", body),
  count = { body = "local m, at, n = store.memory, row * 2, 1 " .. sums.code },
}

--- The sum of a row.
function counter.value(store, row)
  return store.memory[row * 2]
end

counter.absent = 0

function counter.merge(store, row, share, from)
  sums.merge(store.memory, row * 2, share.memory, from * 2)
end

return counter
