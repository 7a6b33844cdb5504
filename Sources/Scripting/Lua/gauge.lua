-- SPDX-License-Identifier: BSD-2-Clause
-- mos.gauge: values by key, that stand for what is now. A row is a sum of two doubles, when it was
-- set (seconds, nanoseconds, number of the packet or 0), and 1 when it was.
local abi = require "mos.abi"
local errors = require "mos.errors"
local sums = require "mos.sums"
local writers = require "mos.writers"

local ev = abi.event
local CELLS, TIME, SET = 6, 2, 5

local gauge = { name = "gauge", cells = CELLS }

local kept = { sum = true, last = true, max = true, min = true }

--- What is kept of several values: their sum over workers, the last in packet time, the largest or
--- smallest.
gauge.options = {
  keep = function(value) return kept[value] and value end,
}
gauge.allowed = { keep = '"sum", "last", "max" or "min"' }

local set = {
  sum = "m[at], m[at + 1], m[at + 5] = n, 0, 1",
  last = "m[at], m[at + 1], m[at + 5] = n, 0, 1 "
    .. "m[at + 2], m[at + 3], m[at + 4] = ev.now.sec, ev.now.nsec, 0 "
    .. "if ev.has_packet ~= 0 then m[at + 4] = ev.packet.number end",
  max = "if m[at + 5] == 0 or n > m[at] then m[at], m[at + 5] = n, 1 end",
  min = "if m[at + 5] == 0 or n < m[at] then m[at], m[at + 5] = n, 1 end",
}

local function check_sum(record, call)
  if record.options.keep then
    errors.raise(('%s: this gauge keeps the %s of the values that are set; only one with keep = '
      .. '"sum" can be added to'):format(call, record.options.keep))
  end
end

function gauge.verbs_of(record)
  local keep = record.options.keep or "sum"
  if keep == "sum" then record.options.keep = nil end
  local head = "local m, at = store.memory, row * 6 "
  local add = writers.number("v", head .. "m[at + 5] = 1 " .. sums.code)
  if keep ~= "sum" then add.check = check_sum end
  return { set = writers.number("v", head .. set[keep], { ev = ev }), add = add }
end

--- The value of a row; nil before it was set.
function gauge.value(store, row)
  local m, at = store.memory, row * CELLS
  if m[at + SET] == 0 then return nil end
  return m[at]
end

--- What sorts rows by value: those never set come last.
function gauge.weight(store, row)
  return gauge.value(store, row) or -math.huge
end

local function is_later(a, at, b, from)
  for i = TIME, TIME + 2 do
    if a[at + i] ~= b[from + i] then return a[at + i] > b[from + i] end
  end
  return false
end

local replaces = {
  max = function(m, at, theirs, from) return theirs[from] > m[at] end,
  min = function(m, at, theirs, from) return theirs[from] < m[at] end,
  last = function(m, at, theirs, from) return is_later(theirs, from, m, at) end,
}

function gauge.merge(store, row, share, from)
  local m, at, theirs, their_at = store.memory, row * CELLS, share.memory, from * CELLS
  if theirs[their_at + SET] == 0 then return end
  local keep = store.layout.options.keep
  if not keep then
    sums.merge(m, at, theirs, their_at)
    m[at + SET] = 1
  elseif m[at + SET] == 0 or replaces[keep](m, at, theirs, their_at) then
    for i = 0, CELLS - 1 do m[at + i] = theirs[their_at + i] end
  end
end

return gauge
