-- SPDX-License-Identifier: BSD-2-Clause
-- What one-liners have counted as tables and bars, for people.
local bars = require "mos.short_bars"
local histogram = require "mos.histogram"
local numbers = require "mos.short_numbers"
local output = require "mos.output"
local rows_of = require "mos.short_rows"
local short = require "mos.short_aggregates"

local ROWS, WIDEST = 20, 60 -- keys of an aggregate; columns of a key that are aligned
local has_buckets = rows_of.has_buckets

local tables = {}
local state = { printed = false, was_line = false } -- what stands above

-- A row's value as one text, and what stands behind it.
local function value_text(record, store, row)
  local value, count, sum = record.kind.value(store, row)
  if record.word == "avg" then
    return numbers.plain(value), ("(count %d, total %s)"):format(count, numbers.plain(sum))
  elseif record.word == "topk" and count > 0 then
    return numbers.plain(value), ("(up to %s more)"):format(numbers.plain(count))
  end
  return numbers.plain(value), nil
end

local function summary_text(record, store, row)
  local read = histogram.readers
  local text = record.word == "thist" and numbers.seconds or numbers.short
  local count = read.count(store, row)
  return ("%d value%s, avg %s, max %s"):format(count, count == 1 and "" or "s",
    text(read.avg(store, row)), text(read.max(store, row)))
end

local function put(line)
  output.print(line)
  state.printed = true
end

local function padded(text, width)
  return text .. (" "):rep(width - #text)
end

local function put_rows(record, store, rows)
  local lines, widths, digits, has_fraction = {}, {}, 0, false
  for i, row in ipairs(rows) do
    local line = { keys = rows_of.keys(record, store, row) }
    for label, part in ipairs(line.keys) do
      line.keys[label] = numbers.key(part)
      widths[label] = math.max(widths[label] or 0, math.min(WIDEST, #line.keys[label]))
    end
    line.value, line.more = value_text(record, store, row)
    has_fraction = has_fraction or line.value:find "[.e]"
    digits = math.max(digits, #line.value)
    lines[i] = line
  end
  for _, line in ipairs(lines) do
    for label, text in ipairs(line.keys) do line.keys[label] = padded(text, widths[label]) end
    -- Fractions stand below each other at their first digit, whole numbers at their last.
    local value = has_fraction and line.more and padded(line.value, digits)
      or has_fraction and line.value or padded("", digits - #line.value) .. line.value
    put(("  %s  %s%s"):format(table.concat(line.keys, "  "), value,
      line.more and "  " .. line.more or ""))
  end
end

local function put_bars(record, store, rows)
  for _, row in ipairs(rows) do
    local parts = rows_of.keys(record, store, row)
    for label, part in ipairs(parts) do parts[label] = numbers.key(part) end
    if parts[1] then
      put(("  %s: %s"):format(table.concat(parts, "  "), summary_text(record, store, row)))
    end
    for _, line in ipairs(bars.lines(record.word, store, row)) do put(line) end
  end
end

-- One that has no keys.
local function put_alone(title, record, store)
  if has_buckets[record.word] then
    put(title .. " " .. summary_text(record, store, 0))
    put_bars(record, store, { 0 })
  else
    local value, more = value_text(record, store, 0)
    put(("%s %s%s"):format(title, value, more and " " .. more or ""))
  end
end

local function put_keyed(title, record, store, rows, most)
  local left = #rows - most
  for i = #rows, most + 1, -1 do rows[i] = nil end
  put(title)
  local how = has_buckets[record.word] and put_bars or put_rows
  how(record, store, rows)
  if left > 0 then put(("  ... %d more"):format(left)) end
end

--- Writes one aggregate, at most `most` of its keys; how often values were passed over, or nil.
function tables.put(name, record, skipped, most)
  local store = record and short.store(record)
  local rows = record and rows_of.list(record, store) or {}
  if not rows[1] and not skipped then return end
  local title, is_alone = numbers.key(name) .. ":", record and #record.labels == 0
  -- Numbers without keys stand below each other.
  local is_line = is_alone and not has_buckets[record.word] and not skipped
  if state.printed and not (is_line and state.was_line) then put "" end
  if not rows[1] then put(title)
  elseif is_alone then put_alone(title, record, store)
  else put_keyed(title, record, store, rows, most or ROWS) end
  if skipped then put(("  (%d without a value)"):format(skipped)) end
  state.was_line = is_line
end

--- Writes a line above those that follow.
function tables.begin(line)
  if state.printed then put "" end
  put(line)
  state.printed = false
end

--- What follows does not belong to what stands above.
function tables.finish()
  state.printed, state.was_line = true, false
end

return tables
