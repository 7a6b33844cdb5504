-- SPDX-License-Identifier: BSD-2-Clause
-- register_callback: who is called at which event of which socket or flow.
local ffi = require "ffi"
local abi = require "mos.abi"
local each = require "mos.each"
local errors = require "mos.errors"
local events = require "mos.events"
local flow = require "mos.flow"
local schema = require "mos.schema"
local slots = require "mos.slots"
local trees = require "mos.trees"

local api, worker, ev = abi.api, abi.worker, abi.event
local subscribe_flow, registered_now = api.subscribe_flow, api.registered
local getmetatable, select, type = getmetatable, select, type
local Flow, Socket, sockets = flow.Flow, flow.Socket, flow.sockets
local hand, live, take = events.hand, trees.live, slots.take
local SOCKET = slots.SOCKET
local STREAM, RAW = abi.constant "SOCK_MONITOR_STREAM", abi.constant "SOCK_MONITOR_RAW"
local FLOW = abi.constant "SOCK_MONITOR_FLOW"
local CALL = "mos.register_callback"

local register = {
  --- socket id -> base event -> hook -> slot
  registered = {},
  --- What sockets are called in messages.
  type_names = { [STREAM] = "stream", [RAW] = "raw", [FLOW] = "flow" },
}

local registered = register.registered

--- In tests: gives the function that is registered in the place of one (see mos.test_watch).
register.watch = nil
local changed = function() end

--- Calls `fn()` whenever the registrations of sockets have changed.
function register.on_change(fn)
  changed = fn
end

local function message()
  return ffi.string(ev.message)
end

-- MARK: What may be registered: socket type -> event -> its rule

local rules = { [STREAM] = {}, [RAW] = {}, [FLOW] = {} }

-- `default` are the hooks of a registration without one, `at` the hooks of one that names it.
local function rule(root, hooks, default, kind)
  local at = {}
  for _, hook in ipairs(hooks) do at[hook] = { hook } end
  return { root = root, hooks = hooks, default = default, at = at, kind = kind, is_user = false }
end

local function numbers_of(names)
  local numbers = {}
  for i, name in ipairs(names) do numbers[i] = abi.constant(name) end
  return numbers
end

for _, entry in ipairs(schema.events) do
  local number, hooks = abi.constant(entry.name), numbers_of(entry.hooks)
  local kind = entry.socket and SOCKET or (entry.arg and slots.ARG or slots.FLOW)
  rules[STREAM][number] = rule(number, hooks, entry.both and hooks or { hooks[1] }, kind)
  if entry.raw then
    local raw = numbers_of(entry.raw)
    rules[RAW][number] = rule(number, raw, { raw[1] }, SOCKET)
  end
  if entry.flow then rules[FLOW][number] = rules[STREAM][number] end
end

-- A user-defined event has the hooks of its base.
events.on_new(function(entry)
  for _, of_type in each(rules) do
    local base = of_type[entry.root]
    if base then
      of_type[entry.id] = { root = base.root, hooks = base.hooks, default = base.default,
        at = base.at, kind = base.kind, is_user = true }
    end
  end
end)

local function wrong_event(socket_type, event)
  if not events.defined[event] then events.wrong(CALL, 2, "event", event) end
  local allowed = {}
  for _, entry in ipairs(schema.events) do
    if rules[socket_type][abi.constant(entry.name)] then
      allowed[#allowed + 1] = "mos." .. entry.name
    end
  end
  local last = table.remove(allowed)
  local word = events.entries[event] and "" or "event "
  errors.raise(("%s: a %s socket has no %s%s; it has %s and %s"):format(
    CALL, register.type_names[socket_type], word, events.describe(event),
    table.concat(allowed, ", "), last))
end

local function wrong_hook(event, wanted, hook)
  local names = {}
  for i, number in ipairs(wanted.hooks) do names[i] = "mos." .. events.hook_name(number) end
  local name = events.hook_name(hook)
  errors.raise(("%s: argument 3 (hook) is %s; %s may have %s"):format(CALL,
    name and "mos." .. name or errors.show(hook), events.describe(event),
    table.concat(names, " or ")))
end

-- The rule, the hooks and the function of (event[, hook], fn or nil).
local function parse(socket_type, event, ...)
  local count = select("#", ...)
  if count < 1 or count > 2 then
    errors.raise(CALL .. ": it takes (s or flow, event[, hook], fn or nil)")
  end
  local hook, fn = ...
  if count == 1 then hook, fn = nil, hook end
  if fn ~= nil and type(fn) ~= "function" then
    errors.argument(CALL, count + 2, "fn", fn, "a function, or nil to remove the callback")
  end
  if fn and register.watch and events.defined[event] then fn = register.watch(fn, event) end
  local wanted = rules[socket_type][event] or wrong_event(socket_type, event)
  local hooks = wanted.default
  if hook ~= nil then hooks = wanted.at[hook] or wrong_hook(event, wanted, hook) end
  return wanted, hooks, fn
end

-- MARK: On flows

-- Where user-defined events are, the present registration decides what the new one is.
local function on_tree(f, wanted, event, hook, fn)
  local present = registered_now(worker, f[3], f[1], f[2], wanted.root, hook)
  if present < 0 then return present end
  local slot, is_new = trees.change(present, wanted.kind, event, fn)
  if slot == present then return 0 end
  local result = subscribe_flow(worker, f[3], f[1], f[2], wanted.root, hook, slot)
  if result < 0 and is_new then slots.release(slot) end
  return result
end

local function on_base(f, wanted, hook, fn)
  local slot, is_new = 0, false
  if fn then slot, is_new = take(fn, wanted.kind) end
  local result = subscribe_flow(worker, f[3], f[1], f[2], wanted.root, hook, slot)
  if result < 0 and is_new then slots.release(slot) end
  return result
end

local function at_hook(f, wanted, event, hook, fn)
  if wanted.is_user or live[event] > 0 then return on_tree(f, wanted, event, hook, fn) end
  return on_base(f, wanted, hook, fn)
end

local function on_flow(f, event, ...)
  local wanted, hooks, fn = parse(sockets[f[3]].type, event, ...)
  if wanted.kind == SOCKET then
    errors.raise(("%s: %s belongs to no flow; register it on the socket"):format(
      CALL, events.describe(event)))
  end
  hand.changes = hand.changes + 1
  local result = at_hook(f, wanted, event, hooks[1], fn)
  if result >= 0 and hooks[2] then result = at_hook(f, wanted, event, hooks[2], fn) end
  if result < 0 then return errors.failed(CALL, result, message()) end
  return true
end

-- MARK: On sockets

--- Raises unless `s`, argument `index` of a call (1 when left out), is a socket that is open.
function register.need_open(call, s, index)
  if getmetatable(s) ~= Socket then
    errors.argument(call, index or 1, "s", s, "a socket", "EBADF")
  elseif s.closed then
    errors.raise(("%s: socket %s is closed"):format(call, s.name))
  end
end

local function slot_on_socket(present, wanted, event, fn)
  if wanted.is_user or live[event] > 0 then
    return trees.change(present, wanted.kind, event, fn)
  end
  if fn then return take(fn, wanted.kind) end
  return 0, false
end

local function on_socket(s, event, ...)
  register.need_open(CALL, s)
  local wanted, hooks, fn = parse(s.type, event, ...)
  local at = registered[s.id][wanted.root]
  hand.changes = hand.changes + 1
  for i = 1, #hooks do
    local slot, is_new = slot_on_socket(at[hooks[i]] or 0, wanted, event, fn)
    local result = api.subscribe(worker, s.id, wanted.root, hooks[i], slot)
    if result < 0 then
      if is_new then slots.release(slot) end
      return errors.failed(CALL, result, message())
    end
    at[hooks[i]] = slot ~= 0 and slot or nil
  end
  changed()
  return true
end

--- Calls fn at an event of a flow, or of a socket's later flows; nil removes.
function register.register_callback(target, event, ...)
  if getmetatable(target) == Flow then return on_flow(target, event, ...) end
  if getmetatable(target) ~= Socket then
    errors.argument(CALL, 1, "s or flow", target, "a socket or a flow", "EBADF")
  end
  return on_socket(target, event, ...)
end

--- A socket is made: nothing is registered on it.
function register.open(id)
  local at = {}
  for _, entry in ipairs(schema.events) do at[abi.constant(entry.name)] = {} end
  registered[id] = at
end

--- Registers again with the engine what is registered on a socket; `must` judges its results.
function register.restore(id, must)
  for event, hooks in each(registered[id]) do
    for hook, slot in each(hooks) do must(api.subscribe(worker, id, event, hook, slot)) end
  end
end

--- Sockets get other numbers: `map` leads from the present one to the new one.
function register.renumber(map)
  local all = {}
  for id, of_socket in each(registered) do all[map[id] or id] = of_socket end
  for id in each(map) do registered[id] = nil end
  for id, of_socket in each(all) do registered[id] = of_socket end
end

--- A socket is closed: nobody is called for it any more.
function register.close(id)
  register.open(id)
  hand.changes = hand.changes + 1
  changed()
end

return register
