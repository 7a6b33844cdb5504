-- SPDX-License-Identifier: BSD-2-Clause
-- Callback slots: the small numbers by which the engine names functions. One slot per function and
-- way of calling it, so that the loop knows from the slot alone what to pass.
local abi = require "mos.abi"
local output = require "mos.output"

local api, worker = abi.api, abi.worker

local FIRST = 3 -- 0 leaves the loop, 1 is the release of a flow, 2 a timer
local MANY = 10000 -- functions in use at once: more are closures made per flow

local slots = {
  --- Ways of calling: with a flow; with a flow and `arg`; with a socket; the functions of a tree of
  --- user-defined events (see mos.trees).
  FLOW = 1, ARG = 2, SOCKET = 3, TREE = 4,
  functions = {}, -- slot -> function, or tree
  --- The user's function behind one: itself, but for those that tests count.
  original = function(fn) return fn end,
  kinds = {},     -- slot -> way of calling it
}

local HELD = 5 -- a number for functions of trees: the engine never gets to know it

local of = { {}, {}, {}, {}, {} } -- kind -> function -> slot
local holders = {} -- held slot -> how often it is held
local free, next_new = {}, FIRST
local listeners = {}

--- Calls `fn(slot)` when a slot stands for nothing any more, and may stand for another function.
function slots.on_free(fn)
  listeners[#listeners + 1] = fn
end

local function release(slot)
  local fn, kind = slots.functions[slot], slots.kinds[slot]
  if not fn then return end
  of[kind][fn] = nil
  slots.functions[slot] = nil
  slots.kinds[slot] = nil
  free[#free + 1] = slot
  for i = 1, #listeners do listeners[i](slot, fn, kind) end
end

-- Each function makes a set of registrations of its own: said once, with the line that makes them.
local said = false
local function warn(fn, kind)
  said = true
  if kind == slots.TREE then
    output.diagnose(("mos.register_callback: more than %d sets of registrations: flows differ in "
      .. "the events that they have callbacks for (said once)"):format(MANY))
    return
  end
  local info = debug.getinfo(slots.original(fn), "S")
  output.diagnose(("mos.register_callback: more than %d sets of registrations: %s:%d makes a "
    .. "function for each flow; make it once, and keep what differs in flow.ctx (said once)")
    :format(MANY, info.short_src, info.linedefined))
end

local function new_slot(fn, kind)
  local gone = api.freed_slot(worker)
  while gone ~= 0 do
    release(gone)
    gone = api.freed_slot(worker)
  end
  local slot = free[#free]
  if slot then
    free[#free] = nil
  else
    slot, next_new = next_new, next_new + 1
  end
  of[kind][fn] = slot
  slots.functions[slot] = fn
  slots.kinds[slot] = kind
  if next_new - FIRST - #free > MANY and not said then warn(fn, kind) end
  return slot
end

--- The slot of `fn` called that way, and whether it is new.
function slots.take(fn, kind)
  local slot = of[kind][fn]
  if slot then return slot, false end
  return new_slot(fn, kind), true
end

--- Gives back a slot that the engine never got to know.
slots.release = release

--- A number that stands for `fn` until it was dropped as often as it was held.
function slots.hold(fn)
  local slot = of[HELD][fn] or new_slot(fn, HELD)
  holders[slot] = (holders[slot] or 0) + 1
  return slot
end

--- Takes back one hold of a number.
function slots.drop(slot)
  local count = holders[slot] - 1
  holders[slot] = count > 0 and count or nil
  if count == 0 then release(slot) end
end

return slots
