-- SPDX-License-Identifier: BSD-2-Clause
-- The rows of a one-liner's aggregate: which are shown, in which order, and their keys.
local averages = require "mos.averages"
local histogram = require "mos.histogram"
local keyed = require "mos.keyed"

local rows = {
  --- The words whose rows are buckets.
  has_buckets = { hist = true, lhist = true, thist = true },
}

--- The parts of a row's key.
function rows.keys(record, store, row)
  local list = {}
  for label = 1, #record.labels do list[label] = store.keys[label][row + 1] end
  return list
end

local function has_values(record, store, row)
  if record.kind.name == "histogram" then return histogram.readers.count(store, row) > 0 end
  if averages[record.word] then return averages.has_values(store, row) end
  return true
end

--- The rows that have values, in the order in which they are shown.
function rows.list(record, store)
  local list = {}
  for _, row in ipairs(keyed.sorted(store, record.kind.value)) do
    if has_values(record, store, row) then list[#list + 1] = row end
  end
  return list
end

return rows
