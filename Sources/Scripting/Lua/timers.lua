-- SPDX-License-Identifier: BSD-2-Clause
-- Timers in packet time: handles, and the function that each stands for.
--
-- A handle is {id, seconds, interval, fn, failures} without keys, and lies in a list by the place
-- that its id names: there may be a million of them.
local ffi = require "ffi"
local abi = require "mos.abi"
local boot = require "mos.boot"
local errors = require "mos.errors"
local faults = require "mos.faults"
local output = require "mos.output"

local api, worker, ev = abi.api, abi.worker, abi.event
local set_timer, cancel_timer = api.set_timer, api.cancel_timer
local getmetatable, setmetatable, xpcall = getmetatable, setmetatable, xpcall
local profile = boot.profile
local ID, SECONDS, INTERVAL, FN, FAILURES = 1, 2, 3, 4, 5
local PLACES = 2 ^ 21 -- an id is its place plus a multiple of this

local pending = {} -- place -> handle

local timers = {
  --- Handles by place; false where one was.
  pending = pending,
}

local methods = {}
local Timer = { __name = "timer", __index = methods }

local function place_of(id)
  return id % PLACES
end

function Timer.__tostring(timer)
  return ("timer (%s %g s)"):format(timer[INTERVAL] > 0 and "every" or "after", timer[SECONDS])
end

--- Stops it; true when it would have fired again.
function methods.cancel(timer)
  if getmetatable(timer) ~= Timer then
    errors.argument("timer:cancel", 0, "self", timer, "a timer (call it with a colon)", "EBADF")
  end
  local place = place_of(timer[ID])
  if pending[place] ~= timer then return false end
  pending[place] = false
  cancel_timer(worker, timer[ID])
  return true
end

local function check_seconds(call, seconds, valid, allowed)
  if type(seconds) ~= "number" or not valid or not (seconds < 1e10) then
    errors.argument(call, 1, "seconds", seconds, allowed)
  end
end

local function arm(call, seconds, interval, fn)
  if type(fn) ~= "function" then errors.argument(call, 2, "fn", fn, "a function") end
  local id = set_timer(worker, seconds, interval)
  if id < 0 then return errors.failed(call, id, ffi.string(ev.message)) end
  local timer = setmetatable({ id, seconds, interval, fn, 0 }, Timer)
  pending[place_of(id)] = timer
  return timer
end

--- Calls fn(handle) once, `seconds` from now.
function timers.settimer(seconds, fn)
  local valid = type(seconds) == "number" and seconds >= 0
  check_seconds("mos.settimer", seconds, valid, "a number, 0 or more")
  return arm("mos.settimer", seconds, 0, fn)
end

--- Calls fn(handle) every `seconds`, without drift.
function timers.every(seconds, fn)
  local valid = type(seconds) == "number" and seconds > 0
  check_seconds("mos.every", seconds, valid, "a number above 0")
  return arm("mos.every", seconds, seconds, fn)
end

local function failed(timer, message)
  faults.outside("a timer", message)
  timer[FAILURES] = timer[FAILURES] + 1
  if timer[INTERVAL] > 0 and timer[FAILURES] >= boot.options.errors_in_a_row
    and timer:cancel() then
    output.diagnose(
      ("mos: this timer is off after %d errors in a row"):format(timer[FAILURES]))
  end
end

--- Calls the function of the timer that is due. True when the loop must be left.
function timers.fire()
  local place = place_of(ev.timer)
  local timer = pending[place]
  if not timer or timer[ID] ~= ev.timer then return false end
  -- One that fires once is done with before its function may set another.
  if timer[INTERVAL] == 0 then pending[place] = false end
  local ok, message
  if profile then
    ok, message = profile.call("timer ", timer[FN], faults.describe, timer)
  else
    ok, message = xpcall(timer[FN], faults.describe, timer)
  end
  if ok then
    timer[FAILURES] = 0
    return faults.stopped
  end
  failed(timer, message)
  return faults.stopped
end

return timers
