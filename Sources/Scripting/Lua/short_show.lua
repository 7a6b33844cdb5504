-- SPDX-License-Identifier: BSD-2-Clause
-- What one-liners have counted, on standard output: tables and bars for people; with --format json
-- or tsv a record for each row.
local boot = require "mos.boot"
local each = require "mos.each"
local errors = require "mos.errors"
local faults = require "mos.faults"
local gather = require "mos.gather"
local intervals = require "mos.intervals"
local keyed = require "mos.keyed"
local output = require "mos.output"
local records = require "mos.short_records"
local rows_of = require "mos.short_rows"
local short = require "mos.short_aggregates"
local suggest = require "mos.suggest"
local tables = require "mos.short_tables"

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
}

local function skipped_of(name)
  local all = state.has_intervals and short.skipped or gather.all_skipped
  return all[name] ~= 0 and all[name] or nil
end

local function put_one(name)
  local put = as_records and records.put or tables.put
  put(name, short.records[name], skipped_of(name), state.most, state.time)
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
  local rows = record and rows_of.list(record, store) or {}
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
  if not as_records then tables.begin(clock_text(time)) end
  show.show()
  show.clear()
  tables.finish()
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
