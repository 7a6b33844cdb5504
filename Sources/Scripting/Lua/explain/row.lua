-- SPDX-License-Identifier: BSD-2-Clause
-- A row: one packet of a flow, or what happened to the flow without one; read off the flow and the
-- packet at the hooks, nothing judged yet.
local ffi = require "ffi"
local bit = require "bit"
local abi = require "mos.abi"

local conns, exts, api = abi.conns, abi.exts, abi.api
local band = bit.band
local CLI = abi.constant "SIDE_CLI"
local TIMESTAMPS, FIN = abi.constant "STREAM_TIMESTAMPS", abi.constant "STREAM_FIN"
local ZERO_WINDOW = abi.constant "STREAM_ZERO_WINDOW"
local FRAGMENTS = { [CLI] = abi.constant "OPT_FRAGINFO_CLIBUF",
  [1 - CLI] = abi.constant "OPT_FRAGINFO_SVRBUF" }
local EXCERPT = 40 -- bytes of payload that a row keeps

local places = {}
for i = 0, api.counter_count - 1 do places[ffi.string(api.counter_name(i))] = i end

local row = {}

--- The value of one of the engine's counters, 0 while it is not counted.
function row.counter(name)
  local value = api.counters[places[name]]
  return value == value and value or 0
end

local letters = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" }
local order = { 2, 1, 3, 4, 5, 6, 7, 8 }

--- Flags by their names: "SYN ACK".
function row.flags(number)
  local names = {}
  for _, place in ipairs(order) do
    if band(number, 2 ^ (place - 1)) ~= 0 then names[#names + 1] = letters[place] end
  end
  return #names > 0 and table.concat(names, " ") or "none"
end

-- What of one direction's stream decides about its next segment.
local function stream_of(flow, from)
  local side = from == CLI and flow.cli or flow.svr
  local now = { unique = side.unique_bytes, out_of_order = side.out_of_order, next = 0,
    packets = side.packets }
  local c = conns[flow.slot]
  if c.ext >= 0 then
    local s = from == CLI and exts[c.ext].cli or exts[c.ext].svr
    local h = from == CLI and exts[c.ext].cli_health or exts[c.ext].svr_health
    now.next = tonumber(s.next)
    if band(s.flags, TIMESTAMPS) ~= 0 then now.tsval = s.tsval end
    if band(s.flags, FIN) ~= 0 then now.fin = tonumber(h.fin) end
    now.is_closed = band(s.flags, ZERO_WINDOW) ~= 0
  end
  return now
end

local function relative(number, base)
  if not base then return number end
  return (number - base) % 4294967296
end

-- Windows count in bytes once both ends have offered to scale them (RFC 7323 section 2.2); those of
-- SYNs never do.
local function window_of(flow, side, tcp, is_syn)
  if is_syn or not (flow.cli.wscale and flow.svr.wscale) then return tcp.window end
  return tcp.window * 2 ^ math.min(side.wscale, 14)
end

local function read_options(r, tcp, base)
  r.mss, r.wscale = tcp.mss, tcp.wscale
  r.tsval, r.tsecr = tcp.tsval, tcp.tsecr
  r.sack_permitted = r.is_syn and tcp.sack_permitted
  if tcp:has "U" then r.urgent = tcp.urgent end
  local blocks = tcp.sack
  if not blocks then return end
  r.sack = {}
  for i, block in ipairs(blocks) do
    r.sack[i] = { relative(block[1], base), relative(block[2], base) }
  end
end

-- What IP and the link layer say that is not the same in every packet.
local function read_carrier(r, packet)
  r.truncated, r.reassembled = packet.truncated, packet.reassembled
  r.offloaded, r.bad_checksum = packet.offloaded, packet.bad_checksum
  r.len = packet.payload_len
  local payload = packet.payload
  r.captured = #payload
  r.excerpt = payload:sub(1, EXCERPT)
  if packet.ip then r.congested = packet.ip.tos % 4 == 3 end
end

--- Seconds from the start of a ladder to a packet, to the nanosecond.
function row.since(ladder, packet)
  local nanos = (packet.ts_sec - ladder.sec) * 1e9 + (packet.ts_nsec - ladder.nsec)
  return nanos / 1e9
end

--- A row without a packet of its flow, at packet time `time`.
function row.quiet(ladder, time, hand)
  local since = math.floor((time - ladder.start) * 1e6 + 0.5) / 1e6
  return { ladder = ladder, time = time, since = since, hand = hand, events = {} }
end

--- A row of the packet in hand.
function row.begin(ladder, packet)
  return { ladder = ladder, number = packet.number, hand = packet.number, time = packet.ts,
    since = row.since(ladder, packet), events = {} }
end

--- Fills in a TCP segment from `from`: what its header says.
function row.read_segment(r, flow, from, packet)
  local side = from == CLI and flow.cli or flow.svr
  local other = from == CLI and flow.svr or flow.cli
  local tcp = packet.tcp
  r.from, r.flag_bits, r.flags = from, tcp.flags, row.flags(tcp.flags)
  r.is_syn, r.is_fin, r.is_rst = tcp:has "S", tcp:has "F", tcp:has "R"
  r.has_ack = tcp:has "A"
  r.seq = relative(tcp.seq, side.isn)
  if r.has_ack then r.ack = relative(tcp.ack, other.isn) end
  r.raw_window, r.window = tcp.window, window_of(flow, side, tcp, r.is_syn)
  read_carrier(r, packet)
  read_options(r, tcp, other.isn)
end

--- At HK_SND: the segment, and what its receiver has before it arrives.
function row.sent(r, flow, from, packet)
  row.read_segment(r, flow, from, packet)
  local side = from == CLI and flow.cli or flow.svr
  local isns = r.ladder.isns
  r.has_new_isn = r.is_syn and r.has_ack and isns[from] and isns[from] ~= side.isn
  isns[from] = side.isn
  r.before = stream_of(flow, from)
  r.before.dup_acks = side.dup_acks
  r.to_closed_window = stream_of(flow, 1 - from).is_closed
  r.pool_full = row.counter "buffer_pool_full"
end

-- What the segment in hand acknowledges of the other end's bytes though it was not captured.
local function missing(r, flow)
  local other = r.opposite
  -- A number ahead is one that is less than half of the sequence space ahead.
  local ahead = (r.ack - 1 - other.next) % 4294967296
  if ahead == 0 or ahead >= 2147483648 then return 0 end
  local finish = other.next + ahead
  if other.fin then finish = math.min(finish, other.fin) end
  local lacking = finish - other.next
  local held = flow:getsockopt(FRAGMENTS[r.from])
  for _, part in ipairs(held) do
    local from, to = math.max(part.offset, other.next), math.min(part.offset + part.len, finish)
    if to > from then lacking = lacking - (to - from) end
  end
  return math.max(lacking, 0)
end

--- At HK_RCV: what became of it.
function row.received(r, flow, packet)
  local side = r.from == CLI and flow.cli or flow.svr
  r.after = stream_of(flow, r.from)
  r.opposite = stream_of(flow, 1 - r.from)
  r.invalid, r.keepalive = packet.invalid, packet.keepalive
  r.rexmit, r.rexmit_kind = packet.rexmit, packet.rexmit_kind
  r.differs, r.late, r.offset = packet.differs, packet.late, packet.offset
  -- What begins before its stream does has no offset there.
  r.start = r.offset or (r.seq - 1 + 2147483648) % 4294967296 - 2147483648
  r.dup_acks = side.dup_acks - r.before.dup_acks
  local acks = r.ladder.acks
  if r.ack ~= acks[r.from] and r.ack and not r.invalid and not r.is_rst then
    r.missing = missing(r, flow)
  end
  acks[r.from] = r.ack
  r.pool_full = row.counter "buffer_pool_full" > r.pool_full
end

--- A packet of a UDP or ICMP flow.
function row.datagram(r, from, packet)
  r.from = from
  read_carrier(r, packet)
  local icmp = packet.icmp
  if not icmp then return end
  r.icmp_type, r.icmp_code = icmp.type, icmp.code
  local quoted = icmp.quoted
  if quoted then
    local about = icmp.about
    r.about = about and tostring(about) or nil
    r.quoted = quoted
  end
end

--- States of both ends as they are now, nil before a stack exists.
function row.states(flow)
  return flow.cli.state, flow.svr.state
end

return row
