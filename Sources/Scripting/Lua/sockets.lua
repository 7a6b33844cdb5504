-- SPDX-License-Identifier: BSD-2-Clause
-- Monitor sockets: making and closing them, and their filters.
local ffi = require "ffi"
local abi = require "mos.abi"
local each = require "mos.each"
local errors = require "mos.errors"
local events = require "mos.events"
local fields = require "mos.fields"
local flow = require "mos.flow"
local packet = require "mos.packet"
local register = require "mos.register"
local schema = require "mos.schema"
local scripts = require "mos.scripts"
local suggest = require "mos.suggest"

local api, worker, ev = abi.api, abi.worker, abi.event
local getmetatable, setmetatable, type = getmetatable, setmetatable, type
local Flow, Socket, methods = flow.Flow, flow.Socket, {}
local hand, need_open = events.hand, register.need_open
local STREAM, RAW = abi.constant "SOCK_MONITOR_STREAM", abi.constant "SOCK_MONITOR_RAW"
local FLOW, NO_FLOW = abi.constant "SOCK_MONITOR_FLOW", abi.constant "NO_FLOW"

local module = { register_callback = register.register_callback }

local function message()
  return ffi.string(ev.message)
end

local made = 0

--- A monitor socket. Its name identifies it; left out, its place in the order of creation.
function module.socket(kind, name)
  if kind ~= STREAM and kind ~= RAW and kind ~= FLOW then
    errors.argument("mos.socket", 1, "type", kind,
      "mos.SOCK_MONITOR_STREAM, mos.SOCK_MONITOR_RAW or mos.SOCK_MONITOR_FLOW")
  end
  if name ~= nil and (type(name) ~= "string" or name == "") then
    errors.argument("mos.socket", 2, "name", name, "a text")
  end
  for _, other in each(flow.sockets) do
    if name and other.name == name and not other.closed then
      errors.raise(('mos.socket: there is a socket named "%s" already'):format(name), "EEXIST")
    end
  end
  local id = api.socket(worker, kind)
  if id < 0 then return errors.failed("mos.socket", id, message()) end
  made = made + 1
  local s = setmetatable({
    id = id, type = kind, name = name or tostring(id + 1), closed = false,
    script = scripts.current(),
    -- For a reload: its place in the order of creation, whether it was named, what was set on it.
    place = made, named = name ~= nil, filters = {}, settings = {},
  }, Socket)
  flow.open(s)
  flow.states[id] = s.script and s.script.state
  register.open(id)
  return s
end

local filters = { syn = abi.constant "FILTER_SYN", orphan = abi.constant "FILTER_ORPHAN",
  raw = abi.constant "FILTER_RAW" }
local filters_of = { [STREAM] = { "syn", "orphan" }, [RAW] = { "raw" }, [FLOW] = { "syn" } }

local function check_filter_names(s, wanted)
  local allowed = filters_of[s.type]
  for key, text in each(wanted) do
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
    s.filters[name] = text
  end
  return true
end

--- Does again on the engine's socket what was done on `s`: filters, options, registrations.
function module.restore(s)
  local function must(result)
    if result < 0 then error(message(), 0) end
  end
  for name, text in each(s.filters) do
    must(api.bind_filter(worker, s.id, filters[name], text, #text))
  end
  for option, value in each(s.settings) do
    must(api.set_option(worker, s.id, NO_FLOW, 0, option, value))
  end
  register.restore(s.id, must)
end

--- Ends a monitor socket, or callbacks for one flow.
function module.close(target)
  if getmetatable(target) == Flow then
    hand.changes = hand.changes + 1
    local result = api.close_flow(worker, target[3], target[1], target[2])
    if result < 0 then return errors.failed("mos.close", result, message()) end
    return true
  end
  need_open("mos.close", target)
  local result = api.close_socket(worker, target.id)
  if result < 0 then return errors.failed("mos.close", result, message()) end
  target.closed = true
  register.close(target.id)
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
  return ("socket %s (%s)"):format(s.name, register.type_names[s.type])
end

return module
