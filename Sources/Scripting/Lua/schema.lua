-- SPDX-License-Identifier: BSD-2-Clause
-- Every name that a script can use, once: constants, events, options, calls, fields and methods.
-- From here come the constants' numbers, `mos events`, `mos check`, "did you mean" and the errors
-- that name what is allowed. `step` marks what a later version brings; names without it exist.
local schema = {}

--- Events: `hooks` (the first is the default), `both` when a hook left out means all of them, `raw`
--- the hooks on a raw socket, `flow` when flow sockets have it (at the same hooks), `side`, the
--- fields of `arg`, and what makes it fire.
schema.events = {
  { name = "ON_PKT_IN", hooks = { "HK_SND", "HK_RCV" }, raw = { "NULL" }, flow = true,
    side = "sender; receiver; NULL on raw sockets",
    doc = "a packet with valid headers and checksum that maps to the flow, refused by TCP or not; "
      .. "on a raw socket every packet that its filter passes, once" },
  { name = "ON_CONN_START", hooks = { "HK_SND", "HK_RCV" }, flow = true,
    side = "SIDE_CLI; SIDE_SVR",
    doc = "the first SYN of a connection, never a repeated one; the first packet of a UDP or ICMP "
      .. "flow" },
  { name = "ON_TCP_STATE_CHANGE", hooks = { "HK_SND", "HK_RCV" }, both = true,
    side = "the stack that moved",
    doc = "a real transition of that stack; without a hook: at both" },
  { name = "ON_REXMIT", hooks = { "HK_RCV" }, side = "receiver",
    doc = "the segment repeats sequence space seen before, SYN and FIN too" },
  { name = "ON_CONN_END", hooks = { "HK_SND", "HK_RCV" }, flow = true,
    side = "SIDE_CLI; SIDE_SVR",
    doc = "the connection is over: once per hook, with states, context and flow.end_reason" },
  { name = "ON_CONN_NEW_DATA", hooks = { "NULL" }, side = "the receiving side",
    doc = "contiguous bytes became readable" },
  { name = "ON_ERROR", hooks = { "NULL" }, side = "the receiving side",
    arg = { "code", "offset", "length" },
    doc = 'reassembly had to refuse or discard: arg.code is "OVERRUN", "WINDOW", '
      .. '"PAWS" or "LIMIT"' },
  { name = "ON_GAP", hooks = { "NULL" }, side = "the receiving side", arg = { "offset", "length" },
    doc = "bytes that will not come; the stream goes on behind them" },
  { name = "ON_ZERO_WINDOW", hooks = { "NULL" }, side = "the side that closed its window",
    arg = { "duration" },
    doc = "the window went to zero; again, with arg.duration in seconds, when it opens" },
  { name = "ON_ORPHAN", hooks = { "NULL" }, raw = { "NULL" }, side = "NULL", socket = true,
    doc = "an IP packet of no tracked connection; the callback's first argument is the socket" },
}


--- Constants whose numbers are those of the shared layout, besides events and options.
schema.constants = {
  { name = "SOCK_MONITOR_STREAM", doc = "a socket that watches TCP connections" },
  { name = "SOCK_MONITOR_RAW", doc = "a socket that watches packets" },
  { name = "SOCK_MONITOR_FLOW", doc = "a socket that watches UDP and ICMP flows" },
  { name = "HK_SND", doc = "after the sender's stack" },
  { name = "HK_RCV", doc = "after the receiver's stack" },
  { name = "NULL", doc = "the hook, or side, of what belongs to neither" },
  { name = "SIDE_CLI", doc = "the side that sent the first SYN" },
  { name = "SIDE_SVR", doc = "the other side" },
  { name = "SIDE_BOTH", doc = "both sides, where a call takes them" },
  { name = "DROP", doc = "setlastpkt: the packet is not handed on" },
  { name = "OVERWRITE", doc = "setlastpkt: bytes of one region are replaced" },
  { name = "INSERT", doc = "setlastpkt: bytes are added to the payload" },
  { name = "CHOMP", doc = "setlastpkt: bytes of the payload are taken out" },
  { name = "ETH_HDR", doc = "the region from the frame's first byte to the IP header" },
  { name = "IP_HDR", doc = "the region of the IP header" },
  { name = "TCP_HDR", doc = "the region of the transport header, options included" },
  { name = "TCP_PAYLOAD", doc = "the region behind the transport header" },
  { name = "UPDATE_IP_CHKSUM", doc = "the IP header's checksum is set right afterwards" },
  { name = "UPDATE_TCP_CHKSUM", doc = "the transport checksum is set right afterwards" },
  { name = "OVERLAP_POLICY_FIRST", doc = "the bytes that came first stay" },
  { name = "OVERLAP_POLICY_LAST", doc = "the bytes that came last replace" },
  { name = "OVERLAP_POLICY_BSD", doc = "as FreeBSD, NetBSD, OpenBSD and AIX do" },
  { name = "OVERLAP_POLICY_LINUX", doc = "as Linux 2.4 and later do" },
  { name = "OVERLAP_POLICY_OLD_LINUX", doc = "as Linux 2.2 and earlier do" },
  { name = "OVERLAP_POLICY_WINDOWS", doc = "as Windows up to XP does" },
  { name = "OVERLAP_POLICY_WIN2003", doc = "as Windows Server 2003 does" },
  { name = "OVERLAP_POLICY_VISTA", doc = "as Windows Vista and later do" },
  { name = "OVERLAP_POLICY_MACOS", doc = "as macOS does" },
  { name = "OVERLAP_POLICY_SOLARIS", doc = "as Solaris 9 and later do" },
  { name = "OVERLAP_POLICY_OLD_SOLARIS", doc = "as Solaris before 9 does" },
  { name = "OVERLAP_POLICY_HPUX10", doc = "as HP-UX 10 does" },
  { name = "OVERLAP_POLICY_HPUX11", doc = "as HP-UX 11 and later do" },
  { name = "OVERLAP_POLICY_IRIX", doc = "as IRIX does" },
  { name = "OVERLAP_POLICY_BSD_RIGHT", doc = "as FIRST; it differs for IP fragments alone" },
}

--- Options of getsockopt and setsockopt: `get`, `set` say which; `kind` what the value is.
schema.options = {
  { name = "CLIBUF", get = true, set = true, kind = "bytes", side = "SIDE_CLI",
    doc = "bytes kept unread for the client's receive buffer; 0 = off" },
  { name = "SVRBUF", get = true, set = true, kind = "bytes", side = "SIDE_SVR",
    doc = "bytes kept unread for the server's receive buffer; 0 = off" },
  { name = "CLIOVERLAP", get = true, set = true, kind = "policy", side = "SIDE_CLI",
    doc = "which of two overlapping segments the client would take" },
  { name = "SVROVERLAP", get = true, set = true, kind = "policy", side = "SIDE_SVR",
    doc = "which of two overlapping segments the server would take" },
  { name = "FRAGINFO_CLIBUF", get = true, kind = "fragments", side = "SIDE_CLI",
    doc = "what the client's buffer holds: a list of {offset=, len=}" },
  { name = "FRAGINFO_SVRBUF", get = true, kind = "fragments", side = "SIDE_SVR",
    doc = "what the server's buffer holds: a list of {offset=, len=}" },
  { name = "INFO_CLIBUF", get = true, kind = "info", side = "SIDE_CLI",
    doc = "{init_seq=, last_byte_read=, next_byte_expected=, last_byte_received=} of the "
      .. "client's buffer" },
  { name = "INFO_SVRBUF", get = true, kind = "info", side = "SIDE_SVR",
    doc = "the same of the server's buffer" },
  { name = "TCP_STATE_CLI", get = true, kind = "state", side = "SIDE_CLI",
    doc = "the client's state, a short name, nil before the stack exists" },
  { name = "TCP_STATE_SVR", get = true, kind = "state", side = "SIDE_SVR",
    doc = "the server's state" },
  { name = "STOP_MON", set = true, kind = "side",
    doc = "ends callbacks for what carries that side; SIDE_BOTH for all" },
  { name = "TIMESTAMP", get = true, kind = "time",
    doc = "time of the flow's last packet, seconds" },
  { name = "CLIKEEP", get = true, set = true, kind = "bytes", side = "SIDE_CLI",
    doc = "read bytes that the client's buffer keeps, for ppeek and to compare repeats with" },
  { name = "SVRKEEP", get = true, set = true, kind = "bytes", side = "SIDE_SVR",
    doc = "read bytes that the server's buffer keeps, for ppeek and to compare repeats with" },
}

--- Functions of `mos`: arguments, then what they do.
schema.calls = {
  { name = "socket", args = "type[, name]", doc = "a monitor socket" },
  { name = "bind_filter", args = "s, {syn=, orphan=} or {raw=}",
    doc = "libpcap expressions that judge what the socket sees; a key left out = everything" },
  { name = "register_callback", args = "s or flow, event[, hook], fn or nil",
    doc = "calls fn(flow, side, event, arg) at that event; nil removes" },
  { name = "define_event", args = "base, filter[, arg]",
    doc = "the id of an event that fires with base when filter(flow, side, id, arg) is true" },
  { name = "alloc_event", args = "parent",
    doc = "the id of an event that filters and callbacks of its parent raise" },
  { name = "raise_event", args = "id",
    doc = "raises an allocated event, while a filter or a callback of its parent runs" },
  { name = "peek", args = "flow, side[, max]",
    doc = "contiguous unread bytes as a string; moves the read offset; after an overrun nil, "
      .. '"overrun", bytes missed' },
  { name = "view", args = "flow, side", doc = "contiguous unread bytes in place; moves nothing" },
  { name = "consume", args = "flow, side, n",
    doc = "moves the read offset by n bytes; how far it moved" },
  { name = "ppeek", args = "flow, side, len, offset",
    doc = "bytes at a stream offset, out-of-order ones too, to the end of their fragment" },
  { name = "getlastpkt", args = "flow or s", doc = "the packet in hand" },
  { name = "setlastpkt", args = "flow, side, offset, data, flags", step = 3,
    doc = "drops or changes the packet in hand" },
  { name = "sendpkt", args = "flow, packet", step = 3, doc = "sends a packet of one's own" },
  { name = "reset_conn", args = "flow", step = 3, doc = "resets both ends" },
  { name = "get_uctx", args = "flow", doc = "the same as flow.ctx" },
  { name = "set_uctx", args = "flow, value", doc = "the same as flow.ctx = value" },
  { name = "flow_state", args = "declaration",
    doc = "declares typed scalars that every flow of this script has as flow.state" },
  { name = "getsockopt", args = "s or flow, option", doc = "reads an option" },
  { name = "setsockopt", args = "s or flow, option, value", doc = "sets an option" },
  { name = "getpeername", args = "flow, side",
    doc = "address and port of that side; SIDE_BOTH: the client's, then the server's" },
  { name = "find_flow", args = "addr, port, addr, port[, s]",
    doc = "the flow between two ends, in either order, as s or the first socket sees it; or nil" },
  { name = "settimer", args = "seconds, fn", doc = "calls fn(handle) once, in packet time" },
  { name = "every", args = "seconds, fn",
    doc = "calls fn(handle) at that interval, in packet time" },
  { name = "now", args = "", doc = "packet time, seconds" },
  { name = "on_start", args = "fn", doc = "calls fn() before the first packet" },
  { name = "on_exit", args = "fn", doc = "calls fn() after the last packet, also after Ctrl-C" },
  { name = "on_report", args = "fn", step = 4, doc = "calls fn once, on merged data" },
  { name = "on_interval", args = "seconds, fn", step = 4, doc = "the same at an interval" },
  { name = "close", args = "s or flow", doc = "ends callbacks" },
  { name = "emit", args = "stream, record", doc = "sends a record to the outputs" },
  { name = "hash", args = "kind",
    doc = 'a running "md5", "sha1" or "sha256": h:update(view or string), h:hex()' },
  { name = "stats", args = "", doc = "the engine's counters by name" },
  { name = "counter", args = "name", step = 4, doc = "a counter over all workers" },
  { name = "gauge", args = "name", step = 4, doc = "a value over all workers" },
  { name = "histogram", args = "name", step = 4, doc = "a distribution over all workers" },
  { name = "topk", args = "name, k", step = 4, doc = "the most frequent values" },
  { name = "distinct", args = "name", step = 4, doc = "how many different values" },
  { name = "name", args = "name, fn", step = 5, doc = "names a function across reloads" },
  { name = "on_reload", args = "fn", step = 5, doc = "calls fn when the script was reloaded" },
}

--- Values of `mos` that are neither constants nor functions.
schema.values = {
  { name = "source", doc = "name of the capture or interface in hand" },
  { name = "args",
    doc = "the arguments behind `--`: mos.args.name for --name=value, others in order" },
  { name = "worker", step = 4, doc = "number of this worker" },
  { name = "workers", step = 4, doc = "how many workers there are" },
}

--- Methods and fields of a socket.
schema.socket = {
  { name = "on", args = "event[, hook], fn or nil", doc = "register_callback" },
  { name = "register_callback", args = "event[, hook], fn or nil", doc = "register_callback" },
  { name = "bind_filter", args = "filters", doc = "bind_filter" },
  { name = "getsockopt", args = "option", doc = "getsockopt" },
  { name = "setsockopt", args = "option, value", doc = "setsockopt" },
  { name = "packet", args = "", doc = "getlastpkt" },
  { name = "close", args = "", doc = "close" },
  { name = "id", doc = "its number, from 0 in creation order" },
  { name = "type", doc = "SOCK_MONITOR_STREAM, SOCK_MONITOR_RAW or SOCK_MONITOR_FLOW" },
  { name = "name", doc = "its name" },
}

--- Methods and fields of a flow.
schema.flow = {
  { name = "on", args = "event[, hook], fn or nil", doc = "register_callback" },
  { name = "register_callback", args = "event[, hook], fn or nil", doc = "register_callback" },
  { name = "view", args = "side", doc = "view" },
  { name = "consume", args = "side, n", doc = "consume" },
  { name = "peek", args = "side[, max]", doc = "peek" },
  { name = "ppeek", args = "side, len, offset", doc = "ppeek" },
  { name = "packet", args = "", doc = "getlastpkt" },
  { name = "getsockopt", args = "option", doc = "getsockopt" },
  { name = "setsockopt", args = "option, value", doc = "setsockopt" },
  { name = "close", args = "", doc = "close" },
  { name = "start_parts", args = "", doc = "start_time as two integers: seconds, nanoseconds" },
  { name = "last_parts", args = "", doc = "last_time as two integers" },
  { name = "drop", args = "", step = 3, doc = "setlastpkt with DROP" },
  { name = "overwrite", args = "...", step = 3, doc = "setlastpkt with OVERWRITE" },
  { name = "insert", args = "...", step = 3, doc = "setlastpkt with INSERT" },
  { name = "chomp", args = "...", step = 3, doc = "setlastpkt with CHOMP" },
  { name = "send", args = "...", step = 3, doc = "sendpkt" },
  { name = "reset", args = "", step = 3, doc = "reset_conn" },
  { name = "save", args = "{before=, after=}", step = 6, doc = "keeps its packets" },
  { name = "cli", doc = "the client's side" },
  { name = "svr", doc = "the server's side" },
  { name = "ctx", doc = "any value, per flow and socket; may be set" },
  { name = "state", doc = "the scalars of mos.flow_state" },
  { name = "id", doc = "a number never used twice in a run: the key for tables" },
  { name = "slot", doc = "a small number, reused when the flow is gone" },
  { name = "socket", doc = "the monitor socket" },
  { name = "uid",
    doc = "a text from start time and addresses, the same for any number of workers" },
  { name = "community_id", doc = "Community ID, version 1, seed 0" },
  { name = "end_reason", doc = "why it ended, nil while it lives" },
  { name = "start_time", doc = "time of its first packet, seconds" },
  { name = "last_time", doc = "time of its last packet, seconds" },
  { name = "duration", doc = "seconds between the two" },
  { name = "proto", doc = '"tcp", "udp" or "icmp"' },
  { name = "icmp_type", doc = "type of an ICMP flow's first message, nil for other flows" },
  { name = "icmp_code", doc = "its code" },
  { name = "icmp_id", doc = "the identifier of its messages, nil where they have none" },
  { name = "handshake_rtt", doc = "seconds from the SYN to the last ACK of the handshake" },
  { name = "ecn", doc = "true when both ends agreed on ECN, nil when a SYN was not captured" },
  { name = "ip_version", doc = "4 or 6" },
  { name = "vlan", doc = "VLAN id, nil without a tag" },
  { name = "tunnel",
    doc = "the tunnels of its first packet, {type=, src=, dst=, id=}, outermost first; or nil" },
  { name = "midstream", doc = "true when its beginning was not seen" },
}

--- Fields of flow.cli and flow.svr: what that end is and sent.
schema.side = {
  { name = "addr", doc = "address, text" },
  { name = "addr_bytes", doc = "address, 4 or 16 bytes in network order" },
  { name = "port", doc = "port; of ICMP the first message's type (cli) and code (svr)" },
  { name = "state", doc = 'short name of its TCP state ("SYN_RCVD"), nil before its stack exists' },
  { name = "packets", doc = "packets it sent" },
  { name = "bytes", doc = "payload bytes it sent, repeated ones included" },
  { name = "unique_bytes", doc = "payload bytes it sent, each counted once" },
  { name = "gap_bytes", doc = "bytes of its stream that were declared lost" },
  { name = "gaps", doc = "holes of its stream that were declared" },
  { name = "retransmitted", doc = "segments that repeat sequence space" },
  { name = "rexmit_rto", doc = "of these, repeats by the retransmission timer" },
  { name = "rexmit_fast", doc = "of these, repeats that duplicate ACKs or SACK asked for" },
  { name = "rexmit_spurious", doc = "of these, repeats of what was acknowledged already" },
  { name = "rexmit_probe", doc = "of these, tail-loss probes" },
  { name = "out_of_order", doc = "segments that came ahead of a hole" },
  { name = "dup_acks", doc = "duplicate ACKs it sent" },
  { name = "sack_blocks", doc = "SACK blocks it sent" },
  { name = "zero_windows", doc = "times it closed its window" },
  { name = "zero_window_time", doc = "seconds that its window was zero" },
  { name = "rtt", doc = "round trip of the handshake from the capture to it, seconds" },
  { name = "rtt_min", doc = "shortest round trip of its data, seconds; nil unknown" },
  { name = "rtt_mean", doc = "mean of these, seconds" },
  { name = "rtt_max", doc = "longest of these, seconds" },
  { name = "rtt_samples", doc = "how many of these were taken" },
  { name = "in_flight_max", doc = "most bytes of it sent and not yet acknowledged" },
  { name = "ecn", doc = "true when its SYN spoke for ECN, nil when that was not captured" },
  { name = "ce", doc = "packets of it that met congestion (CE)" },
  { name = "ece", doc = "packets of it that echo one (ECE)" },
  { name = "first_byte", doc = "seconds from the start to its first payload byte; nil none" },
  { name = "idle_max", doc = "longest silence of the flow that it broke, seconds; 0 below two" },
  { name = "flags", doc = "every TCP flag it sent, OR-ed" },
  { name = "window", doc = "its last advertised window, unscaled" },
  { name = "mss", doc = "its maximum segment size, nil without the option" },
  { name = "wscale", doc = "its window scale, nil without the option" },
  { name = "synack", doc = "true when it sent a SYN that acknowledges the other's" },
  { name = "isn", doc = "its initial sequence number, nil when unknown" },
  { name = "has", args = "letters",
    doc = 'true when it sent all of these flags, out of "FSRPAUEC"' },
}

--- Fields of a packet.
schema.packet = {
  { name = "ts", doc = "capture time, seconds" },
  { name = "ts_sec", doc = "capture time, whole seconds" },
  { name = "ts_nsec", doc = "capture time, nanoseconds within the second" },
  { name = "number", doc = "its number in the run, from 1" },
  { name = "len", doc = "bytes on the wire" },
  { name = "caplen", doc = "bytes captured" },
  { name = "offset", doc = "stream offset of its first payload byte, nil when it has none" },
  { name = "payload", doc = "its transport payload, a view" },
  { name = "payload_len", doc = "payload bytes by the IP header, captured or not" },
  { name = "frame", doc = "the whole captured frame, a view" },
  { name = "ptr", doc = "pointer to the frame, for ffi" },
  { name = "eth", doc = "Ethernet header, nil without one" },
  { name = "ip", doc = "IP header, nil without one" },
  { name = "tcp", doc = "TCP header, nil without one" },
  { name = "udp", doc = "UDP header, nil without one" },
  { name = "icmp", doc = "ICMP header, nil without one" },
  { name = "vlan", doc = "VLAN id of the innermost tag, nil without one" },
  { name = "invalid",
    doc = 'why TCP would refuse it ("rst", "window", ...), nil when it would not' },
  { name = "bad_checksum", doc = "true when a checksum is wrong" },
  { name = "offloaded", doc = "true when its checksum was left to the sender's hardware" },
  { name = "truncated", doc = "true when the capture cut it" },
  { name = "fragment", doc = "true for an IP fragment" },
  { name = "reassembled", doc = "true when it was put together from IP fragments" },
  { name = "tunnel",
    doc = "the tunnels it came through, {type=, src=, dst=, id=}, outermost first; or nil" },
  { name = "keepalive", doc = "true for a TCP keep-alive" },
  { name = "rexmit", doc = "true when it repeats sequence space" },
  { name = "rexmit_kind",
    doc = 'why it was repeated: "rto", "fast", "spurious" or "probe"; nil when it was not' },
  { name = "differs", doc = "whether a repeat carries other bytes, nil when that is unknown" },
  { name = "late", doc = "true when it comes after its gap was declared" },
}

--- Header fields of a packet, by layer.
schema.eth = {
  { name = "src", doc = "source address, text" },
  { name = "dst", doc = "destination address, text" },
  { name = "type", doc = "EtherType behind the tags" },
}
schema.ip = {
  { name = "version", doc = "4 or 6" },
  { name = "src", doc = "source address, text" },
  { name = "dst", doc = "destination address, text" },
  { name = "src_bytes", doc = "source address, bytes in network order" },
  { name = "dst_bytes", doc = "destination address, bytes in network order" },
  { name = "proto", doc = "protocol behind extension headers" },
  { name = "ttl", doc = "time to live, or hop limit" },
  { name = "tos", doc = "type of service, or traffic class" },
  { name = "len", doc = "length of the packet by its header" },
  { name = "id", doc = "identification, nil for IPv6" },
}
schema.tcp = {
  { name = "sport", doc = "source port" },
  { name = "dport", doc = "destination port" },
  { name = "seq", doc = "sequence number" },
  { name = "ack", doc = "acknowledgement number" },
  { name = "flags", doc = "flags, a number" },
  { name = "has", args = "letters",
    doc = 'true when all of these flags are set, out of "FSRPAUEC"' },
  { name = "window", doc = "window, unscaled" },
  { name = "urgent", doc = "urgent pointer" },
  { name = "header_len", doc = "bytes of the header, options included" },
  { name = "mss", doc = "maximum segment size, nil without the option" },
  { name = "wscale", doc = "window scale, nil without the option" },
  { name = "sack_permitted", doc = "true with that option" },
  { name = "sack", doc = "blocks of the SACK option, a list of {left, right}; nil without one" },
  { name = "tsval", doc = "timestamp value, nil without the option" },
  { name = "tsecr", doc = "timestamp echo reply, nil without the option" },
}
schema.udp = {
  { name = "sport", doc = "source port" },
  { name = "dport", doc = "destination port" },
  { name = "len", doc = "length by its header" },
}
schema.icmp = {
  { name = "type", doc = "type" },
  { name = "code", doc = "code" },
  { name = "about", doc = "the flow that an ICMP error is about, nil when none is known" },
  { name = "quoted",
    doc = "of an ICMP error: {proto=, src=, sport=, dst=, dport=} of the packet that it quotes" },
}

--- Methods and fields of a view. Byte offsets count from 0; positions, as in Lua's strings, from 1.
schema.view = {
  { name = "find", args = "text[, init]", doc = "first and last position of a plain text, or nil" },
  { name = "starts", args = "text", doc = "true when it begins with text" },
  { name = "u8", args = "offset", doc = "the byte at an offset" },
  { name = "u16", args = "offset", doc = "two bytes at an offset, big-endian" },
  { name = "u32", args = "offset", doc = "four bytes at an offset, big-endian" },
  { name = "u64", args = "offset", doc = "eight bytes at an offset, exact to 2^53" },
  { name = "sub", args = "i[, j]", doc = "a string, by the rules of string.sub" },
  { name = "line", args = "[position]",
    doc = "the line that begins there, without its CR LF; nil without a line end" },
  { name = "slice", args = "offset[, len]", doc = "a view of a part" },
  { name = "ptr", doc = "pointer to its first byte, for ffi" },
  { name = "offset", doc = "stream offset of its first byte" },
}

--- The names of a schema section that are there in this version.
function schema.names(section)
  local names = {}
  for _, entry in ipairs(section) do
    if not entry.step then names[#names + 1] = entry.name end
  end
  return names
end

--- The entry with that name, or nil.
function schema.find(section, name)
  for _, entry in ipairs(section) do
    if entry.name == name then return entry end
  end
  return nil
end

local public = { "events", "constants", "options", "calls", "values" }

--- The entry behind `mos.<name>`, or nil.
function schema.find_public(name)
  for _, section in ipairs(public) do
    local entry = schema.find(schema[section], name)
    if entry then return entry end
  end
  return nil
end

--- Every name that `mos` has in this version.
function schema.public_names()
  local names = {}
  for _, section in ipairs(public) do
    for _, name in ipairs(schema.names(schema[section])) do names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

return schema
