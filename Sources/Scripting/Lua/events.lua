-- SPDX-License-Identifier: BSD-2-Clause
-- Events: what they are called, and those that scripts define themselves. The engine knows base
-- events only; who is called at the others is worked out by mos.trees.
local ffi = require "ffi"
local abi = require "mos.abi"
local errors = require "mos.errors"
local schema = require "mos.schema"
local slots = require "mos.slots"
local suggest = require "mos.suggest"

local ev = abi.event
local FIRST, MOST = 10001, 4096 -- no other number of mos lies between

-- Memory, not Lua values, because it changes while compiled code runs.
ffi.cdef [[struct mos_hand {
  double changes;      /* counts whatever may end callbacks: registrations, options, closing */
  double turn;         /* counts the events of which a raised one may come */
  int32_t own, parent; /* whose filter or callback runs; the event that its filter is defined on */
  int32_t left, quiet; /* 1: the loop must be left behind this event; nobody is called */
};]]

local hand = ffi.new "struct mos_hand"
local raised = ffi.new("double[?]", MOST) -- by id: the turn in which it was raised last

local events = {
  hand = hand, raised = raised, FIRST = FIRST,
  --- id -> {id, parent, root, filter or nil, arg, number of the filter for mos.faults}
  entries = {},
  --- event -> the events defined on it, and those allocated for it, in the order of their making
  defined = {}, allocated = {},
  --- base event -> true when some event below it may be raised
  raises = {},
}

local entries, defined, allocated = events.entries, events.defined, events.allocated
local names, hook_names, base_names = {}, {}, {}
local by_filter = {} -- base -> filter -> the events defined so
for _, entry in ipairs(schema.events) do
  local number = abi.constant(entry.name)
  names[number] = entry.name
  base_names[#base_names + 1] = entry.name
  defined[number], allocated[number], by_filter[number] = {}, {}, {}
end
for _, name in ipairs { "HK_SND", "HK_RCV", "NULL" } do
  hook_names[abi.constant(name)] = name
end

--- The name of an event's number, for messages.
function events.name(number)
  return names[number] or entries[number] and ("event %d"):format(number) or tostring(number)
end

--- The same with where it comes from.
function events.describe(number)
  local entry = entries[number]
  if not entry then return "mos." .. events.name(number) end
  return ("event %d (on mos.%s)"):format(number, names[entry.root])
end

--- The name of a hook's number, nil for another.
function events.hook_name(number)
  return hook_names[number]
end

--- The names of the events of the engine, by number.
function events.names() return names end

--- The names of hooks, by number.
function events.hook_names() return hook_names end

--- What to say of a value that is no event.
function events.allowed()
  local last = FIRST + #events.list - 1
  if last < FIRST then return "an event, as mos.ON_CONN_NEW_DATA" end
  return ("an event, as mos.ON_CONN_NEW_DATA, or one of this script: %d%s"):format(
    FIRST, last > FIRST and " to " .. last or "")
end

--- Raises the error of an argument that is no event.
function events.wrong(call, index, name, got)
  local hint = type(got) == "string" and suggest.hint(got, base_names, "mos.") or ""
  errors.argument(call, index, name, got, events.allowed() .. hint)
end

local listeners = {}

--- Calls `fn(entry)` for each new event.
function events.on_new(fn)
  listeners[#listeners + 1] = fn
end

--- User-defined events in the order of their making.
events.list = {}

local function add(parent, filter, arg)
  local entry = { id = FIRST + #events.list, parent = parent, filter = filter, arg = arg }
  entry.root = entries[parent] and entries[parent].root or parent
  if filter then entry.number = slots.hold(filter) end
  events.list[#events.list + 1] = entry
  entries[entry.id] = entry
  defined[entry.id], allocated[entry.id], by_filter[entry.id] = {}, {}, {}
  local siblings = filter and defined[parent] or allocated[parent]
  siblings[#siblings + 1] = entry
  if not filter then events.raises[entry.root] = true end
  for _, fn in ipairs(listeners) do fn(entry) end
  return entry.id
end

local function full()
  return nil, ("there are %d user-defined events already"):format(MOST), "ENOSPC"
end

--- An event that fires with `base` when filter(flow, side, id, arg) is true.
function events.define(base, filter, arg)
  local call = "mos.define_event"
  if not defined[base] then events.wrong(call, 1, "base", base) end
  if type(filter) ~= "function" then
    errors.argument(call, 2, "filter", filter, "a function(flow, side, id, arg)")
  end
  local same = by_filter[base][filter]
  for _, entry in ipairs(same or {}) do
    if rawequal(entry.arg, arg) then return entry.id end
  end
  if #events.list >= MOST then return full() end
  if not same then
    same = {}
    by_filter[base][filter] = same
  end
  local id = add(base, filter, arg)
  same[#same + 1] = entries[id]
  return id
end

--- An event that is raised by hand while `parent` is handed out.
function events.alloc(parent)
  if not defined[parent] then events.wrong("mos.alloc_event", 1, "parent", parent) end
  if #events.list >= MOST then return full() end
  return add(parent)
end

--- Raises an allocated event: its callbacks run in the same turn, behind its parent's.
function events.raise(id)
  local call, entry = "mos.raise_event", entries[id]
  if not entry or entry.filter then
    errors.argument(call, 1, "id", id, "an id that mos.alloc_event gave")
  end
  local parent, own = entry.parent, hand.own
  -- Without user-defined events on the flow nobody says whose callback runs: the event itself does.
  if own ~= parent and hand.parent ~= parent and (own ~= 0 or ev.event ~= parent) then
    errors.raise(("%s: event %d may be raised by the filter of its parent, %s, by filters defined "
      .. "on that and by its callbacks, while they run"):format(call, id, events.describe(parent)))
  end
  raised[id - FIRST] = hand.turn
  return true
end

return events
