-- SPDX-License-Identifier: BSD-2-Clause
-- Timers in packet time: handles, and the function that each stands for.
local ffi = require "ffi"
local abi = require "mos.abi"
local errors = require "mos.errors"

local api, worker, ev = abi.api, abi.worker, abi.event
local timers = {}
local pending = {} -- id -> handle

local methods = {}
local Timer = { __name = "timer", __index = methods }

function Timer.__tostring(timer)
  return ("timer (%s %g s)"):format(timer.interval > 0 and "every" or "after", timer.seconds)
end

--- Stops it; true when it would have fired again.
function methods.cancel(timer)
  if getmetatable(timer) ~= Timer then
    errors.argument("timer:cancel", 0, "self", timer, "a timer (call it with a colon)", "EBADF")
  end
  if pending[timer.id] ~= timer then return false end
  pending[timer.id] = nil
  api.cancel_timer(worker, timer.id)
  return true
end

local function check_seconds(call, seconds, valid, allowed)
  if type(seconds) ~= "number" or not valid or not (seconds < 1e10) then
    errors.argument(call, 1, "seconds", seconds, allowed)
  end
end

local function arm(call, seconds, interval, fn)
  if type(fn) ~= "function" then errors.argument(call, 2, "fn", fn, "a function") end
  local id = api.set_timer(worker, seconds, interval)
  if id < 0 then return errors.failed(call, id, ffi.string(ev.message)) end
  local timer = setmetatable(
    { id = id, seconds = seconds, interval = interval, fn = fn, failures = 0 }, Timer)
  pending[id] = timer
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

--- The handle that is due, taken off the list when it fires once; nil for one cancelled meanwhile.
function timers.due()
  local timer = pending[ev.timer]
  if timer and timer.interval == 0 then pending[ev.timer] = nil end
  return timer
end

return timers
