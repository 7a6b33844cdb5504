-- SPDX-License-Identifier: BSD-2-Clause
-- Monitor sockets: making and closing them, their filters, and who is called at which event.
local ffi = require "ffi"
local abi = require "mos.abi"
local errors = require "mos.errors"
local fields = require "mos.fields"
local flow = require "mos.flow"
local packet = require "mos.packet"
local schema = require "mos.schema"
local scripts = require "mos.scripts"
local slots = require "mos.slots"
local suggest = require "mos.suggest"

local api, worker, ev = abi.api, abi.worker, abi.event
local subscribe_flow = api.subscribe_flow
local getmetatable, setmetatable, select, type = getmetatable, setmetatable, select, type
local Flow, Socket, methods = flow.Flow, flow.Socket, {}
local STREAM, RAW = abi.constant "SOCK_MONITOR_STREAM", abi.constant "SOCK_MONITOR_RAW"
local FLOW = abi.constant "SOCK_MONITOR_FLOW"

local module = {
  --- socket id -> event -> hook -> slot
  registered = {},
}

local changed = function() end

--- Calls `fn()` whenever the registrations of sockets have changed.
function module.on_change(fn)
  changed = fn
end

local function message()
  return ffi.string(ev.message)
end

-- What may be registered: socket type -> event number -> {hooks, default hooks, kind, name}.
local rules = { [STREAM] = {}, [RAW] = {}, [FLOW] = {} }
local event_names, hook_names = {}, {}

local function numbers_of(names)
  local numbers = {}
  for i, name in ipairs(names) do numbers[i] = abi.constant(name) end
  return numbers
end

for _, name in ipairs { "HK_SND", "HK_RCV", "NULL" } do
  hook_names[abi.constant(name)] = name
end

for _, entry in ipairs(schema.events) do
  local number = abi.constant(entry.name)
  event_names[number] = entry.name
  local hooks = numbers_of(entry.hooks)
  rules[STREAM][number] = {
    name = entry.name, hooks = hooks, default = entry.both and hooks or { hooks[1] },
    kind = entry.socket and slots.SOCKET or (entry.arg and slots.ARG or slots.FLOW),
  }
  if entry.raw then
    local raw = numbers_of(entry.raw)
    rules[RAW][number] = {
      name = entry.name, hooks = raw, default = { raw[1] }, kind = slots.SOCKET,
    }
  end
  if entry.flow then rules[FLOW][number] = rules[STREAM][number] end
end

--- The name of an event's number, for messages.
function module.event_name(number)
  return event_names[number] or tostring(number)
end

--- The name of a hook's number.
function module.hook_name(number)
  return hook_names[number] or tostring(number)
end

local function names_of(numbers)
  local names = {}
  for i, number in ipairs(numbers) do names[i] = "mos." .. hook_names[number] end
  return table.concat(names, " or ")
end

local CALL = "mos.register_callback"
local type_names = { [STREAM] = "stream", [RAW] = "raw", [FLOW] = "flow" }

local function rule_of(socket_type, event)
  local rule = rules[socket_type][event]
  if rule then return rule end
  if event_names[event] then
    local allowed = {}
    for _, entry in ipairs(schema.events) do
      if rules[socket_type][abi.constant(entry.name)] then
        allowed[#allowed + 1] = "mos." .. entry.name
      end
    end
    local last = table.remove(allowed)
    errors.raise(("%s: a %s socket has no event mos.%s; it has %s and %s"):format(
      CALL, type_names[socket_type], event_names[event], table.concat(allowed, ", "), last))
  end
  errors.argument(CALL, 2, "event", event, "an event, as mos.ON_CONN_NEW_DATA")
end

local function hooks_of(rule, hook)
  if hook == nil then return rule.default end
  for _, allowed in ipairs(rule.hooks) do
    if hook == allowed then return { hook } end
  end
  local got = hook_names[hook] and "mos." .. hook_names[hook] or errors.show(hook)
  errors.raise(("%s: argument 3 (hook) is %s; mos.%s may have %s"):format(
    CALL, got, rule.name, names_of(rule.hooks)))
end

-- The hook, nil when it was left out, and the function.
local function hook_and_function(...)
  local count = select("#", ...)
  if count < 1 or count > 2 then
    errors.raise(CALL .. ": it takes (s or flow, event[, hook], fn or nil)")
  end
  local hook, fn = ...
  if count == 1 then hook, fn = nil, hook end
  if fn ~= nil and type(fn) ~= "function" then
    errors.argument(CALL, count + 2, "fn", fn, "a function, or nil to remove the callback")
  end
  return hook, fn
end

local function slot_for(rule, fn)
  if fn == nil then return 0, false end
  return slots.take(fn, rule.kind)
end

local function on_flow(f, event, ...)
  local hook, fn = hook_and_function(...)
  local rule = rule_of(flow.sockets[f[3]].type, event)
  if rule.kind == slots.SOCKET then
    errors.raise(
      ("%s: mos.%s belongs to no flow; register it on the socket"):format(CALL, rule.name))
  end
  local hooks = hooks_of(rule, hook)
  local slot, new = slot_for(rule, fn)
  for i = 1, #hooks do
    local result = subscribe_flow(worker, f[3], f[1], f[2], event, hooks[i], slot)
    if result < 0 then
      if new then slots.release(slot) end
      return errors.failed(CALL, result, message())
    end
  end
  return true
end

local function need_open(call, s)
  if getmetatable(s) ~= Socket then
    errors.argument(call, 1, "s", s, "a socket", "EBADF")
  elseif s.closed then
    errors.raise(("%s: socket %s is closed"):format(call, s.name))
  end
end

local function on_socket(s, event, ...)
  need_open(CALL, s)
  local hook, fn = hook_and_function(...)
  local rule = rule_of(s.type, event)
  local hooks = hooks_of(rule, hook)
  local slot, new = slot_for(rule, fn)
  local of_event = module.registered[s.id][event]
  for i = 1, #hooks do
    local result = api.subscribe(worker, s.id, event, hooks[i], slot)
    if result < 0 then
      if new then slots.release(slot) end
      return errors.failed(CALL, result, message())
    end
    of_event[hooks[i]] = slot ~= 0 and slot or nil
  end
  changed()
  return true
end

--- Calls fn at an event of a flow, or of a socket's later flows; nil removes.
function module.register_callback(target, event, ...)
  if getmetatable(target) == Flow then return on_flow(target, event, ...) end
  if getmetatable(target) ~= Socket then
    errors.argument(CALL, 1, "s or flow", target, "a socket or a flow", "EBADF")
  end
  return on_socket(target, event, ...)
end

--- A monitor socket. Its name identifies it; left out, its place in the order of creation.
function module.socket(kind, name)
  if kind ~= STREAM and kind ~= RAW and kind ~= FLOW then
    errors.argument("mos.socket", 1, "type", kind,
      "mos.SOCK_MONITOR_STREAM, mos.SOCK_MONITOR_RAW or mos.SOCK_MONITOR_FLOW")
  end
  if name ~= nil and (type(name) ~= "string" or name == "") then
    errors.argument("mos.socket", 2, "name", name, "a text")
  end
  for _, other in pairs(flow.sockets) do
    if name and other.name == name and not other.closed then
      errors.raise(('mos.socket: there is a socket named "%s" already'):format(name), "EEXIST")
    end
  end
  local id = api.socket(worker, kind)
  if id < 0 then return errors.failed("mos.socket", id, message()) end
  local s = setmetatable({
    id = id, type = kind, name = name or tostring(id + 1), closed = false,
    script = scripts.current(),
  }, Socket)
  flow.sockets[id] = s
  flow.contexts[id] = {}
  flow.states[id] = s.script and s.script.state
  local events = {}
  for number in pairs(event_names) do events[number] = {} end
  module.registered[id] = events
  return s
end

local filters = { syn = abi.constant "FILTER_SYN", orphan = abi.constant "FILTER_ORPHAN",
  raw = abi.constant "FILTER_RAW" }
local filters_of = { [STREAM] = { "syn", "orphan" }, [RAW] = { "raw" }, [FLOW] = { "syn" } }

local function check_filter_names(s, wanted)
  local allowed = filters_of[s.type]
  for key, text in pairs(wanted) do
    local known = false
    for _, name in ipairs(allowed) do known = known or key == name end
    if not known then
      errors.raise(("mos.bind_filter: this socket has no filter %s; it has %s%s"):format(
        errors.show(key), table.concat(allowed, " and "), suggest.hint(tostring(key), allowed)))
    end
    if type(text) ~= "string" or text:find("\0", 1, true) then
      errors.argument("mos.bind_filter", 2, key, text, "a libpcap expression")
    end
  end
end

--- Binds libpcap expressions; a key left out lets everything pass.
function module.bind_filter(s, wanted)
  need_open("mos.bind_filter", s)
  if type(wanted) ~= "table" then
    errors.argument("mos.bind_filter", 2, "filters", wanted, "a table {syn=, orphan=} or {raw=}")
  end
  check_filter_names(s, wanted)
  for _, name in ipairs(filters_of[s.type]) do
    local text = wanted[name]
    local result = api.bind_filter(worker, s.id, filters[name], text, text and #text or 0)
    if result < 0 then return errors.failed("mos.bind_filter", result, message()) end
  end
  return true
end

--- Ends a monitor socket, or callbacks for one flow.
function module.close(target)
  if getmetatable(target) == Flow then
    local result = api.close_flow(worker, target[3], target[1], target[2])
    if result < 0 then return errors.failed("mos.close", result, message()) end
    return true
  end
  need_open("mos.close", target)
  local result = api.close_socket(worker, target.id)
  if result < 0 then return errors.failed("mos.close", result, message()) end
  target.closed = true
  for _, hooks in pairs(module.registered[target.id]) do
    for hook in pairs(hooks) do hooks[hook] = nil end
  end
  changed()
  return true
end

methods.on = module.register_callback
methods.register_callback = module.register_callback
methods.bind_filter = module.bind_filter
methods.close = module.close
methods.packet = packet.last
flow.methods.on = module.register_callback
flow.methods.register_callback = module.register_callback
flow.methods.close = module.close

--- Methods of sockets, for the modules that add to them.
module.methods = methods
module.need_open = need_open

function Socket.__index(_, key)
  local method = methods[key]
  if method then return method end
  return fields.unknown("socket", schema.socket, key)
end

function Socket.__newindex(_, key)
  fields.read_only("socket", key)
end

function Socket.__tostring(s)
  return ("socket %s (%s)"):format(s.name, type_names[s.type])
end

return module
