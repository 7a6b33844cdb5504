-- SPDX-License-Identifier: BSD-2-Clause
-- Packets of no flow: a line each, with why there is none.
local bit = require "bit"
local book = require "mos.explain.book"
local ladder = require "mos.explain.ladder"
local paint = require "mos.explain.paint"
local row = require "mos.explain.row"

local band = bit.band
local REMEMBERED = 4096 -- flows that have ended, by their ends
local FIN, SYN, RST, ACK = 1, 2, 4, 16

local stray = {
  --- There is a filter that may have kept the beginning of a flow out.
  has_filter = false,
}

-- The two ends -> why what is between them belongs to no flow any more; the oldest make room.
local known, order, at = {}, {}, 0

local function key_of(a, b)
  return a < b and a .. " " .. b or b .. " " .. a
end

local function remember(key, why)
  at = at % REMEMBERED + 1
  local oldest = order[at]
  if oldest and known[oldest.key] == oldest.why then known[oldest.key] = nil end
  order[at] = { key = key, why = why }
  known[key] = why
end

--- A flow is over: what comes of it now belongs to none.
function stray.ended(l)
  remember(key_of(l.client, l.server), ("its flow, %d, is over"):format(l.number))
end

local function endpoint(version, addr, port)
  return version == 6 and "[" .. addr .. "]:" .. port or addr .. ":" .. port
end

local function ends_of(packet)
  local ip, l4 = packet.ip, packet.tcp or packet.udp
  if not l4 then return ip.src, ip.dst end
  return endpoint(ip.version, ip.src, l4.sport), endpoint(ip.version, ip.dst, l4.dport)
end

stray.ends_of = ends_of

-- MARK: Why

local refused_before, shed_before = 0, 0

-- Whether this packet would have started a flow, had there been room.
local function for_want_of_room()
  local refused, shed = row.counter "flows_refused", row.counter "flows_shed"
  local text
  if refused > refused_before then text = "the table of flows is full (max_flows)" end
  if shed > shed_before then text = "new flows are shed" end
  refused_before, shed_before = refused, shed
  return text
end

local function of_tcp(packet)
  local tcp = packet.tcp
  local a, b = ends_of(packet)
  local why = known[key_of(a, b)]
  if why then return why end
  local flags = tcp.flags
  if band(flags, SYN) ~= 0 and band(flags, FIN + RST) ~= 0 then
    return "a SYN with FIN or RST starts no connection"
  elseif band(flags, SYN) ~= 0 and band(flags, ACK) == 0 then
    return "it starts no flow"
  end
  return ("its SYN was not seen%s (--set midstream=on)"):format(
    stray.has_filter and " or not selected" or "")
end

local function reason_of(packet)
  local room = for_want_of_room()
  if room then
    local a, b = ends_of(packet)
    remember(key_of(a, b), room)
    return room
  end
  if packet.tcp then return of_tcp(packet) end
  if packet.udp or packet.icmp then return "it belongs to no flow" end
  return "neither TCP, UDP nor ICMP"
end

-- MARK: What

local ethertypes = { [0x0806] = "ARP", [0x88cc] = "LLDP", [0x888e] = "EAPOL", [0x8809] = "LACP" }

local function what(packet)
  local ip = packet.ip
  if not ip then
    local ether = packet.eth
    if not ether then return "frame" end
    return ethertypes[ether.type] or ("EtherType 0x%04x"):format(ether.type)
  end
  local a, b = ends_of(packet)
  local ends = a .. " > " .. b
  if packet.tcp then return ("tcp %s %s"):format(ends, row.flags(packet.tcp.flags)) end
  if packet.udp then return "udp " .. ends end
  if packet.icmp then
    return ("icmp %s type %d code %d"):format(ends, packet.icmp.type, packet.icmp.code)
  end
  return ("ip protocol %d %s"):format(ip.proto, ends)
end

-- MARK: Lines

local function show(packet, start, text, style, code)
  local about = ("%s, %d bytes"):format(what(packet), packet.len)
  if book.objects then
    return book.objects.stray(packet, start, about, text, code)
  end
  local lead = ladder.lead(packet.number, row.since(start, packet))
  book.stray(paint.wrap(paint.styled(lead, "dim"), ladder.LEAD,
    { { text = about }, { text = text, style = style } }))
end

--- A packet that the engine gave to ON_ORPHAN.
function stray.orphan(packet, start)
  show(packet, start, "orphan: " .. reason_of(packet), "odd", "orphan")
end

--- A frame that gets no further than to RAW sockets; false for others.
function stray.frame(packet, start)
  if packet.bad_checksum then
    show(packet, start, "wrong checksum: not believed, no event", "bad", "bad-checksum")
  elseif packet.malformed then
    show(packet, start, "malformed: " .. packet.malformed:gsub("_", " "), "bad", "malformed")
  elseif not packet.ip then
    show(packet, start, "not IP: seen by RAW sockets alone", "odd", "not-ip")
  elseif packet.fragment then
    show(packet, start, "a fragment: its packet counts when it is complete", nil, "fragment")
  else
    return false
  end
  return true
end

return stray
