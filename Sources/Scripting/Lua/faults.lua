-- SPDX-License-Identifier: BSD-2-Clause
-- Errors in a script's callbacks: what is said, and who is switched off for how long.
--
-- After `errors_in_a_row` on one flow the callback is off for that flow. After errors on 100
-- different flows without one success between it pauses for a second, doubling up to 60. Nothing of
-- this costs anything before the first error: only then does the loop count successes (see
-- mos.loop).
local ffi = require "ffi"
local abi = require "mos.abi"
local boot = require "mos.boot"
local each = require "mos.each"
local events = require "mos.events"
local flow = require "mos.flow"
local output = require "mos.output"
local repeats = require "mos.repeats"
local slots = require "mos.slots"
local stage = require "mos.stage"

local api, worker, ev = abi.api, abi.worker, abi.event
local FLOWS, FIRST_PAUSE, LAST_PAUSE = 100, 1, 60
local REMEMBERED = 4096 -- flows of a callback whose errors in a row are counted

local faults = {
  --- Errors so far.
  count = 0,
  --- True once the loop has to report successes too.
  counting = false,
  --- The function of a script behind one that the library made of it.
  behind = setmetatable({}, { __mode = "k" }),
  --- True when the run has to stop (--strict).
  stopped = false,
  --- While a version of the scripts is new: {calls, row, outcome}; see faults.begin_trial.
  trial = nil,
}

-- The engine shows counters to scripts; these three are counted here.
local shared = ffi.cast("double *", api.counters)
local places = {}
for i = 0, api.counter_count - 1 do places[ffi.string(api.counter_name(i))] = i end

--- The place of a counter in the engine's table.
function faults.place_of(name)
  return places[name]
end

--- Adds one to a counter of the engine's table.
function faults.bump(name)
  local place = places[name]
  if place then shared[place] = shared[place] + 1 end
end

local records = {} -- slot -> what is known of its callback's errors
local side_names = { [0] = "SIDE_CLI", "SIDE_SVR", "SIDE_BOTH" }

local function now()
  return ev.now.sec + ev.now.nsec / 1e9
end

--- The message handler of every protected call of user code.
faults.describe = require("mos.describe").describe

local function context(event)
  local text = { "event " }
  if event then text[#text + 1] = event .. " on " end
  text[#text + 1] = events.name(ev.event)
  if ev.hook ~= abi.constant "NULL" then
    text[#text + 1] = " at " .. (events.hook_name(ev.hook) or ev.hook)
  end
  if side_names[ev.side] then text[#text + 1] = ", " .. side_names[ev.side] end
  if ev.flow >= 0 then text[#text + 1] = ", flow " .. flow.describe(ev.flow, ev.generation) end
  return table.concat(text)
end

local function callback_name(slot)
  local fn = slots.functions[slot]
  if not fn then return "callback" end
  fn = slots.original(fn)
  while faults.behind[fn] do fn = faults.behind[fn] end
  local info = debug.getinfo(fn, "S")
  return ("callback %s:%d"):format(info.short_src, info.linedefined)
end

local function record_of(slot)
  local record = records[slot]
  if not record then
    local name = callback_name(slot)
    record = { name = name, row = {}, rows = 0, different = 0, errors = repeats.new(name),
      pause = FIRST_PAUSE, resume = nil, skipped = 0, off = 0 }
    records[slot] = record
  end
  return record
end

-- MARK: Memory

local NO_MEMORY = "not enough memory"
local LEFT = 15 / 16 -- of script_memory: a script that keeps more than that gets nothing done

--- `text`, which has no place when LuaJIT itself had no memory, with the place `name`.
function faults.placed(text, name)
  if text ~= NO_MEMORY then return text end
  collectgarbage()
  return ("%s: %s (setting 'script_memory')"):format(name, NO_MEMORY)
end

-- What is still to be said and done when the run ends needs room, too.
local function raise_limit()
  local memory = debug.getregistry()["mos.memory"]
  if not memory then return end
  memory = ffi.cast("size_t *", memory)
  memory[0] = memory[0] * 2
end

-- After an error for want of memory: what the script does not hold any more is given back. When it
-- holds nearly everything, the run ends.
local function make_room(text)
  if not text:find(NO_MEMORY, 1, true) then return end
  -- That may take a while.
  stage.go_on()
  collectgarbage()
  collectgarbage()
  stage.go_on()
  local limit, held = boot.options.script_memory, collectgarbage "count" * 1024
  if not limit or limit == 0 or held < limit * LEFT then return end
  faults.stopped = true
  raise_limit()
  output.diagnose(("mos: the scripts hold %.0f MiB of the %.0f MiB that they may have "
    .. "(setting 'script_memory'), and what they hold cannot be collected: the run ends"):format(
    held / 2 ^ 20, limit / 2 ^ 20))
end

local function unsubscribe()
  return api.subscribe_flow(
    worker, ev.socket, ev.flow, ev.generation, ev.event, ev.hook, 0) >= 0
end

local function switch_off(record, off)
  if not (off or unsubscribe)() then return end
  record.off = record.off + 1
  if record.off == 1 then
    output.diagnose(("mos: %s is off for flow %s after %d errors in a row (said once)"):format(
      record.name, flow.describe(ev.flow, ev.generation), boot.options.errors_in_a_row))
  end
end

local function pause(record)
  faults.bump "callback_pauses"
  record.resume = now() + record.pause
  output.diagnose(
    ("mos: %s pauses for %d s of packet time after errors on %d flows without a success"):format(
      record.name, record.pause, FLOWS))
  record.pause = math.min(LAST_PAUSE, record.pause * 2)
  record.different, record.row, record.rows = 0, {}, 0
end

-- Flows are told apart by slot and generation; what has no flow counts as a new one each time.
local function key_of_event()
  if ev.flow < 0 then return nil end
  return ev.flow * 4294967296 + ev.generation
end

-- Inline, closed: what no callback has judged does not pass.
local closed = boot.options.inline == "fail-closed"
local NO_FLOW, DROP = abi.constant "NO_FLOW", abi.constant "DROP"

local function drop_packet()
  if ev.has_packet == 1 then api.change_packet(worker, -1, NO_FLOW, 0, DROP, 0, nil, 0) end
end

local function count_row(record, key, off)
  if not key then
    record.different = record.different + 1
    return
  end
  local row = (record.row[key] or 0) + 1
  if row == 1 then
    if record.rows >= REMEMBERED then record.row, record.rows = {}, 0 end
    record.rows = record.rows + 1
    record.different = record.different + 1
  end
  record.row[key] = row
  -- A callback that is off could not keep anything from passing.
  if row >= boot.options.errors_in_a_row and not closed then switch_off(record, off) end
end

--- An error outside of all callbacks.
function faults.outside_all(text)
  make_room(text)
  faults.count = faults.count + 1
  faults.bump "loop_errors"
  output.diagnose("mos: error outside the callbacks: " .. text)
end

local starts = {}

--- Calls `fn()` when successes begin to be counted.
function faults.on_counting(fn)
  starts[#starts + 1] = fn
end

-- MARK: A version that has just taken over

local CALLS, ROW = 1000, 10 -- callbacks in which so many errors in a row end it

--- From now on callbacks are counted: as faults.trial.outcome "failed" after ten errors in a row of
--- one of them, else "passed" after a thousand calls. Then the loop is left.
function faults.begin_trial()
  faults.trial = { calls = 0, rows = {} }
  faults.counting = true
  for _, fn in ipairs(starts) do fn() end
end

--- A trial is over, one way or another; successes are counted only when there were errors.
function faults.end_trial()
  faults.trial = nil
  faults.counting = next(records) ~= nil
  for _, fn in ipairs(starts) do fn() end
end

--- A callback was run during a trial, and how; `which` tells it from others.
function faults.note(which, ok)
  local trial = faults.trial
  local row = ok and 0 or (trial.rows[which] or 0) + 1
  trial.calls, trial.rows[which] = trial.calls + 1, row
  if trial.outcome then return end
  if row >= ROW then
    trial.outcome = "failed"
  elseif trial.calls >= CALLS then
    trial.outcome = "passed"
  else
    return
  end
  api.leave(worker)
end

--- A callback of slot `slot` failed with `text`. True when the loop must be left: to stop, or to be
--- entered again counting successes. `event` is the user-defined event that it was called for,
--- `off()` switches it off for the flow in hand; without them it is the callback of the event.
function faults.failed(slot, text, event, off)
  make_room(text)
  faults.count = faults.count + 1
  faults.bump "callback_errors"
  if closed then drop_packet() end
  if faults.trial then faults.note(slot, false) end
  local record = record_of(slot)
  text = faults.placed(text, record.name)
  local key = key_of_event()
  repeats.take(record.errors, text, key, function()
    output.diagnose(("mos: error in a callback: %s\n    %s"):format(text, context(event)))
  end)
  if boot.options.strict then faults.stopped = true end
  if faults.stopped then return true end
  count_row(record, key, off)
  if record.different >= FLOWS then pause(record) end
  if faults.counting then return false end
  faults.counting = true
  for _, fn in ipairs(starts) do fn() end
  return true
end

--- A callback of slot `slot` returned without an error.
function faults.succeeded(slot)
  if faults.trial then faults.note(slot, true) end
  local record = records[slot]
  if not record then return end
  record.different, record.pause = 0, FIRST_PAUSE
  if record.rows > 0 then
    local key = key_of_event()
    if key and record.row[key] then
      record.row[key] = nil
      record.rows = record.rows - 1
    end
  end
end

--- True while the callback of that slot pauses; counts what it misses.
function faults.paused(slot)
  local record = records[slot]
  if not record or not record.resume then return false end
  if now() < record.resume then
    record.skipped = record.skipped + 1
    if closed then drop_packet() end
    return true
  end
  record.resume = nil
  return false
end

local others = {} -- what a function is for -> what is known of its errors

--- A user function other than an event's callback failed; `more` is said in another line.
function faults.outside(what, text, more)
  make_room(text)
  faults.count = faults.count + 1
  faults.bump "callback_errors"
  if faults.trial then faults.note(what, false) end
  others[what] = others[what] or repeats.new(what)
  repeats.take(others[what], text, nil, function()
    output.diagnose(("mos: error in %s: %s%s"):format(
      what, text, more and "\n    " .. more or ""))
  end)
  if boot.options.strict then faults.stopped = true end
end

local function close(record)
  repeats.close(record.errors)
  if record.off > 1 then
    output.diagnose(("mos: %s was switched off on %d flows"):format(record.name, record.off))
  end
  if record.skipped > 0 then
    output.diagnose(
      ("mos: %s missed %d events while it paused"):format(record.name, record.skipped))
  end
end

--- A slot stands for another function from now on.
function faults.forget(slot)
  if records[slot] then
    close(records[slot])
    records[slot] = nil
  end
end

--- Says at the end of the run what was only counted.
function faults.summarize()
  local order = {}
  for slot in each(records) do order[#order + 1] = slot end
  table.sort(order)
  for _, slot in ipairs(order) do close(records[slot]) end
  faults.summarize_others()
end

--- The same of functions that are no callbacks, and forgets them.
function faults.summarize_others()
  local names = {}
  for what in each(others) do names[#names + 1] = what end
  table.sort(names)
  for _, what in ipairs(names) do repeats.close(others[what]) end
  others = {}
end

return faults
