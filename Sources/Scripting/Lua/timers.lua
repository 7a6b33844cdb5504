-- SPDX-License-Identifier: BSD-2-Clause
-- Timers in packet time: handles, and the function that each stands for.
--
-- A handle is {id, seconds, interval, fn, failures} without keys, and lies in a list by the place
-- that its id names: there may be a million of them.
local ffi = require "ffi"
local abi = require "mos.abi"
local carry = require "mos.carry"
local boot = require "mos.boot"
local each = require "mos.each"
local errors = require "mos.errors"
local faults = require "mos.faults"
local names = require "mos.names"
local output = require "mos.output"
local scripts = require "mos.scripts"

local api, worker, ev = abi.api, abi.worker, abi.event
local set_timer, cancel_timer = api.set_timer, api.cancel_timer
local getmetatable, setmetatable, xpcall = getmetatable, setmetatable, xpcall
local profile = boot.profile
local ID, SECONDS, INTERVAL, FN, FAILURES = 1, 2, 3, 4, 5
local PLACES = 2 ^ 21 -- an id is its place plus a multiple of this

local pending = {} -- place -> handle
local top = {}     -- those that the top level of a script set, in order

local timers = {
  --- Handles by place; false where one was.
  pending = pending,
  --- Functions of this library's own timers, which it sets again by itself after a reload.
  internal = setmetatable({}, { __mode = "k" }),
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
  if not scripts.running then top[#top + 1] = timer end
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

-- MARK: Across a reload

local function where(fn)
  local info = debug.getinfo(fn, "S")
  return ("%s:%d"):format(info.short_src, info.linedefined)
end

local function is_set(timer)
  return pending[place_of(timer[ID])] == timer
end

--- The timers that are set, for the version that takes over.
function timers.hand_over()
  local list, is_top, counts = {}, {}, {}
  for _, timer in ipairs(top) do
    local kind = ("%.17g %.17g"):format(timer[SECONDS], timer[INTERVAL])
    counts[kind] = (counts[kind] or 0) + 1
    is_top[timer] = counts[kind]
  end
  for _, timer in each(pending) do
    if timer and not timers.internal[timer[FN]] then
      list[#list + 1] = { id = timer[ID], seconds = timer[SECONDS], interval = timer[INTERVAL],
        name = names.of[timer[FN]], top = is_top[timer], where = where(timer[FN]) }
    end
  end
  return list
end

-- The former timer in whose place a timer of the top level comes: of a function with that name, or
-- the one that was set in the same turn for the same time.
local function match(timer, turn, list)
  local name = names.of[timer[FN]]
  for _, theirs in ipairs(list) do
    local same = theirs.seconds == timer[SECONDS] and theirs.interval == timer[INTERVAL]
    if same and not theirs.is_taken and (name and theirs.name == name
      or not name and not theirs.name and theirs.top == turn) then
      theirs.is_taken = true
      return theirs
    end
  end
  return nil
end

local function put(id, timer)
  timer[ID] = id
  pending[place_of(id)] = timer
end

-- The timers of the top level, each in the place of its former self, else from now on.
local function settle_top(list)
  local set, counts = {}, {}
  for _, timer in ipairs(top) do
    if is_set(timer) then set[#set + 1] = timer end
  end
  for place in each(pending) do pending[place] = nil end
  top = set
  for _, timer in ipairs(set) do
    local kind = ("%.17g %.17g"):format(timer[SECONDS], timer[INTERVAL])
    counts[kind] = (counts[kind] or 0) + 1
    local theirs = not timers.internal[timer[FN]] and match(timer, counts[kind], list)
    local id = theirs and theirs.id or set_timer(worker, timer[SECONDS], timer[INTERVAL])
    if id < 0 then error(ffi.string(ev.message), 0) end
    put(id, timer)
  end
end

--- Takes over the timers of the version before. Returns how many go on, and where the functions of
--- the others are.
function timers.take_over(list)
  settle_top(list)
  local kept, lost = 0, {}
  for _, theirs in ipairs(list) do
    local fn = theirs.name and not theirs.top and names.by_name[theirs.name]
    if theirs.is_taken then
      kept = kept + 1
    elseif type(fn) == "function" then
      kept = kept + 1
      put(theirs.id, setmetatable({ theirs.id, theirs.seconds, theirs.interval, fn, 0 }, Timer))
    elseif not theirs.top then
      lost[#lost + 1] = theirs.where
    end
  end
  return kept, lost
end

--- Cancels what only this version has set: `list` is what another goes on with.
function timers.cancel_all_but(list)
  local stays = {}
  for _, id in ipairs(list) do stays[id] = true end
  for place, timer in each(pending) do
    if timer and not stays[timer[ID]] then
      pending[place] = false
      cancel_timer(worker, timer[ID])
    end
  end
end

--- The functions of all timers that scripts have set.
function timers.functions()
  local list = {}
  for _, timer in each(pending) do
    if timer and not timers.internal[timer[FN]] then list[#list + 1] = timer[FN] end
  end
  return list
end

--- Cancels those of `list` that this version does not know.
function timers.cancel_unknown(list)
  for _, id in ipairs(list) do
    local timer = pending[place_of(id)]
    if not timer or timer[ID] ~= id then cancel_timer(worker, id) end
  end
end

--- The numbers of all timers that are set.
function timers.ids()
  local list = {}
  for _, timer in each(pending) do
    if timer then list[#list + 1] = timer[ID] end
  end
  return list
end

local function failed(timer, message)
  faults.outside("a timer", message, tostring(timer))
  timer[FAILURES] = timer[FAILURES] + 1
  if timer[INTERVAL] > 0 and timer[FAILURES] >= boot.options.errors_in_a_row
    and timer:cancel() then
    output.diagnose(
      ("mos: this timer is off after %d errors in a row"):format(timer[FAILURES]))
  end
end

--- Calls the function of the timer that is due. True when the loop must be left.
function timers.fire()
  if ev.timer < 0 then
    carry.slice(ev.timer == -2)
    return false
  end
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
    if faults.trial then faults.note("a timer", true) end
    return faults.stopped
  end
  failed(timer, message)
  return faults.stopped
end

return timers
