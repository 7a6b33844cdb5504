-- SPDX-License-Identifier: BSD-2-Clause
-- From the C API of mOS to Lua: socket types and calls. A row is {C names, Lua form, difference},
-- `page` the page that it is about.
return {
  {
    title = "Socket types",
    { "MOS_SOCK_MONITOR_STREAM", "mos.SOCK_MONITOR_STREAM", [[
A syn filter of one socket does not attach it to what another accepts.
]], page = "SOCK_MONITOR_STREAM" },
    { "MOS_SOCK_MONITOR_RAW", "mos.SOCK_MONITOR_RAW", [[
ON_PKT_IN comes exactly once per packet, with and without a filter, whatever other sockets there
are; ON_ORPHAN is there too. The side is NULL, as the manual says, not BOTH.
]], page = "SOCK_MONITOR_RAW" },
    { "MOS_SOCK_MONITOR_STREAM_ACTIVE", "the `flow` that callbacks get", [[
A value that knows when its connection has ended (EBADF), not a number that is used again.
Capacity counts connections, not half ones nor sockets times connections.]], page = "flow" },
    { "MOS_SOCK_UNUSED", "-", "A place in a table of descriptors, which there is not." },
    { "MOS_SOCK_STREAM, MOS_SOCK_STREAM_LISTEN, MOS_SOCK_EPOLL, MOS_SOCK_PIPE", "-",
      "mos only monitors: it is no end of a connection. Use the system's sockets for that." },
    { "MOS_SOCK_PROXY, MOS_SOCK_PROXY_LISTEN", "-",
      "Declared in C, never implemented; `flow:insert` and "
        .. "`flow:chomp` change streams in passing.", page = "inline" },
  },
  {
    title = "Monitor calls",
    { "mtcp_socket", "mos.socket(type[, name])", [[
No domain and protocol: both IP versions are watched. A name identifies the socket in messages.]],
      page = "mos.socket" },
    { "mtcp_close", "mos.close(s or flow), s:close(), flow:close()", [[
It closes monitor sockets, which C cannot, and ends callbacks of a single flow.
]], page = "mos.close" },
    { "mtcp_bind_monitor_filter, monitor_filter_t",
      "mos.bind_filter(s, {syn=, orphan=}), {raw=}", [[
All of libpcap: parentheses, not, byte offsets, udp. syn and orphan judge plain IP packets, so
that they match tagged and tunnelled ones too. One socket's hit does not attach it to later flows.
An expression is evaluated once per packet.]], page = "mos.bind_filter" },
    { "stream_syn_filter", "the key `syn`", "", page = "filters" },
    { "stream_orphan_filter", "the key `orphan`", "", page = "filters" },
    { "raw_pkt_filter", "the key `raw`", "", page = "filters" },
    { "mtcp_register_callback", "mos.register_callback(s or flow, event[, hook], fn)", [[
Registering again replaces, nil removes: in C both leave the old callback. The hook may be left
out. A wrong hook is an error that names the right ones; C takes some combinations and never
calls. User-defined events of any depth are checked against the event at their root.
]], page = "mos.register_callback" },
    { "callback_t", "function(flow, side, event, arg)", [[
`arg` is also what ON_ERROR, ON_GAP and ON_ZERO_WINDOW tell.]], page = "events" },
    { "mtcp_define_event", "mos.define_event(base, filter[, arg])", [[
Each filter runs once per event, a parent's callback before its children's; in C filters run twice
and the order depends on that of registration. `arg` is any Lua value, not copied bytes. A mistake
is an error, not id 0.]],
      page = "mos.define_event" },
    { "mtcp_alloc_event", "mos.alloc_event(parent)", "It works; in C its id cannot be registered.",
      page = "mos.alloc_event" },
    { "mtcp_raise_event", "mos.raise_event(id)", "It works, also in callbacks of the parent; in "
      .. "C it always fails.",
      page = "mos.raise_event" },
    { "filter_arg_t", "the `arg` of mos.define_event", "", page = "mos.define_event" },
    { "event_t", "a number", "Base events are numbers, not bits: they cannot be OR-ed.",
      page = "events" },
    { "MOS_NULL_EVENT", "-", "A mistake raises an error; there is no id that says so." },
    { "mtcp_set_uctx", "flow.ctx = value, mos.set_uctx(flow, value)", [[
Of flows only; a script's own variables serve for sockets. Forgotten with the flow: nothing is
freed by hand, nor twice.]], page = "flow.ctx" },
    { "mtcp_get_uctx", "flow.ctx, mos.get_uctx(flow)", "", page = "mos.get_uctx" },
    { "mtcp_peek", "mos.peek(flow, side[, max]), flow:peek", [[
The result is a string. Nothing unread is the empty string; in C that ends the process. An overrun
is nil, "overrun", missed, not a negative number. `view` and `consume` read without copying.]],
      page = "mos.peek" },
    { "mtcp_ppeek", "mos.ppeek(flow, side, len, offset)", [[
The offset counts from the first payload byte, as C's source does and its manual does not. What is
not kept is nil, message, "ENODATA". Read bytes are kept only as far as CLIKEEP and SVRKEEP say; C
keeps the newest rmem_size bytes.]], page = "mos.ppeek" },
    { "mtcp_getlastpkt, pkt_info", "mos.getlastpkt(flow or s), flow:packet(), s:packet()", [[
A view of the frame, of any length, not a copy of 1514 bytes; no side: it is the packet in hand.
In ON_CONN_NEW_DATA it is there too. Without one: nil, message, "ENODATA".
]], page = "mos.getlastpkt" },
    { "pkt_info.cur_ts", "packet.ts", "Capture time in seconds since 1970, not milliseconds of a "
      .. "32-bit clock.",
      page = "packet.ts" },
    { "pkt_info.in_ifidx", "mos.source", "A name, not an index.", page = "mos.source" },
    { "pkt_info.eth_len", "packet.len, packet.caplen", "On the wire, and captured.",
      page = "packet.len" },
    { "pkt_info.ip_len", "packet.ip.len", "", page = "packet.ip.len" },
    { "pkt_info.offset", "packet.offset", "The stream offset, so that `ppeek` finds the same "
      .. "bytes; C's is unusable.",
      page = "packet.offset" },
    { "pkt_info.payload, pkt_info.payloadlen",
      "packet.payload, #packet.payload, packet.payload_len", "A view.",
      page = "packet.payload" },
    { "pkt_info.seq", "packet.tcp.seq", "", page = "packet.tcp.seq" },
    { "pkt_info.ack_seq", "packet.tcp.ack", "", page = "packet.tcp.ack" },
    { "pkt_info.window", "packet.tcp.window", "", page = "packet.tcp.window" },
    { "pkt_info.ethh", "packet.eth", "Fields with names; or bytes: packet.frame, "
      .. "packet.ptr.", page = "packet.eth" },
    { "pkt_info.iph", "packet.ip", "Fields with names, of both IP versions.", page = "packet.ip" },
    { "pkt_info.tcph", "packet.tcp", "Fields with names, options among them.",
      page = "packet.tcp" },
    { "mtcp_setlastpkt", "mos.setlastpkt(flow or s, side, offset, data, flags)", [[
flow:drop, flow:overwrite, flow:insert and flow:chomp say the same with fewer flags. Several
regions are an error; C takes the first. The Ethernet header can be written, too.
]], page = "mos.setlastpkt" },
    { "MOS_DROP", "mos.DROP, flow:drop()", "", page = "flow:drop" },
    { "MOS_OVERWRITE", "mos.OVERWRITE, flow:overwrite", [[
Lengths and offsets within headers cannot be overwritten, since both stacks have seen them;
addresses can (NAT), and the other end's packets still find the flow.]], page = "flow:overwrite" },
    { "MOS_INSERT", "mos.INSERT, flow:insert", [[
Lengths, checksums, and the numbers of the rest of the connection are set right; in C nothing is,
and the result is of no use.]], page = "flow:insert" },
    { "MOS_CHOMP", "mos.CHOMP, flow:chomp", "As INSERT.", page = "flow:chomp" },
    { "MOS_ETH_HDR", "mos.ETH_HDR", "From the frame's first byte to the IP header: tags are part "
      .. "of it.",
      page = "ETH_HDR" },
    { "MOS_IP_HDR", "mos.IP_HDR", "Of both IP versions.", page = "IP_HDR" },
    { "MOS_TCP_HDR", "mos.TCP_HDR", "Of UDP and ICMP, too.", page = "TCP_HDR" },
    { "MOS_TCP_PAYLOAD", "mos.TCP_PAYLOAD", "Of UDP and ICMP, too.", page = "TCP_PAYLOAD" },
    { "MOS_UPDATE_IP_CHKSUM", "mos.UPDATE_IP_CHKSUM", "", page = "UPDATE_IP_CHKSUM" },
    { "MOS_UPDATE_TCP_CHKSUM", "mos.UPDATE_TCP_CHKSUM", "", page = "UPDATE_TCP_CHKSUM" },
    { "mtcp_sendpkt", "mos.sendpkt(flow or s, frame or fields[, side])", [[
The frame leaves as given, flags included, by the pair of ports, not by routes and ARP: C sends an
ACK with a timestamp option whatever was asked for. Fields may be left out.
]], page = "mos.sendpkt" },
    { "mtcp_reset_conn", "mos.reset_conn(flow), flow:reset()", [[
Numbers are those that each end expects: C exchanges them. The flow ends, with ON_CONN_END and
end_reason "reset-by-monitor".]], page = "mos.reset_conn" },
    { "mtcp_settimer", "mos.settimer(seconds, fn)", [[
Packet time in seconds; a handle instead of an id; it can be cancelled. mos.every repeats without
drift.]],
      page = "mos.settimer" },
    { "mtcp_cb_get_ts", "mos.now(), flow.last_time", "Seconds as a double; C's microseconds wrap "
      .. "after 71 minutes.",
      page = "mos.now" },
    { "mtcp_getpeername", "mos.getpeername(flow, side)", "Values, no sockaddr: flow.cli.addr, "
      .. "flow.svr.port and so on give the "
        .. "same.", page = "mos.getpeername" },
    { "mtcp_getsockopt", "mos.getsockopt(s or flow, option)", "No level, no length.",
      page = "mos.getsockopt" },
    { "mtcp_setsockopt", "mos.setsockopt(s or flow, option, "
      .. "value)", "No level, no length. On sockets, too, for flows to "
        .. "come.", page = "mos.setsockopt" },
    { "mtcp_cb_stop", "flow:setsockopt(mos.STOP_MON, side), flow:close()", "", page = "STOP_MON" },
    { "mtcp_cb_dropcurpkt", "flow:drop()", "", page = "flow:drop" },
    { "mtcp_clonepkt", "tostring(packet.frame)", "A string keeps the bytes.",
      page = "packet.frame" },
    { "mtcp_set_debug_string, "
      .. "mtcp_get_debug_string", "-", "Use print; there is no ON_DEBUG_MESSAGE." },
    { "mtcp_get_connection_cnt", "mos.stats().flows_open", "", page = "mos.stats" },
    { "GetRSSCPUCore", "-", "NAT needs no port that comes back to the same core: a run has one "
      .. "worker, and translated packets find their flow.", page = "flow:overwrite" },
    { "EventToString", "-", "Compare with mos.ON_...; messages of mos name events." },
    { "StrToArgs", "mos.args", "", page = "mos.args" },
    { "XXH32, XXH64", "mos.hash(kind)", "md5, sha1 and sha256; Lua tables need no hash of one's "
      .. "own.",
      page = "mos.hash" },
  },
}
