-- SPDX-License-Identifier: BSD-2-Clause
-- Flow values {slot, generation, socket}: one connection as one monitor socket sees it.
--
-- They are plain Lua tables, not FFI structs, because LuaJIT keeps a fresh table in registers
-- across a call into the engine, and writes a struct to memory there: a struct would be garbage at
-- every event. Fields are an if-chain because comparing a constant key costs nothing once compiled.
local ffi = require "ffi"
local bit = require "bit"
local abi = require "mos.abi"
local address = require "mos.address"
local datagram = require "mos.datagram"
local errors = require "mos.errors"
local fields = require "mos.fields"
local health = require "mos.health"
local identity = require "mos.identity"
local schema = require "mos.schema"
local tcp_flags = require "mos.tcp_flags"
local tunnel = require "mos.tunnel"

local conns, exts, serial_high = abi.conns, abi.exts, abi.serial_high
local getmetatable, setmetatable = getmetatable, setmetatable
local band, bor = bit.band, bit.bor
local TCP, port_of, datagram_side = datagram.TCP, datagram.port, datagram.side

local HAS_CONTEXT = abi.constant "CONN_HAS_CONTEXT"
local MIDSTREAM = abi.constant "CONN_MIDSTREAM"
local KNOWN_ISS, KNOWN_SYNACK = abi.constant "KNOWN_ISS", abi.constant "KNOWN_SYNACK"

-- Connections as 32-bit words, for addresses: the layout's uint64_t would come out as cdata.
local words = ffi.cast("const uint32_t *", conns)
local WORDS = ffi.sizeof("struct mos_conn") / 4
local CLI_ADDR = ffi.offsetof("struct mos_conn", "cli_addr") / 4
local SVR_ADDR = ffi.offsetof("struct mos_conn", "svr_addr") / 4

--- Short names of TCP states by number; none for the stack of which nothing was seen.
local state_names = {}
for _, name in ipairs { "CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
  "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT" } do
  state_names[abi.constant("STATE_" .. name)] = name
end

local end_reasons = {}
for _, name in ipairs { "FIN", "RESET", "REFUSED", "TIMEOUT", "HANDSHAKE_TIMEOUT", "REUSE",
  "EVICTED", "SHUTDOWN", "RESET_BY_MONITOR" } do
  end_reasons[abi.constant("END_" .. name)] = name:lower():gsub("_", "-")
end

local Flow = { __name = "flow" }
local Side = { __name = "side of a flow" }
local Socket = { __name = "socket" } -- filled by mos.sockets
local methods = {}  -- of flows; filled by the modules that own them
local contexts = {} -- socket id -> slot -> value
local sockets = {}  -- socket id -> socket value
local states = {}   -- socket id -> function(slot) that gives flow.state

-- 1 while contexts may be kept by the version of the script before (see mos.carry). Memory, because
-- it changes while compiled code runs.
local carried = ffi.new "int32_t[1]"
local module

local function ended(what)
  errors.raise(what .. ": this flow has ended", "EBADF")
end

local function conn_of(flow)
  local c = conns[flow[1]]
  if c.generation ~= flow[2] then ended "flow" end
  return c
end

local side_has = tcp_flags.method(Side, function(side)
  local c = conns[side[1]]
  if c.generation ~= side[2] then ended "side" end
  return side[3] == 0 and c.cli.flags or c.svr.flags
end)

function Side.__index(side, key)
  local slot, which = side[1], side[3]
  local c = conns[slot]
  if c.generation ~= side[2] then ended "side" end
  if key == "addr" then
    return address.text(words, slot * WORDS + (which == 0 and CLI_ADDR or SVR_ADDR), c.ip_version)
  elseif key == "port" then
    return port_of(c, which)
  elseif key == "addr_bytes" then
    return address.bytes(words, slot * WORDS + (which == 0 and CLI_ADDR or SVR_ADDR), c.ip_version)
  elseif key == "has" then return side_has
  end
  local e
  if which == 0 then e = c.cli else e = c.svr end
  if c.proto ~= TCP then return datagram_side(e, which, key) end
  if key == "state" then return state_names[e.state]
  elseif key == "packets" then return e.packets
  elseif key == "flags" then return e.flags
  elseif key == "window" then return e.wnd
  elseif key == "mss" then
    if e.mss ~= 0 then return e.mss end
    return nil
  elseif key == "wscale" then
    if e.wscale ~= 255 then return e.wscale end
    return nil
  elseif key == "isn" then
    if band(e.known, KNOWN_ISS) ~= 0 then return e.iss end
    return nil
  elseif key == "synack" then return band(e.known, KNOWN_SYNACK) ~= 0
  end
  if key == "bytes" or key == "unique_bytes" then
    local ext = c.ext
    if ext < 0 then return 0 end
    local s, h
    if which == 0 then s, h = exts[ext].cli, exts[ext].cli_health
    else s, h = exts[ext].svr, exts[ext].svr_health end
    if key == "bytes" then return s.bytes end
    return s.bytes - h.repeated
  end
  if health.fields[key] then return health.read(c, which, key) end
  return fields.unknown(which == 0 and "flow.cli" or "flow.svr", schema.side, key)
end

function Side.__newindex(side, key)
  fields.read_only(side[3] == 0 and "flow.cli" or "flow.svr", key)
end

function Side.__eq(a, b)
  return a[1] == b[1] and a[2] == b[2] and a[3] == b[3]
end

local function side_text(slot, which)
  local c = conns[slot]
  local at = slot * WORDS + (which == 0 and CLI_ADDR or SVR_ADDR)
  local text = address.text(words, at, c.ip_version)
  return address.endpoint(text, port_of(c, which), c.ip_version)
end

function Side.__tostring(side)
  if conns[side[1]].generation ~= side[2] then return "side of an ended flow" end
  return side_text(side[1], side[3])
end

--- The number of a flow that is never used twice in a run.
local function id_of(flow)
  return serial_high[flow[1]] * 4294967296 + conn_of(flow).generation
end

local function seconds(time)
  return time.sec + time.nsec / 1e9
end

-- Of a server that spoke first there was no question.
local function response_time(flow)
  local asked, answered = flow.cli.first_byte, flow.svr.first_byte
  if asked and answered and answered >= asked then return answered - asked end
  return nil
end

function Flow.__index(flow, key)
  if key == "cli" then return setmetatable({ flow[1], flow[2], 0 }, Side)
  elseif key == "svr" then return setmetatable({ flow[1], flow[2], 1 }, Side)
  elseif key == "slot" then return flow[1]
  elseif key == "id" then return id_of(flow)
  elseif key == "ctx" then
    local c = conn_of(flow)
    local value = contexts[flow[3]][flow[1]]
    if value == nil and carried[0] ~= 0 and band(c.flags, HAS_CONTEXT) ~= 0 then
      return module.carry.fetch(flow[3], flow[1])
    end
    return value
  elseif key == "state" then
    conn_of(flow)
    local state = states[flow[3]]
    if state then return state(flow[1]) end
    errors.raise("flow.state: this script declared none with mos.flow_state")
  elseif key == "start_time" then return seconds(conn_of(flow).start)
  elseif key == "last_time" then return seconds(conn_of(flow).last)
  elseif key == "duration" then
    local c = conn_of(flow)
    return (c.last.sec - c.start.sec) + (c.last.nsec - c.start.nsec) / 1e9
  elseif key == "proto" then return datagram.protocols[conn_of(flow).proto]
  elseif key == "icmp_type" then return datagram.icmp_type(conn_of(flow))
  elseif key == "icmp_code" then return datagram.icmp_code(conn_of(flow))
  elseif key == "icmp_id" then return datagram.icmp_id(conn_of(flow))
  elseif key == "handshake_rtt" or key == "rtt" then
    local c = conn_of(flow)
    if c.cli_rtt == 0 or c.svr_rtt == 0 then return nil end
    return (c.cli_rtt + c.svr_rtt) / 1e6
  elseif key == "bytes" then return flow.cli.bytes + flow.svr.bytes
  elseif key == "packets" then return flow.cli.packets + flow.svr.packets
  elseif key == "response_time" then return response_time(flow)
  elseif key == "ecn" then return health.negotiated_ecn(conn_of(flow))
  elseif key == "ip_version" then return conn_of(flow).ip_version
  elseif key == "vlan" then
    local vlan = conn_of(flow).vlan
    if vlan ~= 65535 then return vlan end
    return nil
  elseif key == "tunnel" then
    conn_of(flow)
    return tunnel.list(flow[1], flow[2])
  elseif key == "midstream" then return band(conn_of(flow).flags, MIDSTREAM) ~= 0
  elseif key == "end_reason" then return end_reasons[conn_of(flow).end_reason]
  elseif key == "socket" then return sockets[flow[3]]
  elseif key == "uid" then
    conn_of(flow)
    return identity.uid(words, flow[1] * WORDS)
  elseif key == "community_id" then
    return identity.community_id(words, flow[1] * WORDS, conn_of(flow))
  end
  local method = methods[key]
  if method then return method end
  return fields.unknown("flow", schema.flow, key)
end

local function set_context(flow, value)
  local c = conn_of(flow)
  local kept = contexts[flow[3]]
  local slot = flow[1]
  if value ~= nil then
    -- The engine tells the end of such flows apart, so that the value is forgotten then.
    c.flags = bor(c.flags, HAS_CONTEXT)
  elseif carried[0] ~= 0 then
    module.carry.clear(flow[3], slot)
  end
  kept[slot] = value
end

function Flow.__newindex(flow, key, value)
  if key == "ctx" then return set_context(flow, value) end
  fields.read_only("flow", key)
end

function Flow.__eq(a, b)
  return a[1] == b[1] and a[2] == b[2] and a[3] == b[3]
end

function Flow.__tostring(flow)
  if conns[flow[1]].generation ~= flow[2] then return "ended flow" end
  return side_text(flow[1], 0) .. " > " .. side_text(flow[1], 1)
end

function methods.start_parts(flow)
  local start = conn_of(flow).start
  return start.sec, start.nsec
end

function methods.last_parts(flow)
  local last = conn_of(flow).last
  return last.sec, last.nsec
end

module = {
  Flow = Flow, Side = Side, Socket = Socket, methods = methods, contexts = contexts,
  sockets = sockets, states = states, state_names = state_names, set_context = set_context,
  carried = carried,
}

--- Raises unless `value` is a flow.
function module.check(call, value)
  if getmetatable(value) ~= Flow then
    errors.argument(call, 1, "flow", value, "a flow", "EBADF")
  end
end

--- Raises unless the flow lives; the connection otherwise.
module.conn_of = conn_of

--- The flow's text for messages: never raises.
function module.describe(slot, generation)
  return tostring(setmetatable({ slot, generation, 0 }, Flow))
end

--- Forgets what is kept for the flow in `slot`, which is gone.
function module.release(slot)
  for id = 0, module.last_socket do
    local kept = contexts[id]
    if kept then kept[slot] = nil end
  end
  if carried[0] ~= 0 then module.carry.forget(slot) end
end

--- The highest number of a socket, -1 without one.
module.last_socket = -1

--- A socket is there.
function module.open(s)
  sockets[s.id], contexts[s.id] = s, {}
  if s.id > module.last_socket then module.last_socket = s.id end
end

--- Sockets get other numbers: `map` leads from the present one to the new one. No context is kept
--- yet.
function module.renumber(map)
  local all, of_states = {}, {}
  for id, s in pairs(sockets) do all[id], of_states[id] = s, states[id] end
  for id in pairs(all) do sockets[id], contexts[id], states[id] = nil, nil, nil end
  module.last_socket = -1
  for id, s in pairs(all) do
    rawset(s, "id", map[id])
    module.open(s)
    states[map[id]] = of_states[id]
  end
end

return module
