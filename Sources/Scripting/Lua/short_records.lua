-- SPDX-License-Identifier: BSD-2-Clause
-- What one-liners have counted as records: one for each row, and for each bucket.
local bars = require "mos.short_bars"
local emit = require("mos.emit").emit
local rows_of = require "mos.short_rows"
local short = require "mos.short_aggregates"

local records = {}

local function begin_record(name, word, time, keys)
  local record = { name = name, kind = word, time = time }
  for label, part in ipairs(keys) do record[label == 1 and "key" or "key" .. label] = part end
  return record
end

local function finite(n)
  if n > -math.huge and n < math.huge then return n end
  return nil
end

local function emit_buckets(name, record, time, store, row)
  for _, bucket in ipairs(bars.rows(record.word, store, row)) do
    local line = begin_record(name, record.word, time, rows_of.keys(record, store, row))
    line.from, line.to, line.count = finite(bucket.lower), finite(bucket.upper), bucket.count
    emit(record.word, line)
  end
end

local function emit_row(name, record, time, store, row)
  local line = begin_record(name, record.word, time, rows_of.keys(record, store, row))
  local value, count, sum = record.kind.value(store, row)
  line.value = value
  if record.word == "avg" then line.count, line.sum = count, sum
  elseif record.word == "topk" then line.lacks = count end
  emit(record.word, line)
end

--- Emits one aggregate, at most `most` rows when that is given, with the time of an interval.
function records.put(name, record, skipped, most, time)
  local store = record and short.store(record)
  for i, row in ipairs(record and rows_of.list(record, store) or {}) do
    if most and i > most then break end
    local how = rows_of.has_buckets[record.word] and emit_buckets or emit_row
    how(name, record, time, store, row)
  end
  if skipped then
    local line = begin_record(name, "skipped", time, {})
    line.value = skipped
    emit("skipped", line)
  end
end

return records
