-- SPDX-License-Identifier: BSD-2-Clause
-- mos.on_interval and mos.on_report: workers meet at points in packet time and at the end, and
-- worker 0 runs the functions on what all of them know.
--
-- An interval is due at the multiples of its length since 1970, in every worker, by a timer of
-- each. On captures worker 0 waits for the others there. Live it never waits: it looks again every
-- hundredth of a second until all have handed in.
local ffi = require "ffi"
local abi = require "mos.abi"
local aggregates = require "mos.aggregates"
local boot = require "mos.boot"
local each = require "mos.each"
local errors = require "mos.errors"
local faults = require "mos.faults"
local gather = require "mos.gather"
local output = require "mos.output"
local scripts = require "mos.scripts"
local timers = require "mos.timers"
local keyed = require "mos.keyed"

local api, worker, ev = abi.api, abi.worker, abi.event
local LOOK_AGAIN = 0.01 -- seconds between looks whether live workers have handed in
local WAITING = 16      -- reports of an interval that may wait for the others

local intervals = {}
local list = {}

local BILLION = 1000000000ULL

local function nanoseconds(seconds, rest)
  return ffi.new("uint64_t", seconds) * BILLION + ffi.new("uint64_t", rest)
end

local function now()
  return nanoseconds(ev.now.sec, ev.now.nsec)
end

local function clock()
  api.clock(worker)
  return nanoseconds(ev.value[0], ev.value[1])
end

-- The timer of an interval fires next at `time`.
local function arm(interval, time)
  -- The engine takes whole nanoseconds, rounded down.
  local timer, problem = timers.settimer((tonumber(time - now()) + 0.5) / 1e9, interval.due)
  if not timer then error("mos.on_interval: " .. problem, 0) end
  interval.timer = timer
end

local function meeting(interval, time)
  return ("i%s:%d.%09d"):format(interval.series, tonumber(time / BILLION),
    tonumber(time % BILLION))
end

local function clear(interval)
  for _, record in ipairs(interval.clear) do
    if record.own then keyed.reset(record.own) else record.reset() end
  end
end

-- A function that keeps failing is not called again; what it was to read goes on being gathered.
local function call(interval, time)
  if interval.failures >= boot.options.errors_in_a_row then return end
  local ok, message
  if boot.profile then
    ok, message = boot.profile.call("interval ", interval.fn, faults.describe, time)
  else
    ok, message = xpcall(interval.fn, faults.describe, time)
  end
  if ok then
    interval.failures = 0
    return
  end
  faults.outside("on_interval", message)
  interval.failures = interval.failures + 1
  if interval.failures >= boot.options.errors_in_a_row then
    output.diagnose(("mos: this on_interval is off after %d errors in a row"):format(
      interval.failures))
  end
end

-- A cleared aggregate is in each share what came since the one before; all else is in the last.
local function is_left_out(interval, record, share)
  if interval.clears[record] then return not share.share.is_new end
  return not share.share.is_last
end

-- The shares of all workers for a meeting; of one that left it out, what it said before.
local function shares_of(interval, name, own)
  local shares = { { from = 0, text = own, is_new = true, is_last = true } }
  for from = 1, api.worker_count - 1 do
    local texts = gather.take(name, from)
    for _, text in ipairs(texts) do
      shares[#shares + 1] = { from = from, text = text, is_new = true }
    end
    if texts[1] then
      interval.latest[from] = texts[#texts]
      shares[#shares].is_last = true
    elseif interval.latest[from] then
      shares[#shares + 1] = { from = from, text = interval.latest[from], is_last = true }
    end
  end
  gather.dismiss(name)
  return shares
end

local function report(interval, waiting)
  gather.reading(shares_of(interval, waiting.name, waiting.own), function(record, share)
    return is_left_out(interval, record, share)
  end, call, interval, waiting.seconds)
end

-- Reports what is complete, the oldest first.
local function look(interval)
  while interval.waiting[1] and gather.is_complete(interval.waiting[1].name, false) do
    report(interval, table.remove(interval.waiting, 1))
    if faults.stopped then return end
  end
  if not interval.waiting[1] and interval.looker then
    interval.looker:cancel()
    interval.looker = nil
  end
end

local function say_late(interval)
  if interval.is_late then return end
  interval.is_late = true
  output.diagnose(("mos: on_interval: worker %d is ahead of others by %d intervals; what comes "
    .. "goes into a later report (said once)"):format(api.worker_index, WAITING))
end

local function wait_for_others(interval, waiting)
  interval.waiting[#interval.waiting + 1] = waiting
  if not interval.looker then
    local again = function() look(interval) end
    timers.internal[again] = true
    interval.looker = timers.every(LOOK_AGAIN, again) or nil
  end
  look(interval)
end

local function meet_as_first(interval, time, seconds)
  if #interval.waiting >= WAITING then return say_late(interval) end
  local waiting = { name = meeting(interval, time), own = gather.share(), seconds = seconds }
  clear(interval)
  if api.is_live ~= 0 then return wait_for_others(interval, waiting) end
  gather.is_complete(waiting.name, true)
  report(interval, waiting)
end

local function meet(interval, time)
  local seconds = ev.now.sec + ev.now.nsec / 1e9
  if api.worker_count == 1 then
    gather.reading(nil, nil, call, interval, seconds)
    clear(interval)
  elseif api.worker_index == 0 then
    meet_as_first(interval, time, seconds)
  elseif gather.hand_in(meeting(interval, time), gather.share()) then
    clear(interval)
  else
    say_late(interval)
  end
end

-- A capture that is older than the one before sets the clock back: another series of meetings.
local function note_restart(interval, time)
  if interval.last and time <= interval.last then
    interval.restarts = interval.restarts + 1
    interval.series = ("%d+%d"):format(interval.number, interval.restarts)
  end
  interval.last = time
end

local function due(interval)
  local time, length = now(), interval.length
  local latest = clock()
  latest = latest - latest % length
  local is_due = interval.is_armed and time % length == 0
  -- Of several that the clock has passed at once, the last alone is due.
  if is_due and latest > time then return arm(interval, latest) end
  interval.is_armed = true
  arm(interval, time - time % length + length)
  if not is_due then return end
  note_restart(interval, time)
  meet(interval, time)
end

local function records_of(list_of_aggregates)
  local records, set = {}, {}
  for i, object in ipairs(list_of_aggregates) do
    local record = aggregates.record_of(object)
    if not record then
      errors.argument("mos.on_interval", 3, "clear " .. i, object, "an aggregate")
    end
    records[i], set[record] = record, true
  end
  return records, set
end

local function check_options(options)
  if type(options) ~= "table" then
    errors.argument("mos.on_interval", 3, "options", options, "a table {clear = {aggregates}}")
  end
  for key in each(options) do
    if key ~= "clear" then
      errors.raise(("mos.on_interval: there is no option %s; there is clear"):format(
        errors.show(key)))
    end
  end
  if options.clear ~= nil and type(options.clear) ~= "table" then
    errors.argument("mos.on_interval", 3, "clear", options.clear, "a list of aggregates")
  end
  return records_of(options.clear or {})
end

--- Calls fn(time) at every multiple of `seconds` of packet time.
function intervals.on_interval(seconds, fn, options)
  local name = "mos.on_interval"
  if type(seconds) ~= "number" or not (seconds >= 0.001 and seconds <= 1e6) then
    errors.argument(name, 1, "seconds", seconds, "a number, 0.001 to 1000000")
  end
  if type(fn) ~= "function" then errors.argument(name, 2, "fn", fn, "a function") end
  intervals.declare(name, seconds, fn, check_options(options == nil and {} or options))
end

--- The same for what has checked its arguments: `records` are aggregates that are cleared, or have
--- a reset() of their own, and `set` the same as keys; both may grow.
function intervals.declare(name, seconds, fn, records, set)
  if scripts.running then
    errors.raise(name .. ": the run has begun; call it at the script's top level", "EBUSY")
  end
  local number = #list + 1
  local interval = { number = number, series = tostring(number), fn = fn, clear = records,
    clears = set, length = ffi.new("uint64_t", math.floor(seconds * 1e9 + 0.5)), failures = 0,
    restarts = 0, waiting = {}, latest = {} }
  interval.due = function() due(interval) end
  timers.internal[interval.due] = true
  list[number] = interval
  -- The first packet starts the clock.
  interval.timer = timers.settimer(0, interval.due)
end

-- MARK: Across a reload

local carried = { "series", "restarts", "last", "is_late", "waiting", "latest" }

--- Where the meetings of all workers stand, for the version that takes over.
function intervals.hand_over()
  local found = {}
  for number, interval in ipairs(list) do
    found[number] = { length = interval.length }
    for _, name in ipairs(carried) do found[number][name] = interval[name] end
  end
  return found
end

--- Intervals wait for their time anew: their timers may have fired while another version ran.
function intervals.rearm()
  for _, interval in ipairs(list) do
    if interval.timer then interval.timer:cancel() end
    interval.is_armed = false
    interval.timer = timers.settimer(0, interval.due)
  end
end

--- Goes on where the version before was, in intervals of the same place and length.
function intervals.take_over(found)
  for number, theirs in ipairs(found) do
    local interval = list[number]
    if interval and interval.length == theirs.length then
      for _, name in ipairs(carried) do interval[name] = theirs[name] end
      if interval.waiting[1] then look(interval) end
    end
  end
end

local own_share -- of worker 0, at its end

--- This worker has ended: the others may know what it knows.
function intervals.finish()
  if api.worker_count == 1 then return end
  local share = gather.share()
  if api.worker_index == 0 then own_share = share else gather.hand_in("end", share) end
end

-- What workers handed in for reports that worker 0 has not lived to: of aggregates that were
-- cleared then it is nowhere else.
local function take_rest(interval, shares)
  local name = ("i%s:8999999999.000000000"):format(interval.series)
  for from = 1, api.worker_count - 1 do
    for _, text in ipairs(gather.take(name, from)) do
      shares[#shares + 1] = { from = from, text = text, interval = interval }
    end
  end
  for _, waiting in ipairs(interval.waiting) do
    shares[#shares + 1] = { from = 0, text = waiting.own, interval = interval }
  end
end

local function is_no_rest(record, share)
  return share.share.interval and not share.share.interval.clears[record]
end

--- Runs what waits, then `fn` on what all workers know at their end.
function intervals.report(fn)
  if api.worker_count == 1 then return gather.reading(nil, nil, fn) end
  for _, interval in ipairs(list) do look(interval) end
  local shares = { { from = 0, text = own_share or gather.share(), is_last = true } }
  gather.is_complete("end", true)
  for from = 1, api.worker_count - 1 do
    local texts = gather.take("end", from)
    shares[#shares + 1] = texts[1] and { from = from, text = texts[1], is_last = true }
  end
  gather.dismiss "end"
  for _, interval in ipairs(list) do take_rest(interval, shares) end
  gather.reading(shares, is_no_rest, fn)
end

return intervals
