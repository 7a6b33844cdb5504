-- SPDX-License-Identifier: BSD-2-Clause
-- Inline: scripts drop and change the packet in hand, send packets of their own, reset connections.
local ffi = require "ffi"
local bit = require "bit"
local abi = require "mos.abi"
local boot = require "mos.boot"
local errors = require "mos.errors"
local flow = require "mos.flow"
local output = require "mos.output"
local sockets = require "mos.sockets"
local tcp_flags = require "mos.tcp_flags"
local view = require "mos.view"

local api, worker, ev = abi.api, abi.worker, abi.event
local change_packet = api.change_packet
local band, bor = bit.band, bit.bor
local getmetatable, type = getmetatable, type
local Flow, Socket = flow.Flow, flow.Socket
local NO_FLOW = abi.constant "NO_FLOW"
local DROP, OVERWRITE = abi.constant "DROP", abi.constant "OVERWRITE"
local INSERT, CHOMP = abi.constant "INSERT", abi.constant "CHOMP"
local ETH_HDR, IP_HDR = abi.constant "ETH_HDR", abi.constant "IP_HDR"
local TCP_HDR, TCP_PAYLOAD = abi.constant "TCP_HDR", abi.constant "TCP_PAYLOAD"
local UPDATE = bor(abi.constant "UPDATE_IP_CHKSUM", abi.constant "UPDATE_TCP_CHKSUM")
local ACTIONS = bor(DROP, OVERWRITE, INSERT, CHOMP)
local REGIONS = bor(ETH_HDR, IP_HDR, TCP_HDR, TCP_PAYLOAD)

local changing = {}

-- Without --inline nothing has an effect: said once, for a firewall that lets all pass must say so.
local said = false
local function not_inline(call)
  if not said then
    said = true
    output.diagnose(("mos: %s has no effect: this run is not inline (--inline; said once)"):format(
      call))
  end
  return nil, "this run is not inline", "EPERM"
end

local inline = boot.options.inline ~= nil

-- The three numbers of a flow or of a socket.
local function handle(call, target)
  if getmetatable(target) == Flow then return target[3], target[1], target[2] end
  if getmetatable(target) ~= Socket then
    errors.argument(call, 1, "flow or s", target, "a flow or a socket", "EBADF")
  end
  sockets.need_open(call, target)
  return target.id, NO_FLOW, 0
end

local function answer(call, result)
  if result < 0 then return errors.failed(call, result, ffi.string(ev.message)) end
  return true
end

local function change(call, target, what, offset, data, length)
  local socket, slot, generation = handle(call, target)
  if not inline then return not_inline(call) end
  return answer(call, change_packet(worker, socket, slot, generation, what, offset, data, length))
end

local function one_of(bits, set)
  local chosen = band(bits, set)
  return chosen ~= 0 and band(chosen, chosen - 1) == 0
end

local function check_offset(call, index, offset)
  if type(offset) ~= "number" or not (offset >= 0 and offset <= 65535) or offset % 1 ~= 0 then
    errors.argument(call, index, "offset", offset, "a number of bytes, 0 to 65535")
  end
end

-- Bytes as a pointer and a length; strings and views will do.
local function bytes_of(call, index, data)
  if type(data) == "string" then return data, #data end
  if ffi.istype(view.type, data) then return ffi.cast("const char *", data.ptr), #data end
  errors.argument(call, index, "data", data, "a string or a view")
end

local function check_length(call, index, length)
  if type(length) ~= "number" or not (length >= 1 and length <= 65535) or length % 1 ~= 0 then
    errors.argument(call, index, "len", length, "a number of bytes, 1 to 65535")
  end
end

local SETLASTPKT = "mos.setlastpkt"
local FLAGS = "one of mos.DROP, mos.OVERWRITE, mos.INSERT and mos.CHOMP; with OVERWRITE one of "
  .. "mos.ETH_HDR, mos.IP_HDR, mos.TCP_HDR and mos.TCP_PAYLOAD; mos.UPDATE_IP_CHKSUM, "
  .. "mos.UPDATE_TCP_CHKSUM"

local function check_flags(flags)
  local valid = type(flags) == "number" and flags % 1 == 0 and flags >= 0 and flags < 2 ^ 31
    and band(flags, bor(ACTIONS, REGIONS, UPDATE)) == flags and one_of(flags, ACTIONS)
  if valid and band(flags, OVERWRITE) ~= 0 then valid = one_of(flags, REGIONS) end
  if valid and band(flags, bor(INSERT, CHOMP)) ~= 0 then
    valid = band(flags, bor(ETH_HDR, IP_HDR, TCP_HDR)) == 0
  end
  if not valid then errors.argument(SETLASTPKT, 5, "flags", flags, FLAGS) end
end

--- Drops or changes the packet in hand; one action, one region.
function changing.setlastpkt(target, side, offset, data, flags)
  if side ~= nil and side ~= 0 and side ~= 1 and side ~= 2 and side ~= 3 then
    errors.argument(SETLASTPKT, 2, "side", side, "mos.SIDE_CLI, mos.SIDE_SVR or mos.NULL")
  end
  check_flags(flags)
  if band(flags, DROP) ~= 0 then return change(SETLASTPKT, target, DROP, 0, nil, 0) end
  check_offset(SETLASTPKT, 3, offset)
  if band(flags, CHOMP) ~= 0 and type(data) == "number" then
    check_length(SETLASTPKT, 4, data)
    return change(SETLASTPKT, target, flags, offset, nil, data)
  end
  local bytes, length = bytes_of(SETLASTPKT, 4, data)
  return change(SETLASTPKT, target, flags, offset, bytes, length)
end

local function drop(target)
  return change("drop", target, DROP, 0, nil, 0)
end

local function overwrite(target, region, offset, data, flags)
  local call = "overwrite"
  if type(region) ~= "number" or region % 1 ~= 0 or band(region, REGIONS) ~= region
    or not one_of(region, REGIONS) then
    errors.argument(call, 1, "region", region,
      "mos.ETH_HDR, mos.IP_HDR, mos.TCP_HDR or mos.TCP_PAYLOAD")
  end
  check_offset(call, 2, offset)
  local bytes, length = bytes_of(call, 3, data)
  if flags == nil then flags = UPDATE end
  if type(flags) ~= "number" or flags % 1 ~= 0 or band(flags, UPDATE) ~= flags then
    errors.argument(call, 4, "flags", flags,
      "mos.UPDATE_IP_CHKSUM, mos.UPDATE_TCP_CHKSUM, both added up, or 0")
  end
  return change(call, target, bor(OVERWRITE, region, flags), offset, bytes, length)
end

local function insert(target, offset, data)
  check_offset("insert", 1, offset)
  local bytes, length = bytes_of("insert", 2, data)
  return change("insert", target, INSERT, offset, bytes, length)
end

local function chomp(target, offset, length)
  check_offset("chomp", 1, offset)
  check_length("chomp", 2, length)
  return change("chomp", target, CHOMP, offset, nil, length)
end

local SENDPKT = "mos.sendpkt"
local outgoing = ffi.new "struct mos_outgoing"
local HAS = {}
for _, name in ipairs { "SEQ", "ACK", "WINDOW", "FLAGS", "TTL" } do
  HAS[name:lower()] = abi.constant("OUTGOING_" .. name)
end
local highest = { seq = 2 ^ 32 - 1, ack = 2 ^ 32 - 1, window = 65535, ttl = 255 }

local function check_side(index, side)
  if side ~= 0 and side ~= 1 then
    errors.argument(SENDPKT, index, "side", side, "mos.SIDE_CLI or mos.SIDE_SVR, the side that "
      .. "gets it")
  end
end

local function check_fields(fields)
  for key, value in pairs(fields) do
    local most = highest[key]
    if most then
      if type(value) ~= "number" or not (value >= 0 and value <= most) or value % 1 ~= 0 then
        errors.argument(SENDPKT, 2, key, value, ("a number, 0 to %d"):format(most))
      end
    elseif key == "payload" then
      bytes_of(SENDPKT, 2, value)
    elseif key ~= "flags" and key ~= "side" then
      errors.raise(("%s: a segment has no field %s; it has side, seq, ack, window, flags, ttl and "
        .. "payload"):format(SENDPKT, errors.show(key)))
    end
  end
end

-- A segment of the flow: what is left out follows from the flow.
local function send_fields(target, fields, side)
  side = fields.side or side
  check_side(2, side)
  check_fields(fields)
  outgoing.side, outgoing.has = side, 0
  for name, has in pairs(HAS) do
    local value = fields[name]
    if value ~= nil then
      outgoing.has = bor(outgoing.has, has)
      if name == "flags" then value = tcp_flags.parse(SENDPKT, 2, "flags", value) end
      outgoing[name] = value
    end
  end
  local bytes, length = bytes_of(SENDPKT, 2, fields.payload or "")
  outgoing.payload_len = length
  return answer(SENDPKT,
    api.send_segment(worker, target[3], target[1], target[2], outgoing, bytes))
end

--- Sends a packet of one's own, ahead of the packet in hand: a whole frame, or fields of a segment.
function changing.sendpkt(target, what, side)
  local socket, slot, generation = handle(SENDPKT, target)
  if not inline then return not_inline(SENDPKT) end
  if type(what) == "table" then
    if slot == NO_FLOW then
      errors.argument(SENDPKT, 1, "flow", target, "a flow, where fields of a segment are given")
    end
    return send_fields(target, what, side)
  end
  local bytes, length = bytes_of(SENDPKT, 2, what)
  if slot ~= NO_FLOW or side ~= nil then check_side(3, side) end
  return answer(SENDPKT,
    api.send_frame(worker, socket, slot, generation, side or 1, bytes, length))
end

--- Resets both ends of a connection, and drops the packet in hand when it is of it.
function changing.reset_conn(target)
  flow.check("mos.reset_conn", target)
  if not inline then return not_inline "mos.reset_conn" end
  return answer("mos.reset_conn", api.reset_flow(worker, target[3], target[1], target[2]))
end

for name, method in pairs {
  drop = drop, overwrite = overwrite, insert = insert, chomp = chomp, send = changing.sendpkt,
  reset = changing.reset_conn,
} do
  flow.methods[name] = method
end
for name, method in pairs { drop = drop, overwrite = overwrite, send = changing.sendpkt } do
  sockets.methods[name] = method
end

return changing
