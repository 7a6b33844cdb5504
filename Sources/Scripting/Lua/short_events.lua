-- SPDX-License-Identifier: BSD-2-Clause
-- `on` of one-liners: on.conn_end([filter,] [hook,] fn) makes the socket that it needs, one for
-- each kind and filter, and registers fn there. Who does not read bytes costs none: buffers are off
-- on sockets without on.new_data.
local abi = require "mos.abi"
local errors = require "mos.errors"
local events = require "mos.events"
local faults = require "mos.faults"
local options = require "mos.options"
local packet = require "mos.packet"
local data = require "mos.short_data"
local schema = require "mos.schema"
local show = require "mos.short_show"
local sockets = require "mos.sockets"
local stream = require "mos.stream"
local suggest = require "mos.suggest"

local last, view, consume = packet.last, stream.view, stream.consume
local CLIBUF, SVRBUF = abi.constant "OPT_CLIBUF", abi.constant "OPT_SVRBUF"

-- What a group's sockets are, and the filter that makes them so.
local groups = {
  tcp = { type = abi.constant "SOCK_MONITOR_STREAM", key = "syn" },
  udp = { type = abi.constant "SOCK_MONITOR_FLOW", key = "syn", filter = "udp" },
  icmp = { type = abi.constant "SOCK_MONITOR_FLOW", key = "syn", filter = "icmp or icmp6" },
  raw = { type = abi.constant "SOCK_MONITOR_RAW", key = "raw" },
  orphan = { type = abi.constant "SOCK_MONITOR_STREAM", key = "orphan" },
}

local function filter_of(group, filter)
  if not group.filter then return filter end
  return filter and ("(%s) and (%s)"):format(group.filter, filter) or group.filter
end

local places = {} -- group, filter -> {socket, buffers, handlers}

local function set(place, option, value)
  options.set(place.socket, option, value)
end

local function place_of(name, filter)
  local key = name .. " " .. (filter or "")
  if places[key] then return places[key] end
  local group = groups[name]
  local socket, problem = sockets.socket(group.type)
  if not socket then errors.raise("on." .. name .. ": " .. problem, "EMFILE") end
  local place = { socket = socket, handlers = {} }
  local text = filter_of(group, filter)
  if text then
    local ok, message, code = sockets.bind_filter(socket, { [group.key] = text })
    if not ok then errors.raise("on." .. name .. ": " .. message, code) end
  end
  if group.key ~= "raw" and group.type == groups.tcp.type then
    place.buffers = { options.get(socket, CLIBUF), options.get(socket, SVRBUF) }
    set(place, CLIBUF, 0)
    set(place, SVRBUF, 0)
  end
  places[key] = place
  return place
end

-- MARK: What the function is given

local function with_packet(fn)
  return function(s, side, event) return fn(last(s), side, event) end
end

-- The bytes are the fourth argument; what the function leaves unread is read, unless it needs more.
local function with_bytes(fn)
  return function(f, side, event)
    local bytes = view(f, side) or view(f, side) -- after an overrun the first says so
    data.wants_more = false
    fn(f, side, event, bytes)
    if not data.wants_more and bytes then consume(f, side, 2 ^ 31 - 1) end
  end
end

local function both(first, second)
  return function(f, side, event, arg)
    first(f, side, event, arg)
    second(f, side, event, arg)
  end
end

-- MARK: on.<event>

local CONN_NEW_DATA, ORPHAN = abi.constant "ON_CONN_NEW_DATA", abi.constant "ON_ORPHAN"

local function parse(call, ...)
  local filter, hook
  local count = select("#", ...)
  local fn = select(count > 0 and count or 1, ...)
  for i = 1, count - 1 do
    local given = select(i, ...)
    if type(given) == "string" and not filter then
      filter = given
    elseif type(given) == "number" and events.hook_name(given) and not hook then
      hook = given
    else
      errors.argument(call, i, "filter or hook", given, "a libpcap expression, HK_SND or HK_RCV")
    end
  end
  if type(fn) ~= "function" then
    errors.argument(call, math.max(1, count), "fn", fn, "a function, behind filter and hook")
  end
  return filter, hook, fn
end

-- All functions for an event and hook are called by one, which `wrap` makes.
local function register(place, event, hook, fn, wrap)
  local key = event .. ":" .. tostring(hook)
  local before = place.handlers[key]
  local all = before and both(before, fn) or fn
  local handler = wrap and wrap(all) or all
  if handler ~= fn then faults.behind[handler] = fn end
  local ok, message, code
  if hook then ok, message, code = sockets.register_callback(place.socket, event, hook, handler)
  else ok, message, code = sockets.register_callback(place.socket, event, handler) end
  if not ok then errors.raise(message, code) end
  place.handlers[key] = all
end

local function event_call(call, group, event)
  return function(...)
    local filter, hook, fn = parse(call, ...)
    local place, wrap = place_of(group, filter), nil
    if group == "raw" or event == ORPHAN then
      wrap = with_packet
    elseif event == CONN_NEW_DATA then
      wrap = with_bytes
      set(place, CLIBUF, place.buffers[1])
      set(place, SVRBUF, place.buffers[2])
    end
    register(place, event, hook, fn, wrap)
  end
end

local function unknown(what, list)
  return function(_, key)
    if list[key] then return list[key] end
    local names = {}
    for name in pairs(list) do names[#names + 1] = name end
    table.sort(names)
    errors.raise(('%s has no %s%s'):format(what, errors.show(key),
      suggest.hint((tostring(key):lower():gsub("^on_", "")), names, what .. ".")))
  end
end

local function closed(what, list, call)
  return setmetatable({}, {
    __name = what, __call = call, __index = unknown(what, list),
    __newindex = function() errors.raise(what .. ": what happens is given to it in a call: "
      .. what .. ".pkt_in(function(f) ... end)") end,
  })
end

local on = { interval = show.interval, report = show.report }

-- on.exit and on.start are mos.on_exit and mos.on_start.
for _, name in ipairs { "exit", "start" } do
  on[name] = function(fn) return package.loaded.mos["on_" .. name](fn) end
end

-- The events of a group by their short names.
local function events_of(name)
  local list = {}
  for _, entry in ipairs(schema.events) do
    local group, is_there = groups[name], not entry.socket
    if group.type == groups.udp.type then is_there = entry.flow
    elseif name == "raw" then is_there = entry.raw and not entry.socket end
    if is_there then
      local short = entry.name:gsub("^ON_", ""):lower()
      list[short] = event_call(("on.%s.%s"):format(name, short), name, abi.constant(entry.name))
    end
  end
  list.new_data = list.conn_new_data
  return list
end

for _, name in ipairs { "tcp", "udp", "icmp", "raw" } do
  local list = events_of(name)
  on[name] = closed("on." .. name, list, function(_, ...) return list.pkt_in(...) end)
end

-- Without a group the events are those of TCP.
for _, entry in ipairs(schema.events) do
  local short = entry.name:gsub("^ON_", ""):lower()
  on[short] = event_call("on." .. short, entry.socket and "orphan" or "tcp",
    abi.constant(entry.name))
end
on.new_data = on.conn_new_data

return closed("on", on, function()
  errors.raise "on: it is not called; on.conn_end(function(f) ... end), on.raw(function(p) ... end)"
end)
