-- SPDX-License-Identifier: BSD-2-Clause
-- What callbacks cost: calls are counted, and one of some 64 is timed. Loaded for --profile only;
-- without it the loop has not a word of it.
--
-- A timed call stands for those since the timed one before: sums have that weight.
local ffi = require "ffi"
local abi = require "mos.abi"
local boot = require "mos.boot"
local errors = require "mos.errors"
local faults = require "mos.faults"
local slots = require "mos.slots"

local ev = abi.event
local ALWAYS = 64    -- calls that are all timed
local SOME = 32      -- afterwards one of SOME to 3 * SOME
local PLACES = 1023  -- functions told apart, by where they are defined; 0 stands for the others
local BUCKETS = 320  -- of time: 8 for each doubling
local MONOTONIC, THREAD_TIME = 1, 3

ffi.cdef [[
struct mos_timespec { long sec, nsec; };
int clock_gettime(int clock, struct mos_timespec *time);
struct mos_profile {
  double calls, due, timed, ns, bytes, errors, last;
  uint32_t events;
  double bucket[320];
};
]]

local rows = ffi.new("struct mos_profile[?]", PLACES + 1)
for i = 0, PLACES do rows[i].due = 1 end

local time = ffi.new "struct mos_timespec"
local get_time = ffi.C.clock_gettime

local function clock()
  get_time(MONOTONIC, time)
  return tonumber(time.sec) * 1e9 + tonumber(time.nsec)
end

local function thread_time()
  get_time(THREAD_TIME, time)
  return tonumber(time.sec) * 1e9 + tonumber(time.nsec)
end

-- What the allocator gave out so far, see CMosLua/memory.c.
local memory = ffi.cast("size_t *", debug.getregistry()["mos.memory"])

local function allocated()
  return tonumber(memory[1])
end

local profile = {
  --- By number of a place: what is known of the functions there.
  rows = rows,
}

local names, numbers, count = {}, {}, 0 -- names by number; numbers by name
local ids = {}                          -- slot -> number of its place
local by_function = setmetatable({}, { __mode = "k" })

local function number_of(name)
  local number = numbers[name]
  if not number then
    if count >= PLACES then return 0 end
    count = count + 1
    number = count
    names[number], numbers[name] = name, number
  end
  return number
end

-- `what` is said before the place.
local function number_of_function(fn, what)
  local number = by_function[fn]
  if number then return number end
  local info = debug.getinfo(fn, "S")
  number = number_of(("%s%s:%d"):format(what, info.short_src, info.linedefined))
  by_function[fn] = number
  return number
end

--- The number of the place where a slot's function is defined.
function profile.id(slot)
  local id = ids[slot]
  if not id then
    local fn = slots.functions[slot]
    id = type(fn) == "function" and number_of_function(fn, "") or 0
    ids[slot] = id
  end
  return id
end

slots.on_free(function(slot) ids[slot] = nil end)

local overhead = 0

--- Begins to time a call: the time, and what was allocated before.
function profile.begin()
  return clock(), allocated()
end

local log = math.log
local floor, min, max = math.floor, math.min, math.max
local seed = 1

--- A timed call has ended.
function profile.finish(id, began, before)
  local ns, bytes = max(clock() - began - overhead, 1), allocated() - before
  local row = rows[id]
  local weight = row.calls - row.last
  row.last = row.calls
  row.timed = row.timed + 1
  row.ns = row.ns + ns * weight
  row.bytes = row.bytes + bytes * weight
  local bucket = min(floor(log(ns) * (8 / 0.6931471805599453)), BUCKETS - 1)
  row.bucket[bucket] = row.bucket[bucket] + weight
  local number = ev.event - abi.first_event
  if number >= 0 and number < 32 then row.events = bit.bor(row.events, bit.lshift(1, number)) end
  if row.calls < ALWAYS then
    row.due = row.calls + 1
  else
    seed = (seed * 16807) % 2147483647
    row.due = row.calls + SOME + seed % (2 * SOME)
  end
end

--- xpcall for a function that no slot stands for: a timer's, say; `what` is said before its place.
function profile.call(what, fn, handler, ...)
  local id = number_of_function(fn, what)
  local row = rows[id]
  row.calls = row.calls + 1
  if row.calls < row.due then return xpcall(fn, handler, ...) end
  local began, before = profile.begin()
  local ok, message = xpcall(fn, handler, ...)
  profile.finish(id, began, before)
  row.events = 0
  if not ok then row.errors = row.errors + 1 end
  return ok, message
end

-- The text of a protected call CALL, timed now and then; ID is the number of its place.
local counted = "local row = profiled[ID] row.calls = row.calls + 1 "
  .. "if row.calls < row.due then RESULTS = CALL else local t, m = begin() RESULTS = CALL "
  .. "finish(ID, t, m) end "

--- What that text needs, as `profiled`, `begin`, `finish` and `id`.
profile.parts = { rows, profile.begin, profile.finish, profile.id }

--- Wraps the text "ok, e = CALL" of generated code; `id` is the text of a place's number.
function profile.text(results, call, id)
  return (counted:gsub("%u%u+", { RESULTS = results, CALL = call, ID = id }))
end

local failed = faults.failed

function faults.failed(slot, ...)
  local row = rows[profile.id(slot)]
  row.errors = row.errors + 1
  return failed(slot, ...)
end

-- MARK: The run

local started, started_thread, run_time, run_thread_time = 0, 0, 0, 0
local cycles = 0

-- Finalized in each cycle of the collector, and made anew.
local function count_cycle()
  cycles = cycles + 1
  getmetatable(newproxy(true)).__gc = count_cycle
end

--- The loop begins.
function profile.start()
  overhead = math.huge
  local least = math.huge
  for _ = 1, 500 do
    local before = clock()
    least = min(least, clock() - before)
  end
  overhead = least
  getmetatable(newproxy(true)).__gc = count_cycle
  started, started_thread = clock(), thread_time()
end

--- The loop has ended.
function profile.stop()
  run_time, run_thread_time = clock() - started, thread_time() - started_thread
end

-- MARK: What is told

local function buckets_of(row)
  local parts = {}
  for i = 0, BUCKETS - 1 do
    if row.bucket[i] > 0 then parts[#parts + 1] = ("%d:%.0f"):format(i, row.bucket[i]) end
  end
  return table.concat(parts, " ")
end

local function is_ours(name)
  return errors.is_ours("=" .. name:gsub("^%l+ ", ""))
end

--- What this worker knows, as lines of fields between tabs.
function profile.share()
  local lines = { ("run\t%.0f\t%.0f\t%d"):format(run_time, run_thread_time, cycles) }
  for id = 0, count do
    local row = rows[id]
    if row.calls > 0 and not is_ours(names[id] or "others") then
      lines[#lines + 1] = ("row\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%d\t%s"):format(
        names[id] or "others", row.calls, row.timed, row.ns, row.bytes, row.errors, row.events,
        buckets_of(row))
    end
  end
  for _, line in ipairs(require("mos.compiling").share()) do lines[#lines + 1] = line end
  return table.concat(lines, "\n")
end

require("mos.compiling").attach()
boot.profile = profile

return profile
