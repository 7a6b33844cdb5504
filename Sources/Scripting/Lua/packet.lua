-- SPDX-License-Identifier: BSD-2-Clause
-- The packet in hand: one reusable object, and one for each of its headers, valid while the packet
-- is.
local ffi = require "ffi"
local bit = require "bit"
local abi = require "mos.abi"
local address = require "mos.address"
local datagram = require "mos.datagram"
local errors = require "mos.errors"
local fields = require "mos.fields"
local flow = require "mos.flow"
local schema = require "mos.schema"
local tcp_flags = require "mos.tcp_flags"
local tunnel = require "mos.tunnel"
local view = require "mos.view"

local api, ev, worker = abi.api, abi.event, abi.worker
local band, rshift, lshift = bit.band, bit.rshift, bit.lshift
local getmetatable, setmetatable = getmetatable, setmetatable
local point = view.point
local Flow = flow.Flow

local function flag(name)
  return abi.constant("PKT_" .. name)
end

local BAD_CHECKSUM, OFFLOADED, TRUNCATED = flag "BAD_CHECKSUM", flag "OFFLOADED", flag "TRUNCATED"
local FRAGMENT, KEEPALIVE, REXMIT = flag "FRAGMENT", flag "KEEPALIVE", flag "REXMIT"
local LATE, HAS_TIMESTAMPS = flag "LATE", flag "HAS_TIMESTAMPS"
local DIFFERS_KNOWN, DIFFERS, SACK = flag "DIFFERS_KNOWN", flag "DIFFERS", flag "SACK"
local HAS_TRANSPORT, HAS_MSS, HAS_WSCALE = flag "HAS_TRANSPORT", flag "MSS", flag "WSCALE"
local HAS_OFFSET, IS_IP = flag "HAS_OFFSET", flag "IP"
local TUNNEL, REASSEMBLED = flag "TUNNEL", flag "REASSEMBLED"
local NO_FLOW = abi.constant "NO_FLOW"
local ETHERNET, TCP, UDP, ICMP, ICMP6 = 1, 6, 17, 1, 58

local invalid_names = {}
for _, name in ipairs { "RST", "SYN", "WINDOW", "PAWS", "ACK", "FLAGS" } do
  invalid_names[abi.constant("INVALID_" .. name)] = name:lower()
end

-- What counters of malformed frames are called, without that word, in their order.
local malformed_names = {}
for i = 0, api.counter_count - 1 do
  local name = ffi.string(api.counter_name(i)):match "^malformed_(.*)"
  if name then malformed_names[#malformed_names + 1] = name end
end

local rexmit_kinds = {}
for _, name in ipairs { "RTO", "FAST", "SPURIOUS", "PROBE" } do
  rexmit_kinds[abi.constant("REXMIT_" .. name)] = name:lower()
end

local Packet = { __name = "packet" }
local Eth, Ip = { __name = "Ethernet header" }, { __name = "IP header" }
local Tcp, Udp = { __name = "TCP header" }, { __name = "UDP header" }
local Icmp = { __name = "ICMP header" }
local packet, eth, ip = setmetatable({}, Packet), setmetatable({}, Eth), setmetatable({}, Ip)
local tcp, udp, icmp = setmetatable({}, Tcp), setmetatable({}, Udp), setmetatable({}, Icmp)
local payload_view, frame_view = view.new(), view.new()

-- The number of the packet for which the objects were last handed out.
ffi.cdef "struct mos_held { double number; };"
local held = ffi.new "struct mos_held"

-- The packet in hand, which must still be the one that was handed out.
local function current(what)
  local p = ev.packet
  if ev.has_packet ~= 1 or p.number ~= held.number then
    errors.raise(what .. ": this packet is gone; it is valid until its callback returns", "EFAULT")
  end
  return p
end

local function has(p, bits)
  return band(p.flags, bits) ~= 0
end

local function transport(p, proto)
  return p.proto == proto and band(p.flags, HAS_TRANSPORT) ~= 0
end

local function payload_of(p)
  local at = 0
  if has(p, HAS_OFFSET) then at = p.offset end
  return point(payload_view, ev.frame + p.payload, p.payload_len, at)
end

function Packet.__index(_, key)
  local p = current "packet"
  if key == "tcp" then
    if transport(p, TCP) then return tcp end
    return nil
  elseif key == "ip" then
    if has(p, IS_IP) then return ip end
    return nil
  elseif key == "payload" then return payload_of(p)
  elseif key == "len" then return p.len
  elseif key == "caplen" then return p.caplen
  elseif key == "number" then return p.number
  elseif key == "ts" then return p.time.sec + p.time.nsec / 1e9
  elseif key == "ts_sec" then return p.time.sec
  elseif key == "ts_nsec" then return p.time.nsec
  elseif key == "offset" then
    if has(p, HAS_OFFSET) then return p.offset end
    return nil
  elseif key == "payload_len" then return p.wire_payload_len
  elseif key == "udp" then
    if transport(p, UDP) then return udp end
    return nil
  elseif key == "icmp" then
    if transport(p, ICMP) or transport(p, ICMP6) then return icmp end
    return nil
  elseif key == "eth" then
    if p.link == ETHERNET and p.caplen >= 14 then return eth end
    return nil
  elseif key == "vlan" then
    if p.vlan ~= 65535 then return p.vlan end
    return nil
  elseif key == "invalid" then return invalid_names[p.invalid]
  elseif key == "bad_checksum" then return has(p, BAD_CHECKSUM)
  elseif key == "malformed" then return malformed_names[p.malformed]
  elseif key == "offloaded" then return has(p, OFFLOADED)
  elseif key == "truncated" then return has(p, TRUNCATED)
  elseif key == "fragment" then return has(p, FRAGMENT)
  elseif key == "reassembled" then return has(p, REASSEMBLED)
  elseif key == "tunnel" then
    if has(p, TUNNEL) then return tunnel.list(NO_FLOW, 0) end
    return nil
  elseif key == "keepalive" then return has(p, KEEPALIVE)
  elseif key == "rexmit" then return has(p, REXMIT)
  elseif key == "rexmit_kind" then return rexmit_kinds[p.rexmit_kind]
  elseif key == "late" then return has(p, LATE)
  elseif key == "differs" then
    if has(p, DIFFERS_KNOWN) then return has(p, DIFFERS) end
    return nil
  elseif key == "frame" then return point(frame_view, ev.frame, p.caplen, 0)
  elseif key == "ptr" then return ev.frame
  end
  return fields.unknown("packet", schema.packet, key)
end

local function mac(first)
  return ("%02x:%02x:%02x:%02x:%02x:%02x"):format(
    first[0], first[1], first[2], first[3], first[4], first[5])
end

function Eth.__index(_, key)
  local p = current "packet.eth"
  if key == "dst" then return mac(ev.frame)
  elseif key == "src" then return mac(ev.frame + 6)
  elseif key == "type" then return p.ethertype
  end
  return fields.unknown("packet.eth", schema.eth, key)
end

local function words_of(p)
  return ffi.cast("const uint32_t *", p)
end

local SRC = ffi.offsetof("struct mos_packet", "src") / 4
local DST = ffi.offsetof("struct mos_packet", "dst") / 4

-- The decoder has checked that the whole IP header was captured.
function Ip.__index(_, key)
  local p = current "packet.ip"
  local version = p.ip_version
  if key == "src" then return address.text(words_of(p), SRC, version)
  elseif key == "dst" then return address.text(words_of(p), DST, version)
  elseif key == "proto" then return p.proto
  elseif key == "version" then return version
  elseif key == "src_bytes" then return address.bytes(words_of(p), SRC, version)
  elseif key == "dst_bytes" then return address.bytes(words_of(p), DST, version)
  end
  local h = ev.frame + p.l3
  if key == "ttl" then
    if version == 6 then return h[7] end
    return h[8]
  elseif key == "len" then
    if version == 6 then return h[4] * 256 + h[5] + 40 end
    return h[2] * 256 + h[3]
  elseif key == "tos" then
    if version == 6 then return band(lshift(h[0], 4), 0xf0) + rshift(h[1], 4) end
    return h[1]
  elseif key == "id" then
    if version == 6 then return nil end
    return h[4] * 256 + h[5]
  end
  return fields.unknown("packet.ip", schema.ip, key)
end

local function u32(at)
  return at[0] * 16777216 + at[1] * 65536 + at[2] * 256 + at[3]
end

-- The blocks of a SACK option as {left, right}; nil without one. A broken list ends where it is.
local function sack_of(p)
  if not has(p, SACK) then return nil end
  local list
  local at, stop = p.l4 + 20, p.payload
  while at < stop do
    local kind = ev.frame[at]
    if kind == 0 then break end
    if kind == 1 then
      at = at + 1
    else
      local length = at + 1 < stop and ev.frame[at + 1] or 0
      if length < 2 or at + length > stop then break end
      if kind == 5 and length >= 10 and length % 8 == 2 then
        list = list or {}
        for block = at + 2, at + length - 8, 8 do
          list[#list + 1] = { u32(ev.frame + block), u32(ev.frame + block + 4) }
        end
      end
      at = at + length
    end
  end
  return list
end

local tcp_has = tcp_flags.method(Tcp, function() return current("packet.tcp").tcp_flags end)

function Tcp.__index(_, key)
  local p = current "packet.tcp"
  if key == "seq" then return p.seq
  elseif key == "ack" then return p.ack
  elseif key == "flags" then return p.tcp_flags
  elseif key == "has" then return tcp_has
  elseif key == "sport" then return p.sport
  elseif key == "dport" then return p.dport
  elseif key == "window" then return p.window
  elseif key == "header_len" then return rshift(ev.frame[p.l4 + 12], 4) * 4
  elseif key == "urgent" then return ev.frame[p.l4 + 18] * 256 + ev.frame[p.l4 + 19]
  elseif key == "mss" then
    if has(p, HAS_MSS) then return p.mss end
    return nil
  elseif key == "wscale" then
    if has(p, HAS_WSCALE) then return p.wscale end
    return nil
  elseif key == "sack_permitted" then return has(p, SACK)
  elseif key == "sack" then return sack_of(p)
  elseif key == "tsval" then
    if has(p, HAS_TIMESTAMPS) then return p.tsval end
    return nil
  elseif key == "tsecr" then
    if has(p, HAS_TIMESTAMPS) then return p.tsecr end
    return nil
  end
  return fields.unknown("packet.tcp", schema.tcp, key)
end

function Udp.__index(_, key)
  local p = current "packet.udp"
  if key == "sport" then return p.sport
  elseif key == "dport" then return p.dport
  elseif key == "len" then return ev.frame[p.l4 + 4] * 256 + ev.frame[p.l4 + 5]
  end
  return fields.unknown("packet.udp", schema.udp, key)
end

local function be16(at)
  return ev.frame[at] * 256 + ev.frame[at + 1]
end

-- What the packet that an ICMP error quotes says of itself; its ports only where they are quoted.
local function quoted()
  if api.icmp_quote(worker) ~= 1 then return nil end
  local proto, version, upper = ev.value[0], ev.value[1], ev.value[3]
  local header = ffi.cast("const uint32_t *", ev.frame + ev.value[2])
  local quote = { proto = datagram.protocols[proto] or proto }
  if version == 6 then
    quote.src, quote.dst = address.text(header, 2, 6), address.text(header, 6, 6)
  else
    quote.src, quote.dst = address.text(header, 3, 4), address.text(header, 4, 4)
  end
  if upper >= 0 then
    if quote.proto == "icmp" then
      quote.sport, quote.dport = ev.frame[upper], ev.frame[upper + 1]
    else
      quote.sport, quote.dport = be16(upper), be16(upper + 2)
    end
  end
  return quote
end

-- The flow that an ICMP error is about, as the socket in hand sees it, else as the first that does.
local function about()
  if api.icmp_flow(worker, ev.socket) ~= 1 then return nil end
  return setmetatable({ ev.value[0], ev.value[1], ev.value[2] }, Flow)
end

function Icmp.__index(_, key)
  local p = current "packet.icmp"
  if key == "type" then return p.sport
  elseif key == "code" then return p.dport
  elseif key == "about" then return about()
  elseif key == "quoted" then return quoted()
  end
  return fields.unknown("packet.icmp", schema.icmp, key)
end

for meta, what in pairs { [Packet] = "packet", [Eth] = "packet.eth", [Ip] = "packet.ip",
  [Tcp] = "packet.tcp", [Udp] = "packet.udp", [Icmp] = "packet.icmp" } do
  meta.__newindex = function(_, key) fields.read_only(what, key) end
  meta.__tostring = function() return meta.__name end
end

local module = {}

--- The packet in hand, of a flow or of a socket; nil, message, "ENODATA" without one.
function module.last(f)
  if getmetatable(f) == Flow then
    if ev.has_packet ~= 1 or ev.flow ~= f[1] then
      flow.conn_of(f)
      return nil, "no packet of this flow is in hand", "ENODATA"
    end
    flow.conn_of(f)
  elseif getmetatable(f) ~= flow.Socket then
    errors.argument("mos.getlastpkt", 1, "flow or s", f, "a flow or a socket", "EBADF")
  elseif ev.has_packet ~= 1 then
    return nil, "no packet is in hand", "ENODATA"
  end
  held.number = ev.packet.number
  return packet
end

flow.methods.packet = module.last

return module
