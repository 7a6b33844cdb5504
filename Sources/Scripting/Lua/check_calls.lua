-- SPDX-License-Identifier: BSD-2-Clause
-- `mos check`: calls of mos whose arguments are known without running them, in functions that
-- nothing calls too. `report(line, name, message)` is told what is wrong.
local errors = require "mos.errors"
local infer = require "mos.infer"
local options = require "mos.options"
local schema = require "mos.schema"
local sockets = require "mos.sockets"

local calls = {}

local registering = { ["mos.register_callback"] = 0, ["flow.register_callback"] = 1,
  ["flow.on"] = 1, ["socket.register_callback"] = 1, ["socket.on"] = 1 }
local types = { SOCK_MONITOR_STREAM = "stream", SOCK_MONITOR_RAW = "raw",
  SOCK_MONITOR_FLOW = "flow" }

-- The arguments of a call: their values from 1, how many there are, nil when that is not known.
local function arguments_of(ins, state, offset)
  local list, count = {}, nil
  if ins.op == "CALL" then
    count = ins.c - 1
  elseif ins.op == "CALLT" then
    count = ins.d - 1
  end
  local known = count or (ins.op == "CALLM" and ins.c or ins.d)
  for i = 1, known do list[i] = state[ins.a + offset + i - 1] end
  return list, count
end

--- A call: {name = "mos.peek", args, count, method = whether its first argument is the value before
--- the colon or dot}; nil when it is not known what is called.
function calls.of(ins, state, offset)
  if not ins.op:find "^CALL" then return nil end
  local class, name = (state[ins.a] or ""):match "^m:(%w+)%.([%w_]+)$"
  if not class then return nil end
  local args, count = arguments_of(ins, state, offset)
  return { class = class, method = name, name = class .. "." .. name, args = args, count = count }
end

local function constant(value)
  return (value or ""):match "^k:([%u%d_]+)$"
end

local function hooks_for(entry, socket)
  return socket == "SOCK_MONITOR_RAW" and entry.raw or entry.hooks
end

--- A registration: {event, hook, fn, socket = type of the socket}, values where known.
function calls.registration(call)
  local count = call.count
  if not registering[call.name] or not count then return nil end
  local args = call.args
  local _, socket = infer.class(args[1])
  return { target = args[1], event = args[2], hook = count >= 4 and args[3] or nil,
    fn = args[count], socket = socket, count = count }
end

--- What the parameters of a callback hold, from 0.
function calls.parameters(event, socket)
  local entry = schema.find(schema.events, event)
  if not entry then return nil end
  local first = "c:flow" .. (socket and ":" .. socket or "")
  if entry.socket or socket == "SOCK_MONITOR_RAW" then
    first = "c:socket" .. (socket and ":" .. socket or "")
  elseif entry.raw and not socket then
    first = nil
  end
  return { [0] = first, "number", "number",
    entry.arg and "c:arg" or first and "nil:" .. event or nil }
end

local CALL = "mos.register_callback"

local function check_event(event, socket, line, report)
  local text = (event or ""):match "^s:(.*)$"
  if text then
    local is_event = schema.find(schema.events, text)
    return report(line, CALL, ("%s: argument 2 (event) is %s; %s"):format(CALL, errors.show(text),
      is_event and ("write mos.%s, without quotes"):format(text) or "it must be an event, as "
        .. "mos.ON_CONN_NEW_DATA"))
  end
  local name = constant(event)
  if not name then return nil end
  local entry = schema.find(schema.events, name)
  if not entry then
    return report(line, name, ("%s: argument 2 (event) is mos.%s, which is no event"):format(
      CALL, name))
  end
  local has = not socket or socket == "SOCK_MONITOR_STREAM"
    or socket == "SOCK_MONITOR_RAW" and entry.raw or socket == "SOCK_MONITOR_FLOW" and entry.flow
  if has then return entry end
  local names = {}
  for _, other in ipairs(schema.events) do
    if socket == "SOCK_MONITOR_RAW" and other.raw or socket == "SOCK_MONITOR_FLOW" and other.flow
    then names[#names + 1] = "mos." .. other.name end
  end
  local last = table.remove(names)
  return report(line, name, ("%s: a %s socket has no mos.%s; it has %s and %s"):format(
    CALL, types[socket], name, table.concat(names, ", "), last))
end

local function check_hook(entry, hook, socket, line, report)
  local name = constant(hook)
  if not name then return end
  local allowed = {}
  -- Without a socket that is known the hooks of either kind will do.
  local lists = socket and { hooks_for(entry, socket) or entry.hooks }
    or { entry.hooks, entry.raw or {} }
  for _, list in ipairs(lists) do
    for _, other in ipairs(list) do
      if other == name then return end
      allowed[#allowed + 1] = "mos." .. other
    end
  end
  report(line, name, ("%s: argument 3 (hook) is mos.%s; mos.%s may have %s"):format(
    CALL, name, entry.name, table.concat(allowed, " or ")))
end

local function check_function(fn, index, line, report)
  if not fn or fn == "nil" or fn:find "^[pgm]:" then return end
  local text = fn:match "^s:(.*)$"
  report(line, CALL, ("%s: argument %d (fn) is %s; it must be a function, or nil to remove the "
    .. "callback"):format(CALL, index, text and errors.show(text)
      or fn:match "^n:(.*)$" or fn:match "^k:.*$" and "mos." .. constant(fn) or "no function"))
end

local function check_registration(call, line, report)
  local reg = calls.registration(call)
  if not reg then return end
  if reg.count < 3 or reg.count > 4 then
    return report(line, call.method, CALL .. ": it takes (s or flow, event[, hook], fn or nil)")
  end
  local entry = check_event(reg.event, reg.socket, line, report)
  if entry then check_hook(entry, reg.hook, reg.socket, line, report) end
  check_function(reg.fn, reg.count, line, report)
end

-- Numbers and constants as the values that a run has.
local function value_of(value)
  local number = value and tonumber(value:match "^n:(.*)$")
  if number then return number end
  local name = constant(value)
  if name then return package.loaded.mos[name] end
  return value and value:match "^s:(.*)$"
end

local function check_option(call, line, report)
  local is_set = call.method == "setsockopt"
  local option, value = call.args[2], call.args[3]
  local text, name = (option or ""):match "^s:(.*)$", constant(option)
  local known = schema.find(schema.options, text or name or "")
  local what = "mos." .. call.method
  if text then
    return report(line, what, ("%s: argument 2 (option) is %s; %s"):format(what, errors.show(text),
      known and ("write mos.%s, without quotes"):format(text) or "it must be an option, as "
        .. "mos.CLIBUF"))
  elseif not name then
    return
  elseif not known then
    return report(line, name, ("%s: mos.%s is no option"):format(what, name))
  elseif not known[is_set and "set" or "get"] then
    return report(line, name, ("%s: mos.%s can only be %s"):format(what, name,
      is_set and "read" or "set"))
  end
  local given = is_set and value_of(value)
  if not given then return end
  local ok, problem = pcall(options.check_value, what, known, given)
  if not ok then report(line, what, problem) end
end

-- Filters that stand in the script as constants are handed to libpcap, on sockets of their own.
local probes = {}

local function check_filters(call, protos, line, report)
  local id, index = (call.args[2] or ""):match "^t:(%d+):(%d+)$"
  local _, socket = infer.class(call.args[1])
  if not id or not socket then return end
  local wanted = {}
  for key, text in pairs(protos[tonumber(id)].objects[tonumber(index)].table) do
    wanted[key] = text
  end
  probes[socket] = probes[socket] or sockets.socket(package.loaded.mos[socket])
  local ok, problem = pcall(sockets.bind_filter, probes[socket], wanted)
  if not ok then report(line, "mos.bind_filter", problem) end
end

-- `flow.view(side)` for flow:view(side), `mos:socket(...)` for mos.socket(...).
local function check_mark(call, line, report)
  local class = infer.class(call.args[1])
  if call.class == "mos" then
    if class == "mos" then
      report(line, call.method, ("mos:%s is called with a colon; write mos.%s(...)"):format(
        call.method, call.method))
    end
    return
  end
  if class == call.class or (call.count or 1) > 0 and not call.args[1] then return end
  local name = require("mos.classes").names[call.class]
  report(line, call.method, ("%s.%s is called with a dot; write %s:%s(...)"):format(
    name, call.method, name, call.method))
end

--- What is wrong with a call.
function calls.check(call, protos, line, report)
  check_mark(call, line, report)
  check_registration(call, line, report)
  if call.method == "getsockopt" or call.method == "setsockopt" then
    check_option(call, line, report)
  elseif call.method == "bind_filter" then
    check_filters(call, protos, line, report)
  end
end

--- The functions that a call has called back, with what their parameters hold: {fn, takes} or nil.
function calls.callback(call)
  local reg = calls.registration(call)
  if reg then return reg.fn, calls.parameters(constant(reg.event) or "", reg.socket) end
  if call.name == "mos.define_event" then
    return call.args[2], calls.parameters(constant(call.args[1]) or "", nil)
  elseif call.name == "mos.every" or call.name == "mos.settimer" then
    return call.args[2], { [0] = "c:timer" }
  end
  return nil
end

return calls
