-- SPDX-License-Identifier: BSD-2-Clause
-- Callback slots: the small numbers by which the engine names functions. One slot per function and
-- way of calling it, so that the loop knows from the slot alone what to pass.
local abi = require "mos.abi"
local output = require "mos.output"

local api, worker = abi.api, abi.worker

local FIRST = 3 -- 0 leaves the loop, 1 is the release of a flow, 2 a timer
local MANY = 10000 -- functions in use at once: more are closures made per flow

local slots = {
  --- Ways of calling: with a flow; with a flow and `arg`; with a socket.
  FLOW = 1, ARG = 2, SOCKET = 3,
  functions = {}, -- slot -> function
  kinds = {},     -- slot -> way of calling it
}

local of = { {}, {}, {} } -- kind -> function -> slot
local free, next_new = {}, FIRST
local forget = function() end

--- Calls `fn(slot)` when a slot may stand for another function from now on.
function slots.on_free(fn)
  forget = fn
end

local function release(slot)
  local fn, kind = slots.functions[slot], slots.kinds[slot]
  if not fn then return end
  of[kind][fn] = nil
  slots.functions[slot] = nil
  slots.kinds[slot] = nil
  free[#free + 1] = slot
  forget(slot)
end

-- Each function makes a set of registrations of its own: said once, with the line that makes them.
local said = false
local function warn(fn)
  said = true
  local info = debug.getinfo(fn, "S")
  output.diagnose(("mos.register_callback: more than %d sets of registrations: %s:%d makes a "
    .. "function for each flow; make it once, and keep what differs in flow.ctx (said once)")
    :format(MANY, info.short_src, info.linedefined))
end

--- The slot of `fn` called that way, and whether it is new.
function slots.take(fn, kind)
  local slot = of[kind][fn]
  if slot then return slot, false end
  local gone = api.freed_slot(worker)
  while gone ~= 0 do
    release(gone)
    gone = api.freed_slot(worker)
  end
  slot = free[#free]
  if slot then
    free[#free] = nil
  else
    slot, next_new = next_new, next_new + 1
  end
  of[kind][fn] = slot
  slots.functions[slot] = fn
  slots.kinds[slot] = kind
  if next_new - FIRST - #free > MANY and not said then warn(fn) end
  return slot, true
end

--- Gives back a slot that the engine never got to know.
slots.release = release

return slots
