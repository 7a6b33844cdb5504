-- SPDX-License-Identifier: BSD-2-Clause
-- Fields of sockets, flows, packets and headers of which there is more to say than the schema does.
local TUNNEL = [[
Each is a table `{type=, src=, dst=, id=}`. `type` is "gre", "pptp", "erspan", "ip" (IP in IP),
"etherip", "mpls", "vxlan", "vxlan-gpe", "geneve", "gtp" or "teredo"; `src` and `dst` are the
addresses of the IP packet that carries it; `id` is the VNI, GRE key, TEID, ERSPAN session or PPTP
call, nil where there is none. The list is made anew at each reading. With `decap=outer` there is
none.]]

local repeats = { { capture = "free-riding", file = "repeats", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.setsockopt(watch, mos.CLIKEEP, 2 ^ 20)
watch:on(mos.ON_PKT_IN, mos.HK_RCV, function(flow)
  local p = flow:packet()
  if not p.rexmit and not p.invalid or p.number < 48 then return end
  print(p.number, p.offset, p.rexmit, p.rexmit_kind, p.differs, p.late)
  print("", p.keepalive, p.invalid)
end)]], output = [[
48      0       true    spurious        nil     false
        false   nil
50      2896    true    spurious        false   false
        false   nil
52      4344    true    spurious        false   false
        false   nil
...]] } }

local bytes = { { capture = "web", file = "bytes", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40010" })
watch:on(mos.ON_PKT_IN, function(flow)
  local p = flow:packet()
  if p.payload_len == 0 then return end
  print(p.number, p.offset, p.payload_len, #p.payload, #p.frame, p.ptr[0])
end)]], output = [[
33      0       79      79      145     2
35      0       140     140     206     2]] } }

local condition = { { capture = "web", file = "condition", code = [[
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
raw:on(mos.ON_PKT_IN, function(s)
  local p = s:packet()
  if p.number > 1 then return end
  print(p.bad_checksum, p.offloaded, p.truncated, p.fragment, p.reassembled)
  print(p.malformed, p.tunnel, p.vlan, p.udp, p.icmp)
end)]], output = [[
false   false   false   false   false
nil     nil     nil     nil     nil]] } }

return {
  { name = "s.id", notes = "Messages name sockets by it." },
  { name = "s.name", notes = "What mos.socket was given, else its place in the order of creation "
    .. "as text, from \"1\" on." },

  { name = "flow.ctx", see = { "mos.get_uctx", "mos.set_uctx", "flow.state" }, notes = [[
Each socket has its own. It is forgotten with the flow, behind its last ON_CONN_END; there is
nothing to free.]],
    examples = { { capture = "web", file = "ctx", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "portrange 40000-40019" })
watch:on(mos.ON_CONN_START, function(flow) flow.ctx = { lines = 0 } end)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local _, lines = flow:peek(side):gsub("\n", "")
  flow.ctx.lines = flow.ctx.lines + lines
end)
watch:on(mos.ON_CONN_END, function(flow) print(flow, flow.ctx.lines) end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    723
10.0.0.1:40010 > 10.0.0.2:80    12]] } } },
  { name = "flow.state", see = { "mos.flow_state", "flow.ctx" },
    notes = "Its fields may be set; a name that was not declared is EINVAL. Without a "
      .. "declaration reading it is EINVAL too.",
    examples = { { capture = "web", file = "state", code = [[
mos.flow_state "uint32_t packets[2]"
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_PKT_IN, function(flow, side)
  local n = flow.state.packets
  n[side] = n[side] + 1
end)
watch:on(mos.ON_CONN_END, function(flow)
  local n = flow.state.packets
  print(flow, n[mos.SIDE_CLI], n[mos.SIDE_SVR])
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    11      18
10.0.0.1:40010 > 10.0.0.2:80    6       4
10.0.0.1:40020 > 10.0.0.2:80    6       4
10.0.0.1:40030 > 10.0.0.2:80    6       4
10.0.0.1:40040 > 10.0.0.2:80    8       6
10.0.0.1:40050 > 10.0.0.2:80    6       4
10.0.0.1:40051 > 10.0.0.2:80    6       4
10.0.0.1:40052 > 10.0.0.2:80    6       4]] } } },
  { name = "flow.slot", notes = "For arrays of one's own. Several flows have the same one after "
    .. "each other." },
  { name = "flow.uid", notes = "\"C\" and eleven letters and digits: a hash of start time, "
    .. "addresses, ports and protocol. The same in every run over the same packets." },
  { name = "flow.community_id", notes = "As Zeek, Suricata and Wireshark write it: \"1:\" and 28 "
    .. "characters.",
    examples = { { capture = "ipv6", file = "community", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_START, function(flow) print(flow.community_id) end)]], output = [[
1:GbmSQef8Y0hQDbO7BTYa0Ha3Otc=]] } } },
  { name = "flow.end_reason", see = { "ON_CONN_END", "order" }, notes = [[
* "fin": both ends have closed, and TIME_WAIT is over
* "reset": an acceptable RST before both ends had closed
* "refused": a RST in answer to the SYN
* "timeout": silent for `idle_timeout`, or for `close_timeout` once an end has sent its FIN
* "handshake-timeout": silent for `handshake_timeout` before both ends were ESTABLISHED
* "reuse": a new SYN took its addresses
* "evicted": the table was full, it was silent longest, and `table_full=evict`
* "shutdown": the run ended; a flow that had closed by then has "fin"
* "reset-by-monitor": mos.reset_conn

It is there from the packet on that ends the flow.]],
    examples = { { capture = "resets", file = "reasons", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow) print(flow, flow.end_reason) end)]], output = [[
10.0.0.1:40100 > 10.0.0.2:81    refused
10.0.0.1:40101 > 10.0.0.2:82    reset
10.0.0.1:40102 > 10.0.0.2:83    reset]] } } },
  { name = "flow.start_time", see = { "flow:start_parts" } },
  { name = "flow.last_time", see = { "flow:last_parts", "TIMESTAMP" } },
  { name = "flow.proto", notes = "\"icmp\" is ICMPv6 too." },
  { name = "flow.icmp_id", notes = "Echo, timestamp, information, address mask and home agent "
    .. "discovery have one." },
  { name = "flow.rtt", see = { "flow.handshake_rtt", "flow.cli.rtt" } },
  { name = "flow.bytes", see = { "flow.cli.bytes", "flow.cli.unique_bytes" } },
  { name = "flow.packets", see = { "flow.cli.packets" } },
  { name = "flow.response_time", see = { "flow.cli.first_byte", "flow.rtt" },
    notes = "How long the client waited for the answer to its first question, as seen where the "
      .. "capture was made. nil when the server spoke first." },
  { name = "flow.handshake_rtt", see = { "flow.cli.rtt", "health" },
    notes = "The sum of both ends' `rtt`: what Wireshark calls the initial RTT. nil when SYN or "
      .. "SYN-ACK were sent twice (Karn's rule)." },
  { name = "flow.tunnel", notes = TUNNEL, see = { "packet.tunnel", "settings decap" } },
  { name = "flow.vlan", see = { "packet.vlan", "settings vlan_in_key" } },
  { name = "flow.midstream", see = { "settings midstream" },
    notes = "Streams of such a flow begin with the first byte captured of them.",
    examples = { { capture = "web", filter = "tcp[13] & 2 = 0", settings = { "midstream=on" },
      file = "midstream", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  print(flow, flow.midstream, flow.cli.unique_bytes, flow.svr.unique_bytes)
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    true    148     18492
10.0.0.1:40010 > 10.0.0.2:80    true    79      140
10.0.0.1:40020 > 10.0.0.2:80    true    77      123
10.0.0.1:40030 > 10.0.0.2:80    true    164     143
10.0.0.1:40040 > 10.0.0.2:80    true    79      3170
10.0.0.1:40050 > 10.0.0.2:80    true    78      127
10.0.0.1:40051 > 10.0.0.2:80    true    78      127
10.0.0.1:40052 > 10.0.0.2:80    true    78      127]] } } },

  { name = "packet.number", notes = "Packets that -f kept out count too." },
  { name = "packet.ts", see = { "packet.ts_sec", "packet.ts_nsec", "mos.now", "numbers" } },
  { name = "packet.offset", examples = bytes, see = { "mos.ppeek", "packet.tcp.seq" },
    notes = "Counted from the sender's ISN + 1; of a SYN 0. Not below 0: keep-alives have none "
      .. "where that is." },
  { name = "packet.payload_len", examples = bytes },
  { name = "packet.payload", examples = bytes, see = { "view", "packet.payload_len" },
    notes = "`#packet.payload` may be less than `payload_len` where the capture cut the packet." },
  { name = "packet.frame", examples = bytes, notes = "Of a reassembled packet what came before "
    .. "the IP header of its last fragment, then the whole IP "
    .. "packet.", see = { "packet.ptr", "view" } },
  { name = "packet.ptr", examples = bytes, see = { "ffi", "view.ptr" }, notes = "`const uint8_t "
    .. "*`, valid as long as the packet; nobody checks what is done with it." },
  { name = "packet.bad_checksum", examples = condition, see = { "settings checksums" } },
  { name = "packet.malformed", examples = condition, see = { "counters", "packet.bad_checksum" },
    notes = "The name of its counter without \"malformed_\", as \"tcp_truncated\". Seen by RAW "
      .. "sockets alone." },
  { name = "packet.truncated", examples = condition,
    see = { "packet.payload_len", "packet.caplen" } },
  { name = "packet.invalid", examples = repeats, see = { "ON_PKT_IN", "stats.invalid" }, notes = [[
* "rst": a RST whose number is not exactly the next one (RFC 5961)
* "syn": a SYN with another ISN on an established connection
* "window": data too far ahead of, or before the beginning of, the stream
* "paws": an older timestamp (RFC 7323)
* "ack": an acknowledgement of what cannot have been sent, or of long ago
* "flags": neither SYN, RST nor ACK

Such a segment raises ON_PKT_IN at both hooks and changes nothing.]] },
  { name = "packet.offloaded", examples = condition, see = { "settings checksums" },
    notes = "Most packets of a capture that was made on the sending machine are so." },
  { name = "packet.fragment", examples = condition, see = { "packet.reassembled" },
    notes = "RAW sockets see those." },
  { name = "packet.reassembled", examples = condition, see = { "packet.fragment",
    "settings fragments_pool" },
    notes = "`number` and `ts` are those of the last fragment, `frame`, `len` and `caplen` of "
      .. "the whole." },
  { name = "packet.tunnel", examples = condition, notes = TUNNEL, see = { "flow.tunnel",
    "settings decap" } },
  { name = "packet.rexmit", examples = repeats, notes = "Set from ON_REXMIT on.",
    see = { "ON_REXMIT", "packet.rexmit_kind" } },
  { name = "packet.rexmit_kind", examples = repeats,
    see = { "ON_REXMIT", "flow.cli.rexmit_rto", "health" },
    notes = "\"rto\", \"fast\", \"spurious\" or \"probe\"; the page `health` says how they are "
      .. "told apart. Set from ON_REXMIT on." },
  { name = "packet.differs", examples = repeats,
    see = { "ON_REXMIT", "CLIKEEP", "stats.overlaps_differ" },
    notes = "false when all repeated bytes are still there (kept, unread, or behind a hole) and "
      .. "the same, true when any of them is another. Set from ON_REXMIT on." },
  { name = "packet.late", examples = repeats, see = { "ON_GAP", "stats.late" },
    notes = "Its bytes are not merged. The newest 16 gaps of a stream are remembered." },
  { name = "packet.keepalive", examples = repeats, notes = "RFC 9293 section 3.8.4: no byte, or "
    .. "one, just below the next one. With a byte it is a repeat, too." },
  { name = "packet.icmp.about", see = { "packet.icmp.quoted", "mos.find_flow" },
    notes = "As the socket in hand sees it, else as the first that watches it: `about.socket`. "
      .. "TCP, UDP or ICMP, in either direction. The quote needs its IP header and 4 bytes of "
      .. "TCP or UDP, 8 of ICMP." },
  { name = "packet.icmp.quoted", see = { "packet.icmp.about" }, notes = [[
A new table `{proto=, src=, sport=, dst=, dport=}`. `proto` is "tcp", "udp", "icmp" (with type and
code as ports) or a number; ports are missing where they are not quoted.]] },
  { name = "packet.icmp.type", notes = "Numbers differ between ICMP and ICMPv6: see "
    .. "`packet.ip.version`." },
  { name = "packet.tcp.flags", see = { "packet.tcp:has" },
    notes = "FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128." },
  { name = "packet.tcp.window", see = { "flow.cli.wscale", "flow.cli.window" } },
  { name = "packet.tcp.wscale", notes = "14 at most (RFC 7323 section 2.3)." },
  { name = "view.ptr", notes = "`const uint8_t *`, valid as long as the view; nobody checks what "
    .. "is done with it.",
    see = { "ffi" } },
  { name = "view.offset", notes = "Of the view of a side. Of a packet's payload too, where it "
    .. "has one, else 0.",
    see = { "packet.offset" } },
}
