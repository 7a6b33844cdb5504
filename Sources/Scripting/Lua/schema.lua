-- SPDX-License-Identifier: BSD-2-Clause
-- Every name that a script can use, once: constants, events, options, calls, fields and methods
-- (those of sides, packets, views and handles in schema_fields.lua).
--
-- From here come the constants' numbers, `mos events`, `mos doc`, `mos check`, "did you mean" and
-- the errors that name what is allowed. `step` marks what a later version brings; names without it
-- exist. Of fields `type` and `unit` say what they are, `null` when they are nil, `set` that they
-- may be set.
local schema = {}

for name, section in pairs(require "mos.schema_fields") do schema[name] = section end
for name, section in pairs(require "mos.schema_aggregates") do schema[name] = section end
schema.short = require "mos.schema_short"

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
  { name = "ON_GAP", hooks = { "NULL" }, side = "the receiving side",
    arg = { "offset", "length", "reason" },
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
    doc = "the id of an event that fires with base where filter says true" },
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
  { name = "setlastpkt", args = "flow or s, side, offset, data, flags",
    doc = "inline: drops or changes the packet in hand" },
  { name = "sendpkt", args = "flow or s, frame or fields[, side]",
    doc = "inline: sends a packet of one's own towards a side, ahead of the packet in hand" },
  { name = "reset_conn", args = "flow",
    doc = "inline: drops the packet in hand, resets both ends and ends the flow" },
  { name = "get_uctx", args = "flow", doc = "the same as flow.ctx" },
  { name = "set_uctx", args = "flow, value", doc = "the same as flow.ctx = value" },
  { name = "flow_state", args = "declaration",
    doc = "declares typed scalars that every flow of this script has as flow.state" },
  { name = "getsockopt", args = "s or flow, option", doc = "reads an option" },
  { name = "setsockopt", args = "s or flow, option, value", doc = "sets an option" },
  { name = "getpeername", args = "flow, side",
    doc = "address and port of that side; SIDE_BOTH: the client's, then the server's" },
  { name = "find_flow", args = "addr, port, addr, port[, s]",
    doc = "the flow between two ends, in either order; nil without one" },
  { name = "settimer", args = "seconds, fn", doc = "calls fn(handle) once, in packet time" },
  { name = "every", args = "seconds, fn",
    doc = "calls fn(handle) at that interval, in packet time" },
  { name = "now", args = "", doc = "packet time, seconds" },
  { name = "on_start", args = "fn", doc = "calls fn() before the first packet" },
  { name = "on_exit", args = "fn", doc = "calls fn() after the last packet, also after Ctrl-C" },
  { name = "on_report", args = "fn",
    doc = "calls fn() once, at the end, on what all workers know" },
  { name = "on_interval", args = "seconds, fn[, options]",
    doc = "calls fn(time) at that interval, in packet time, on what all workers know" },
  { name = "close", args = "s or flow", doc = "ends callbacks" },
  { name = "emit", args = "stream, record", doc = "sends a record to the outputs" },
  { name = "hash", args = "kind",
    doc = 'a running "md5", "sha1" or "sha256": h:update(view or string), h:hex()' },
  { name = "stats", args = "", doc = "the engine's counters by name" },
  { name = "counter", args = "name[, labels]", doc = "sums by key, over all workers" },
  { name = "gauge", args = "name[, labels]", doc = "values that go up and down, by key" },
  { name = "histogram", args = "name[, labels]", doc = "how values are distributed, by key" },
  { name = "topk", args = "name[, labels]", doc = "the keys that count most, in bounded memory" },
  { name = "distinct", args = "name[, labels]", doc = "how many different values, by key" },
  { name = "test", args = "name[, options][, fn]",
    doc = "a test of the script, which `mos test` runs: packets, and what must come of them" },
  { name = "bench", args = "name[, options][, fn]",
    doc = "traffic on which `mos bench` measures what the script costs" },
  { name = "name", args = "name, fn", doc = "names a function across reloads; gives it back" },
  { name = "on_reload", args = "fn",
    doc = "calls fn(old) when this version has taken the place of another" },
}

--- Values of `mos` that are neither constants nor functions.
schema.values = {
  { name = "source", doc = "name of the capture or interface in hand" },
  { name = "args",
    doc = "the arguments behind `--`: mos.args.name for --name=value, others in order" },
  { name = "worker", doc = "number of this worker, from 0" },
  { name = "workers", doc = "how many workers there are" },
  { name = "short", doc = "the names of one-liners, as an environment: setfenv(1, mos.short)" },
}

--- Methods and fields of a socket.
schema.socket = {
  { name = "on", args = "event[, hook], fn or nil", doc = "register_callback" },
  { name = "register_callback", args = "event[, hook], fn or nil", doc = "register_callback" },
  { name = "bind_filter", args = "filters", doc = "bind_filter" },
  { name = "getsockopt", args = "option", doc = "getsockopt" },
  { name = "setsockopt", args = "option, value", doc = "setsockopt" },
  { name = "packet", args = "", doc = "getlastpkt" },
  { name = "drop", args = "", doc = "setlastpkt with DROP" },
  { name = "overwrite", args = "region, offset, data[, flags]",
    doc = "setlastpkt with OVERWRITE" },
  { name = "send", args = "frame[, side]",
    doc = "sendpkt; whoever sent the packet in hand is taken for the client" },
  { name = "close", args = "", doc = "close" },
  { name = "id", type = "number", doc = "its number, from 0 in creation order" },
  { name = "type", type = "number",
    doc = "SOCK_MONITOR_STREAM, SOCK_MONITOR_RAW or SOCK_MONITOR_FLOW" },
  { name = "name", type = "string", doc = "its name" },
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
  { name = "drop", args = "", doc = "setlastpkt with DROP" },
  { name = "overwrite", args = "region, offset, data[, flags]",
    doc = "setlastpkt with OVERWRITE; checksums are set right unless flags say otherwise" },
  { name = "insert", args = "offset, data", doc = "setlastpkt with INSERT" },
  { name = "chomp", args = "offset, len", doc = "setlastpkt with CHOMP" },
  { name = "send", args = "frame or fields[, side]", doc = "sendpkt" },
  { name = "reset", args = "", doc = "reset_conn" },
  { name = "save", args = "{before=, after=}", step = 6, doc = "keeps its packets" },
  { name = "cli", type = "side", doc = "the client's side" },
  { name = "svr", type = "side", doc = "the server's side" },
  { name = "ctx", type = "any", null = "until it is set", set = true,
    doc = "any value, per flow and socket" },
  { name = "state", type = "struct", doc = "the scalars of mos.flow_state" },
  { name = "id", type = "number", doc = "a number never used twice in a run: the key for tables" },
  { name = "slot", type = "number", doc = "a small number, reused when the flow is gone" },
  { name = "socket", type = "socket", doc = "the monitor socket" },
  { name = "uid", type = "string",
    doc = "a text from start time and addresses, the same for any number of workers" },
  { name = "community_id", type = "string", doc = "Community ID, version 1, seed 0" },
  { name = "end_reason", type = "string", null = "while it lives", doc = "why it ended" },
  { name = "start_time", type = "number", unit = "seconds", doc = "time of its first packet" },
  { name = "last_time", type = "number", unit = "seconds", doc = "time of its last packet" },
  { name = "duration", type = "number", unit = "seconds",
    doc = "from its first packet to its last" },
  { name = "proto", type = "string", doc = '"tcp", "udp" or "icmp"' },
  { name = "icmp_type", type = "number", null = "for TCP and UDP",
    doc = "type of an ICMP flow's first message" },
  { name = "icmp_code", type = "number", null = "for TCP and UDP",
    doc = "code of an ICMP flow's first message" },
  { name = "icmp_id", type = "number", null = "for TCP and UDP, and messages without one",
    doc = "identifier of an ICMP flow's messages" },
  { name = "rtt", type = "number", unit = "seconds", null = "while unknown",
    doc = "round trip of the handshake: the same as handshake_rtt" },
  { name = "response_time", type = "number", unit = "seconds",
    null = "until the server has answered, and for UDP and ICMP",
    doc = "from the client's first payload byte to the server's" },
  { name = "bytes", type = "number", unit = "bytes",
    doc = "payload bytes of both sides, repeated ones included" },
  { name = "packets", type = "number", unit = "packets", doc = "packets of both sides" },
  { name = "handshake_rtt", type = "number", unit = "seconds", null = "while unknown",
    doc = "from the SYN to the last ACK of the handshake" },
  { name = "ecn", type = "boolean", null = "when a SYN was not captured",
    doc = "true when both ends agreed on ECN" },
  { name = "ip_version", type = "number", doc = "4 or 6" },
  { name = "vlan", type = "number", null = "without a tag",
    doc = "VLAN id of its first packet's innermost tag" },
  { name = "tunnel", type = "list", null = "without one",
    doc = "the tunnels of its first packet, the outermost first" },
  { name = "midstream", type = "boolean", doc = "true when its beginning was not seen" },
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
