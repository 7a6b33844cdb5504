-- SPDX-License-Identifier: BSD-2-Clause
-- What one-liners have counted, on standard output: tables and bars for people; with --format json
-- or tsv a record for each row.
local averages = require "mos.averages"
local bars = require "mos.short_bars"
local boot = require "mos.boot"
local each = require "mos.each"
local emit = require "mos.emit"
local errors = require "mos.errors"
local faults = require "mos.faults"
local gather = require "mos.gather"
local histogram = require "mos.histogram"
local intervals = require "mos.intervals"
local keyed = require "mos.keyed"
local numbers = require "mos.short_numbers"
local output = require "mos.output"
local short = require "mos.short_aggregates"
local suggest = require "mos.suggest"

local ROWS, WIDEST = 20, 60 -- keys of an aggregate; columns of a key that are aligned
local is_table = { hist = true, lhist = true, thist = true }

local show = {}
local chosen = boot.options.records and boot.options.format or "text"
local as_records = chosen == "json" or chosen == "tsv"
local state = {
  most = nil,        -- rows, where top() said so
  now = nil,         -- what shows: "interval", "report"; nil while nothing may be
  time = nil,        -- of the interval
  has_intervals = false,
  shown = {},        -- name -> true, in on.report
  asked = {},        -- names that show and clear were called with -> the call
  printed = false,   -- true once something stands above
}

local function keys_of(record, store, row)
  local list = {}
  for label = 1, #record.labels do list[label] = store.keys[label][row + 1] end
  return list
end

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
    local line = { keys = keys_of(record, store, row) }
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
    local parts = keys_of(record, store, row)
    for label, part in ipairs(parts) do parts[label] = numbers.key(part) end
    if parts[1] then
      put(("  %s: %s"):format(table.concat(parts, "  "), summary_text(record, store, row)))
    end
    for _, line in ipairs(bars.lines(record.word, store, row)) do put(line) end
  end
end

local function has_values(record, store, row)
  if record.kind.name == "histogram" then return histogram.readers.count(store, row) > 0 end
  if averages[record.word] then return averages.has_values(store, row) end
  return true
end

-- The rows in the order in which they are shown.
local function rows_of(record, store)
  local rows = {}
  for _, row in ipairs(keyed.sorted(store, record.kind.value)) do
    if has_values(record, store, row) then rows[#rows + 1] = row end
  end
  return rows
end

-- One that has no keys.
local function put_alone(title, record, store)
  if is_table[record.word] then
    put(title .. " " .. summary_text(record, store, 0))
    put_bars(record, store, { 0 })
  else
    local value, more = value_text(record, store, 0)
    put(("%s %s%s"):format(title, value, more and " " .. more or ""))
  end
end

local function put_keyed(title, record, store, rows)
  local most = state.most or ROWS
  local left = #rows - most
  for i = #rows, most + 1, -1 do rows[i] = nil end
  put(title)
  local how = is_table[record.word] and put_bars or put_rows
  how(record, store, rows)
  if left > 0 then put(("  ... %d more"):format(left)) end
end

local function put_text(name, record, skipped)
  local store = record and short.store(record)
  local rows = record and rows_of(record, store) or {}
  if not rows[1] and not skipped then return end
  local title, is_alone = numbers.key(name) .. ":", record and #record.labels == 0
  -- Numbers without keys stand below each other.
  local is_line = is_alone and not is_table[record.word] and not skipped
  if state.printed and not (is_line and state.was_line) then put "" end
  if not rows[1] then put(title)
  elseif is_alone then put_alone(title, record, store)
  else put_keyed(title, record, store, rows) end
  if skipped then put(("  (%d without a value)"):format(skipped)) end
  state.was_line = is_line
end

-- MARK: Records

local function begin_record(name, word, keys)
  local record = { name = name, kind = word, time = state.time }
  for label, part in ipairs(keys) do record[label == 1 and "key" or "key" .. label] = part end
  return record
end

local function finite(n)
  if n > -math.huge and n < math.huge then return n end
  return nil
end

local function emit_buckets(name, record, store, row)
  for _, bucket in ipairs(bars.rows(record.word, store, row)) do
    local line = begin_record(name, record.word, keys_of(record, store, row))
    line.from, line.to, line.count = finite(bucket.lower), finite(bucket.upper), bucket.count
    emit(record.word, line)
  end
end

local function emit_row(name, record, store, row)
  local line = begin_record(name, record.word, keys_of(record, store, row))
  local value, count, sum = record.kind.value(store, row)
  line.value = value
  if record.word == "avg" then line.count, line.sum = count, sum
  elseif record.word == "topk" then line.lacks = count end
  emit(record.word, line)
end

local function put_records(name, record, skipped)
  local store = record and short.store(record)
  for i, row in ipairs(record and rows_of(record, store) or {}) do
    if state.most and i > state.most then break end
    local how = is_table[record.word] and emit_buckets or emit_row
    how(name, record, store, row)
  end
  if skipped then
    local line = begin_record(name, "skipped", {})
    line.value = skipped
    emit("skipped", line)
  end
end

-- MARK: What scripts call

local function skipped_of(name)
  local all = state.has_intervals and short.skipped or gather.all_skipped
  return all[name] ~= 0 and all[name] or nil
end

local function put_one(name)
  (as_records and put_records or put_text)(name, short.records[name], skipped_of(name))
end

local function all_names()
  local seen, names = {}, {}
  for _, list in ipairs { short.records, state.has_intervals and short.skipped
    or gather.all_skipped } do
    for name in each(list) do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names)
  return names
end

-- The names of a call, all without one.
local function names_of(call, ...)
  if select("#", ...) == 0 then return all_names() end
  local names = { ... }
  for i = 1, select("#", ...) do
    if type(names[i]) ~= "string" then
      errors.argument(call, i, "name", names[i], "the name of an aggregate")
    end
    state.asked[names[i]] = call
  end
  return names
end

--- Shows the aggregates of those names, or all: within on.interval and on.report.
function show.show(...)
  local names = names_of("show", ...)
  if not state.now then
    errors.raise("show: what all workers know is there in functions of on.interval and on.report; "
      .. "what is left is shown at the end", "EPERM")
  end
  for _, name in ipairs(names) do
    put_one(name)
    state.shown[name] = true
  end
end

--- Forgets what the aggregates of those names, or all, have counted: within on.interval.
function show.clear(...)
  local names = names_of("clear", ...)
  if not state.now then
    errors.raise("clear: it is for functions of on.interval and on.report", "EPERM")
  end
  for _, name in ipairs(names) do
    local record = short.records[name]
    if record then short.clear(record) end
    if state.has_intervals then short.skipped[name] = nil end
    state.cleared[name] = true
  end
end

--- For `for`: the parts of a key, then what stands beside it, in the order in which they are shown:
--- within on.interval and on.report.
function show.each(name)
  names_of("each", name)
  if not state.now then
    errors.raise("each: it is for functions of on.interval and on.report", "EPERM")
  end
  local record, at = short.records[name], 0
  local store = record and short.store(record)
  local rows = record and rows_of(record, store) or {}
  return function()
    at = at + 1
    if rows[at] then return keyed.row(store, rows[at], record.kind.value(store, rows[at])) end
    return nil
  end
end

--- How many keys of each aggregate are shown.
function show.top(n)
  if type(n) ~= "number" or n < 1 or n % 1 ~= 0 then
    errors.argument("top", 1, "n", n, "a whole number, 1 or more")
  end
  state.most = n
end

local function clock_text(time)
  local fraction = time % 1 > 0.0005 and ("%.3f"):format(time % 1):sub(2) or ""
  return os.date("!%Y-%m-%d %H:%M:%S", time) .. fraction .. " UTC"
end

local function default(time)
  if not as_records then
    if state.printed then put "" end
    put(clock_text(time))
    state.printed = false
  end
  show.show()
  show.clear()
  state.printed, state.was_line = true, false
end

local function within(what, time, fn)
  state.now, state.time, state.shown, state.cleared = what, time, {}, {}
  local ok, message = xpcall(fn, faults.describe, time)
  state.now, state.time = nil, nil
  return ok, message
end

--- Calls fn(time) every so many seconds of packet time; without it all is shown and cleared.
function show.interval(seconds, fn)
  if type(seconds) ~= "number" or not (seconds >= 0.001 and seconds <= 1e6) then
    errors.argument("on.interval", 1, "seconds", seconds, "a number, 0.001 to 1000000")
  end
  if fn ~= nil and type(fn) ~= "function" then
    errors.argument("on.interval", 2, "fn", fn, "a function, or left out")
  end
  fn = fn or default
  local failures = 0
  intervals.declare("on.interval", seconds, function(time)
    short.add_up()
    if failures >= boot.options.errors_in_a_row then return end
    local ok, message = within("interval", time, fn)
    failures = ok and 0 or failures + 1
    if ok then return end
    faults.outside("on.interval", message)
    if failures >= boot.options.errors_in_a_row then
      output.diagnose(("mos: this on.interval is off after %d errors in a row"):format(failures))
    end
  end, short.cleared, short.cleared_set)
  state.has_intervals = true
end

local function say_unknown()
  local names = all_names()
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  for name, call in each(state.asked) do
    if not known[name] then
      output.diagnose(('mos: %s: nothing is called %s%s'):format(call, errors.show(name),
        suggest.hint(name, names)))
    end
  end
end

local hooks = {}

--- Calls fn() once, at the end, before what is left is shown.
function show.report(fn)
  if type(fn) ~= "function" then errors.argument("on.report", 1, "fn", fn, "a function") end
  hooks[#hooks + 1] = fn
end

--- The end: what has not been shown by functions of on.report.
function show.finish()
  if state.has_intervals then short.add_up() end
  local hidden = {}
  local function note()
    for name in each(state.shown) do hidden[name] = true end
    for name in each(state.cleared) do hidden[name] = true end
  end
  for _, fn in ipairs(hooks) do
    local ok, message = within("report", nil, fn)
    note()
    if not ok then faults.outside("on.report", message) end
  end
  local ok, message = within("report", nil, function()
    for _, name in ipairs(all_names()) do
      if not hidden[name] then put_one(name) end
    end
  end)
  if not ok then faults.outside("show", message) end
  say_unknown()
end

return show
