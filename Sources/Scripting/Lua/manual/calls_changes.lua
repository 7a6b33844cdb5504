-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls that drop and change the packet in hand.
local NOT_INLINE = { "EPERM", "without --inline nothing can be changed; mos says so once" }
local NO_PACKET = { "ENODATA", "no packet is in hand, or it was forwarded already (ON_CONN_END)" }
local ENDED = { "EBADF", "the flow has ended" }
local PASSED = "bytes that passed before, or with bytes behind them that did; a packet that TCP "
  .. "refuses"
local FULL = "256 edits, or 256 KiB of inserted bytes, wait in that direction for their "
  .. "acknowledgement; too much waits to leave with this burst"
local KEPT = "UDP and ICMP flows, RAW sockets and orphans; packets in tunnels, or put together "
  .. "from fragments; data in a SYN"

return {
  {
    name = "mos.setlastpkt",
    args = {
      { "flow or s", "target", "the flow whose packet is in hand; of a RAW socket's packet, or an "
        .. "orphan, the socket", valid = "flow" },
      { "side", "side", "as in the C API; it is the packet in hand with any, and with nil" },
      { "offset", "number", "where, from the region's first byte" },
      { "data", "bytestring", "the bytes; of CHOMP how many they are, as a number; of DROP "
        .. "nothing" },
      { "flags", "flags", "exactly one action: DROP, OVERWRITE, INSERT or CHOMP. With OVERWRITE "
        .. "exactly one region: ETH_HDR, IP_HDR, TCP_HDR or TCP_PAYLOAD; with INSERT and CHOMP "
        .. "TCP_PAYLOAD or none. Besides UPDATE_IP_CHKSUM and UPDATE_TCP_CHKSUM. Add them up",
        valid = "mos.OVERWRITE + mos.TCP_PAYLOAD" },
    },
    result = "true.",
    raised = { { "EBADF", "neither flow nor socket, or the flow has ended" },
      { "EINVAL", "several actions or regions, or none; bytes outside the region; a change of the "
        .. "packet's layout; a closed socket. The message says what is allowed" } },
    returned = { NOT_INLINE, NO_PACKET,
      { "EBUSY", "INSERT, CHOMP: " .. PASSED },
      { "ENOBUFS", "INSERT, CHOMP: " .. FULL },
      { "EOPNOTSUPP", "INSERT, CHOMP: " .. KEPT .. ". OVERWRITE: see flow:overwrite" } },
    notes = [[
`flow:drop`, `flow:overwrite`, `flow:insert` and `flow:chomp` are the same without flags. What a
change means for the stacks and for other sockets is on the page `inline`.]],
    examples = {
      { inline = true, code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local how = mos.OVERWRITE + mos.TCP_PAYLOAD + mos.UPDATE_TCP_CHKSUM
watch:on(mos.ON_PKT_IN, mos.HK_SND, function(flow, side)
  local at = flow:packet().payload:find "Accept-Encoding:"
  if at then mos.setlastpkt(flow, side, at - 1, "X", how) end
end)]] },
    },
    see = { "flow:drop", "flow:overwrite", "flow:insert", "flow:chomp", "inline" },
  },
  {
    name = "flow:drop", title = "inline: drops the packet in hand", forms = { "s:drop()" },
    args = {},
    result = "true.",
    raised = { ENDED },
    returned = { NOT_INLINE, NO_PACKET },
    notes = [[
The packet in hand is not forwarded. It has been monitored all the same: both stacks take it, and
the copy that its sender sends later is a retransmission. To refuse a connection, drop its packets
for good or reset it. Of a packet in fragments all go.]],
    examples = {
      { inline = true, text = "Nothing of telnet passes:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "tcp dst port 23" })
watch:on(mos.ON_PKT_IN, mos.HK_SND, function(flow) flow:drop() end)]] },
    },
    see = { "mos.setlastpkt", "mos.reset_conn", "inline" },
  },
  {
    name = "flow:overwrite", title = "inline: replaces bytes of the packet in hand",
    forms = { "s:overwrite(region, offset, data[, flags])" },
    args = {
      { "region", "region", "mos.ETH_HDR, mos.IP_HDR, mos.TCP_HDR or mos.TCP_PAYLOAD" },
      { "offset", "number", "where, from the region's first byte" },
      { "data", "bytestring", "the bytes that replace as many" },
      { "flags", "flags", "mos.UPDATE_IP_CHKSUM, mos.UPDATE_TCP_CHKSUM, their sum, or 0; left "
        .. "out: both" },
    },
    result = "true.",
    raised = { ENDED, { "EINVAL", "no region, or several; bytes outside of it; IP version, "
      .. "header lengths, total length, protocol or TCP's data offset would change" } },
    returned = { NOT_INLINE, NO_PACKET,
      { "ENOBUFS", "there is no room for so many changes at once" },
      { "EOPNOTSUPP", "link and IP header of a packet in a tunnel; the link header of one put "
        .. "together from fragments, and all of one within a tunnel; UPDATE_TCP_CHKSUM of a "
        .. "packet that was cut on its way" } },
    notes = [[
At HK_SND the receiver's stack and later sockets see the new bytes. Addresses and ports may be
written there, too (NAT): the flow keeps its own addresses, and the other end's packets to the
translated ones find the same flow.]],
    examples = {
      { inline = true, text = "Every packet leaves with a TTL of 64:", code = [[
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
mos.bind_filter(raw, { raw = "ip" })
raw:on(mos.ON_PKT_IN, function(s) s:overwrite(mos.IP_HDR, 8, "\64") end)]] },
    },
    see = { "mos.setlastpkt", "inline" },
  },
  {
    name = "flow:insert", title = "inline: puts bytes into the payload of the packet in hand",
    args = {
      { "offset", "number", "where in the packet's payload, from 0; its length appends" },
      { "data", "bytestring", "the bytes" },
    },
    result = "true.",
    raised = { ENDED, { "EINVAL", "`offset` lies outside the payload; `data` is neither string "
      .. "nor view" } },
    returned = { NOT_INLINE, NO_PACKET,
      { "EBUSY", PASSED }, { "ENOBUFS", FULL }, { "EOPNOTSUPP", KEPT } },
    notes = [[
Lengths and checksums are set right. The edit is remembered until it is acknowledged and made
again when the bytes are repeated, however they are cut. For the rest of the connection sequence
and acknowledgement numbers and SACK blocks are translated. A packet that grows beyond what its
receiver takes leaves as two.]],
    examples = {
      { inline = true, text = "A header line in each request that begins with the packet:",
        code = [[
local http = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(http, { syn = "tcp dst port 80" })
http:on(mos.ON_PKT_IN, mos.HK_SND, function(flow, side)
  local payload = flow:packet().payload
  local _, last = payload:find "\r\n"
  if side == mos.SIDE_CLI and payload:starts "GET " and last then
    flow:insert(last, "Via: 1.1 mos\r\n")
  end
end)]] },
    },
    see = { "flow:chomp", "mos.setlastpkt", "inline" },
  },
  {
    name = "flow:chomp", title = "inline: takes bytes out of the payload of the packet in hand",
    args = {
      { "offset", "number", "where in the packet's payload, from 0" },
      { "len", "bytes", "how many bytes go, 1 at least" },
    },
    result = "true.",
    raised = { ENDED, { "EINVAL", "these bytes lie outside the payload" } },
    returned = { NOT_INLINE, NO_PACKET,
      { "EBUSY", PASSED }, { "ENOBUFS", FULL }, { "EOPNOTSUPP", KEPT } },
    notes = "As with `flow:insert`, numbers are translated for the rest of the connection.",
    examples = {
      { inline = true, text = "Servers no longer say what they are:", code = [[
local http = mos.socket(mos.SOCK_MONITOR_STREAM)
http:on(mos.ON_PKT_IN, mos.HK_SND, function(flow, side)
  local payload = flow:packet().payload
  local first = side == mos.SIDE_SVR and payload:find "Server: "
  local line = first and payload:line(first)
  if line then flow:chomp(first - 1, #line + 2) end
end)]] },
    },
    see = { "flow:insert", "mos.setlastpkt", "inline" },
  },
}
