-- SPDX-License-Identifier: BSD-2-Clause
-- The loop that drives the engine: it asks for the next event and calls the function of its slot.
--
-- It is generated whenever the registrations of sockets change: a binary if-tree over the slots,
-- one protected call per slot, everything constant, so that LuaJIT compiles each way through it
-- into one trace. What is registered on single flows is called through a table and never
-- regenerates it.
local ffi = require "ffi"
local abi = require "mos.abi"
local boot = require "mos.boot"
local each = require "mos.each"
local errors = require "mos.errors"
local faults = require "mos.faults"
local flow = require "mos.flow"
local register = require "mos.register"
local slots = require "mos.slots"
local timers = require "mos.timers"
local tree_code = require "mos.tree_code"
local trees = require "mos.trees"

local api, worker, ev = abi.api, abi.worker, abi.event
local xpcall, setmetatable = xpcall, setmetatable
local Flow = flow.Flow
local END, ATTENTION = abi.constant "LEAVE_END", abi.constant "LEAVE_ATTENTION"
local IDLE = abi.constant "LEAVE_IDLE"
local ON_ZERO_WINDOW = abi.constant "ON_ZERO_WINDOW"
local ON_ERROR, ON_GAP = abi.constant "ON_ERROR", abi.constant "ON_GAP"

local UNROLLED = 40     -- functions that fit into one loop: LuaJIT allows 60 upvalues
local GENERATIONS = 100 -- afterwards everything goes through the table

--- The last argument of ON_ERROR, ON_GAP and ON_ZERO_WINDOW: reads the event in hand.
local code_names = {}
for _, name in ipairs { "OVERRUN", "WINDOW", "PAWS", "LIMIT" } do
  code_names[abi.constant("ERROR_" .. name)] = name
end

local gap_reasons = {}
for _, name in ipairs { "MISSED", "CUT", "LIMIT", "POOL", "END" } do
  gap_reasons[abi.constant("GAP_" .. name)] = name:lower()
end

local arg = setmetatable({}, {
  __name = "arg",
  __index = function(_, key)
    if key == "offset" then return ev.offset
    elseif key == "length" then return ev.length
    elseif key == "code" then
      if ev.event == ON_ERROR then return code_names[ev.code] end
      return nil
    elseif key == "reason" then
      if ev.event == ON_GAP then return gap_reasons[ev.code] end
      return nil
    elseif key == "duration" then
      if ev.event == ON_ZERO_WINDOW and ev.length >= 0 then return ev.length end
      return nil
    end
    errors.raise(("arg has no field %s; it has code, reason, offset, length and duration"):format(
      errors.show(key)))
  end,
  __newindex = function() errors.raise("arg: its fields cannot be set") end,
})

tree_code.arg = arg

local calls = {
  [slots.FLOW] = "xpcall(%s, describe, setmetatable({ ev.flow, ev.generation, ev.socket }, Flow), "
    .. "ev.side, ev.event)",
  [slots.ARG] = "xpcall(%s, describe, setmetatable({ ev.flow, ev.generation, ev.socket }, Flow), "
    .. "ev.side, ev.event, arg)",
  [slots.SOCKET] = "xpcall(%s, describe, sockets[ev.socket], ev.side, ev.event)",
}

local profile = boot.profile

local plain = "local ok, e = CALL if not ok and failed(s, e) then return s end"
local counting = "if not paused(s) then local ok, e = CALL "
  .. "if ok then succeeded(s) elseif failed(s, e) then return s end end"

-- Through the table: slots of single flows, and those beyond UNROLLED.
local dispatch = [[
local fn, kind = functions[s], kinds[s]
if kind == 1 then FLOW elseif kind == 2 then ARG elseif kind == 3 then SOCKET
elseif kind == 4 then TREE end
]]

-- `id` is the text of the number by which a profile knows the function.
local function call_of(kind, name, id)
  -- A tree makes its calls itself.
  if kind == slots.TREE then return ("if %s.run(%s) then return s end"):format(name, name) end
  local text = faults.counting and counting or plain
  local call = calls[kind]:format(name)
  if profile then
    text = text:gsub("local ok, e = CALL", function()
      return "local ok, e " .. profile.text("ok, e", call, id)
    end)
  end
  return (text:gsub("CALL", function() return call end))
end

local function dispatch_text()
  return (dispatch:gsub("%u%u%u+", function(kind) return call_of(slots[kind], "fn", "id(s)") end))
end

local otherwise = "if quiet[0] == 0 and other(s) then return s end"

local function tree(list, from, to)
  if from == to then
    local slot = list[from]
    return ("if s == %d then if quiet[0] == 0 then %s end else %s end"):format(
      slot, call_of(slots.kinds[slot], "f" .. slot, profile and profile.id(slot)), otherwise)
  end
  local middle = math.floor((from + to) / 2) + 1
  return ("if s < %d then %s else %s end"):format(
    list[middle], tree(list, from, middle - 1), tree(list, middle, to))
end

local UNKNOWN = 2 ^ 30 -- a slot that no function has

local unrolled = {} -- slot -> true for those in the loop that runs

local function slots_of_sockets()
  local seen, list = {}, {}
  for _, events in each(register.registered) do
    for _, hooks in each(events) do
      for _, slot in each(hooks) do
        if not seen[slot] then
          seen[slot] = true
          list[#list + 1] = slot
        end
      end
    end
  end
  table.sort(list)
  return list
end

local function release()
  flow.release(ev.flow)
end

local source = [[
local ev, xpcall, describe, setmetatable, Flow, arg, sockets, functions, kinds,
  failed, succeeded, paused, fire, release, quiet, profiled, begin, finish, id = ...
FUNCTIONS
local function other(s)
  DISPATCH
end
return function(next, from)
  while true do
    local s = next(from)
    if s >= 3 then
      TREE
    elseif s == 2 then
      if quiet[0] == 0 and fire() then return s end
    elseif s == 1 then
      if quiet[0] == 0 then release() end
    else
      return 0
    end
  end
end
]]

-- LuaJIT compiles a loop as it finds it: if the first event's function cannot be compiled (it makes
-- a closure, say, or has a loop of its own), neither would the loop be, for any other function. So
-- the ways through the tree are compiled first, without the functions; each function is then a
-- trace of its own, hanging on its leaf, and one that cannot be compiled costs nobody else.
local ROOT, BRANCH = 200, 40 -- rounds that make LuaJIT compile a loop, and a side of it

ffi.cdef "struct mos_rehearsal { int32_t at, count, slots[?]; };"

-- Memory, not a Lua value, because LuaJIT would test that once, ahead of the loop.
local quiet = ffi.new "int32_t[1]"

local next_rehearsed = ffi.cast(ffi.typeof(api.next), boot.rehearse)

local function rehearse(run, list)
  local ways = { UNKNOWN, 2, 1 }
  for i = #list, 1, -1 do table.insert(ways, 1, list[i]) end
  local count = ROOT + BRANCH * #ways
  local rehearsal = ffi.new("struct mos_rehearsal", count, 0, count)
  for i = 0, count - 1 do
    rehearsal.slots[i] = ways[math.max(1, math.floor((i - ROOT) / BRANCH) + 1)]
  end
  quiet[0] = 1
  -- Of the very types that the engine's call has: LuaJIT compiles for types.
  run(next_rehearsed, ffi.cast(ffi.typeof(worker), rehearsal))
  quiet[0] = 0
end

local generations = 0

local function generate()
  generations = generations + 1
  local list = generations <= GENERATIONS and slots_of_sockets() or {}
  for i = #list, UNROLLED + 1, -1 do list[i] = nil end
  unrolled = {}
  local functions = {}
  for i, slot in ipairs(list) do
    functions[i] = ("local f%d = functions[%d]"):format(slot, slot)
    unrolled[slot] = true
  end
  local body = #list > 0 and tree(list, 1, #list) or otherwise
  local parts = {
    FUNCTIONS = table.concat(functions, "\n"), DISPATCH = dispatch_text(), TREE = body,
  }
  local text = source:gsub("%f[%u](%u+)%f[%U]", parts)
  local chunk = assert(loadstring(text, "=mos/loop (generated)"))
  local run = chunk(ev, xpcall, faults.describe, setmetatable, Flow, arg, flow.sockets,
    slots.functions, slots.kinds, faults.failed, faults.succeeded, faults.paused, timers.fire,
    release, quiet, unpack(profile and profile.parts or {}))
  rehearse(run, list)
  return run
end

local running = false

-- A loop that may call the wrong function, or miss one, is left before the next event.
local function outdated()
  if running then api.leave(worker) end
end

register.on_change(outdated)
slots.on_free(function(slot)
  faults.forget(slot)
  if unrolled[slot] then outdated() end
end)

local loop = {
  --- Called when the engine has no packet for now and waits to be asked again: in tests alone.
  on_idle = nil,
}

-- Runs until the loop is left for something else than that.
local function drive(run)
  local left = run(api.next, worker)
  while left == 0 and ev.code == IDLE do
    loop.on_idle()
    left = run(api.next, worker)
  end
  return left
end

--- Runs until the engine has no more events ("over"), the script must stop ("stopped"), another
--- thread wants something between packets ("attention"), or the trial of a new version is over
--- ("passed", "failed").
function loop.run()
  running = true
  if profile then profile.start() end
  local why
  local barren = 0 -- errors outside callbacks since the loop was last left as it should be
  repeat
    local ok, left = pcall(drive, generate())
    local outcome = faults.trial and faults.trial.outcome
    why = nil
    if ok then
      barren = 0
      if left == 0 then
        why = ev.code == END and "over" or ev.code == ATTENTION and "attention" or outcome
      end
    else
      trees.reset()
      collectgarbage()
      barren = barren + 1
      faults.outside_all(tostring(left))
    end
    if not why and (faults.stopped or barren >= 100) then why = "stopped" end
  until why
  running = false
  if profile then profile.stop() end
  return why
end

return loop
