-- SPDX-License-Identifier: BSD-2-Clause
-- The kinds of one-liners' avg, min and max. A row is the number of values, their sum as two
-- doubles, the least and the largest.
local sums = require "mos.sums"
local writers = require "mos.writers"

local CELLS, SUM, LEAST, MOST = 5, 1, 3, 4
local huge = math.huge

local body = "local m, first = store.memory, row * 5 m[first], m[first + 3], m[first + 4] = "
  .. "m[first] + 1, min(m[first + 3], n), max(m[first + 4], n) local at = first + 1 " .. sums.code

local function fresh(store, row)
  local m, at = store.memory, row * CELLS
  m[at + LEAST], m[at + MOST] = huge, -huge
end

local function merge(store, row, share, from)
  local m, at, theirs, their_at = store.memory, row * CELLS, share.memory, from * CELLS
  m[at] = m[at] + theirs[their_at]
  sums.merge(m, at + SUM, theirs, their_at + SUM)
  m[at + LEAST] = math.min(m[at + LEAST], theirs[their_at + LEAST])
  m[at + MOST] = math.max(m[at + MOST], theirs[their_at + MOST])
end

local averages = {}

local function kind(name, value)
  averages[name] = {
    name = name, cells = CELLS, options = {}, fresh = fresh, merge = merge, value = value,
    verbs = { add = writers.number("value", body, { min = math.min, max = math.max }) },
  }
end

kind("avg", function(store, row)
  local m, at = store.memory, row * CELLS
  return m[at + SUM] / m[at], m[at], m[at + SUM]
end)

kind("min", function(store, row) return store.memory[row * CELLS + LEAST] end)

kind("max", function(store, row) return store.memory[row * CELLS + MOST] end)

--- True when a row has values.
function averages.has_values(store, row)
  return store.memory[row * CELLS] > 0
end

return averages
