-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the events: what the schema says of hooks and sides, and here the trigger, the place
-- among the others, and what a callback can rely on.
local UNREAD = "the side's bytes, by view and peek"

return {
  {
    name = "ON_PKT_IN",
    title = "a packet of the flow; on a RAW socket every packet that its filter passes",
    trigger = "Every packet that maps to the flow and has valid headers and checksums, those "
      .. "included that TCP would refuse: `packet.invalid` says why. On a RAW socket every frame "
      .. "that its filter passes, once, malformed ones, wrong checksums and fragments included.",
    order = "On RAW sockets before anything else happens with the packet. At HK_SND the first "
      .. "event, after the sender's stack has moved; at HK_RCV the first behind ON_REXMIT and "
      .. "the receiver's stack.",
    reads = "the packet; at HK_SND the receiver's buffer without this packet, at HK_RCV with it",
    notes = [[
A segment that TCP would refuse raises this event at both hooks and changes nothing else. On FLOW
sockets it is every packet of the flow.

On a RAW socket `fn` gets the socket in the place of the flow, and mos.NULL as side and hook.]],
    examples = {
      { capture = "web", text = "The handshake, hook by hook:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
local function show(hook)
  return function(flow, side)
    if flow:packet().number > 3 then return flow:close() end
    print(flow:packet().number, hook, side == mos.SIDE_CLI and "CLI" or "SVR",
      flow.cli.state, flow.svr.state)
  end
end
watch:on(mos.ON_PKT_IN, mos.HK_SND, show "SND")
watch:on(mos.ON_PKT_IN, mos.HK_RCV, show "RCV")]], output = [[
1       SND     CLI     SYN_SENT        nil
1       RCV     SVR     SYN_SENT        SYN_RCVD
2       SND     SVR     SYN_SENT        SYN_RCVD
2       RCV     CLI     ESTABLISHED     SYN_RCVD
3       SND     CLI     ESTABLISHED     SYN_RCVD
3       RCV     SVR     ESTABLISHED     ESTABLISHED]] },
    },
    see = { "hooks", "order", "packet", "ON_ORPHAN", "mos.getlastpkt" },
  },
  {
    name = "ON_CONN_START",
    title = "the first SYN of a connection; the first packet of a UDP or ICMP flow",
    trigger = "The first SYN that a socket's `syn` filter accepts, never a repeated one. On FLOW "
      .. "sockets the first packet. With `midstream=on` also the first packet of a connection "
      .. "whose SYN was not seen.",
    order = "Behind ON_PKT_IN, ahead of ON_TCP_STATE_CHANGE, at both hooks.",
    reads = "the packet; `flow.cli`; at HK_SND there is no server's stack yet: `flow.svr.state` "
      .. "is nil",
    notes = [[
The place to set `flow.ctx` and options of the flow: nothing has arrived yet. With mid-stream
pick-up and a server's packet first it comes at both hooks ahead of that packet's events.]],
    examples = {
      { capture = "ipv6", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_START, mos.HK_RCV, function(flow)
  print(flow, flow.cli.state, flow.svr.state, flow.cli.mss, flow.cli.wscale)
end)]], output = [[
[fd00::1]:40300 > [fd00::2]:80  SYN_SENT        SYN_RCVD        1440    10]] },
    },
    see = { "ON_CONN_END", "mos.bind_filter", "settings midstream" },
  },
  {
    name = "ON_TCP_STATE_CHANGE",
    title = "the emulated stack of one end moved to another TCP state",
    trigger = "A real transition of that end's stack, RFC 9293: at HK_SND by what it sends, at "
      .. "HK_RCV by what reaches it.",
    order = "The last event of HK_SND and of HK_RCV; ON_CONN_NEW_DATA follows.",
    reads = "`flow.cli.state` and `flow.svr.state`, the side's new one among them; data of a FIN "
      .. "at HK_RCV",
    notes = [[
Without a hook it is registered at both. Nothing tells of the end of TIME_WAIT but ON_CONN_END. A
FIN ahead of its data moves its sender at once, the receiver when the hole is filled or given up;
in the latter case the event comes behind the packet's others, or with no packet in hand.]],
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40010" })
watch:on(mos.ON_TCP_STATE_CHANGE, function(flow, side)
  print(side == mos.SIDE_CLI and "client" or "server", flow.cli.state,
    flow.svr.state)
end)]], output = [[
client  SYN_SENT        nil
server  SYN_SENT        SYN_RCVD
client  ESTABLISHED     SYN_RCVD
server  ESTABLISHED     ESTABLISHED
client  FIN_WAIT_1      ESTABLISHED
server  FIN_WAIT_1      CLOSE_WAIT
server  FIN_WAIT_1      LAST_ACK
client  TIME_WAIT       LAST_ACK
server  TIME_WAIT       CLOSED]] },
      { capture = "resets", text = "A RST closes both ends:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40100" })
watch:on(mos.ON_TCP_STATE_CHANGE, function(flow)
  print(flow:packet().number, flow.cli.state, flow.svr.state, flow.end_reason)
end)]], output = [[
1       SYN_SENT        nil     nil
1       SYN_SENT        SYN_RCVD        nil
2       SYN_SENT        CLOSED  refused
2       CLOSED  CLOSED  refused]] },
    },
    see = { "flow.cli.state", "TCP_STATE_CLI", "hooks", "ON_CONN_END" },
  },
  {
    name = "ON_REXMIT",
    title = "the segment repeats sequence space seen before, SYN and FIN too",
    trigger = "The segment repeats at least one number of sequence space that was seen before: "
      .. "data, SYN, SYN-ACK or FIN. With buffers off as well.",
    order = "The first event of HK_RCV, before the payload is merged and before ON_PKT_IN of "
      .. "that hook.",
    reads = "the packet with the new bytes, and by `ppeek` at `packet.offset` the old ones, as "
      .. "far as they are kept",
    notes = [[
`packet.rexmit_kind` says what made the sender repeat, `packet.differs` whether its bytes are
others than before, `packet.late` that they belong to a gap given up before. A segment with old
and new bytes is a repeat; ON_CONN_NEW_DATA follows for the new ones.

What comes ahead of a hole, or fills one, is no repeat. A keep-alive with one byte is, one without
is not.]],
    examples = {
      { capture = "slow-reader", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_REXMIT, function(flow)
  local p = flow:packet()
  print(p.number, p.offset, #p.payload, p.rexmit_kind, p.differs)
end)]], output = [[
16      7300    1448    probe   nil
43      31916   1448    probe   nil]] },
      { capture = "free-riding", settings = { "keep=1MiB" },
        text = "With kept bytes a repeat can be compared; here data is hidden in fake ones:",
        code = [[
local watch, same, other, unknown = mos.socket(mos.SOCK_MONITOR_STREAM), 0, 0, 0
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  flow:consume(side, #flow:view(side))
end)
watch:on(mos.ON_REXMIT, function(flow)
  local differs = flow:packet().differs
  if differs == nil then unknown = unknown + 1
  elseif differs then other = other + 1
  else same = same + 1 end
end)
mos.on_exit(function() print(same, other, unknown) end)]], output = [[
8       25      0]] },
    },
    see = { "packet.rexmit_kind", "packet.differs", "packet.late", "mos.ppeek", "CLIKEEP",
      "flow.cli.retransmitted" },
  },
  {
    name = "ON_CONN_END",
    title = "the flow is over: once per hook, with everything still readable",
    trigger = "Both ends have closed and TIME_WAIT is over, a RST, a time-out, a full table, a "
      .. "SYN that takes its addresses, or the end of the run: `flow.end_reason`.",
    order = "The last event of the flow: at HK_SND with SIDE_CLI, then at HK_RCV with SIDE_SVR, "
      .. "for several sockets in order of creation. What waits behind holes comes before it: "
      .. "ON_GAP, ON_CONN_NEW_DATA, the server's buffer first.",
    reads = "states, context, counts, unread bytes; a packet is in hand only where one ended the "
      .. "flow",
    notes = [[
Register at one hook (left out: HK_SND) to be called once. Afterwards the flow is gone: values
kept of it raise EBADF, `flow.ctx` is forgotten. TIME_WAIT makes most ends come `time_wait`
seconds after the last packet, or at the end of a capture; then no packet is in hand.]],
    examples = {
      { capture = "resets", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  print(flow, flow.end_reason, flow.cli.packets, flow.svr.packets,
    flow.svr.unique_bytes)
end)]], output = [[
10.0.0.1:40100 > 10.0.0.2:81    refused 1       1       0
10.0.0.1:40101 > 10.0.0.2:82    reset   3       3       0
10.0.0.1:40102 > 10.0.0.2:83    reset   10      12      11644]] },
    },
    see = { "flow.end_reason", "ON_CONN_START", "settings time_wait", "order" },
  },
  {
    name = "ON_CONN_NEW_DATA",
    title = "contiguous bytes became readable",
    trigger = "With the packet that made bytes readable, in any burst size; behind ON_GAP for "
      .. "what lies behind the gap, then perhaps without a packet.",
    order = "Behind HK_RCV of the packet, ahead of the ON_CONN_END that it causes. For several "
      .. "sockets the server's buffer in order of creation, the client's in reverse.",
    reads = UNREAD .. "; the packet that brought them",
    notes = [[
Never with nothing to read, never for bytes that were read already, and never lost: it comes in
FIN_WAIT_1 and FIN_WAIT_2, and before the end that a RST causes. What a callback leaves unread is
offered again with the next one.

`side` is who receives: with SIDE_SVR the bytes are what the client sent. To register it makes the
socket a reader of both sides.]],
    examples = {
      { capture = "web", code = [[
local http = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(http, { syn = "tcp dst port 80" })
mos.setsockopt(http, mos.CLIBUF, 0)         -- requests only: keep no answers
http:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)              -- in place, until we return
  if data:starts "GET " then print(flow, data:line()) end
  flow:consume(side, #data)
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    GET / HTTP/1.1
10.0.0.1:40000 > 10.0.0.2:80    GET /data HTTP/1.1
10.0.0.1:40010 > 10.0.0.2:80    GET /missing HTTP/1.1
10.0.0.1:40040 > 10.0.0.2:80    GET /chunked HTTP/1.1
10.0.0.1:40050 > 10.0.0.2:80    GET /item/1 HTTP/1.1
10.0.0.1:40051 > 10.0.0.2:80    GET /item/2 HTTP/1.1
10.0.0.1:40052 > 10.0.0.2:80    GET /item/3 HTTP/1.1]] },
    },
    see = { "mos.view", "mos.peek", "reading", "ON_GAP", "ON_ERROR" },
  },
  {
    name = "ON_ERROR",
    title = "bytes had to be refused or are about to be discarded",
    trigger = "Reassembly has to refuse or discard bytes: `arg.code` says why.",
    order = "\"WINDOW\" and \"PAWS\" where ON_REXMIT would stand; \"LIMIT\" and \"OVERRUN\" "
      .. "ahead of the merge, or behind ON_CONN_NEW_DATA for what was left unread.",
    reads = UNREAD .. ", which on \"OVERRUN\" saves them; the packet",
    arg = {
      code = "\"OVERRUN\": this socket is about to lose unread bytes. \"LIMIT\": too much waits "
        .. "behind a hole: the hole is given up, ON_GAP follows. \"WINDOW\": data more than two "
        .. "windows ahead, not stored; once until bytes are accepted again. \"PAWS\": data with "
        .. "an old timestamp, not stored",
      offset = "stream offset of the first byte concerned",
      length = "how many bytes",
    },
    notes = [[
On "OVERRUN" a callback that reads the bytes now loses nothing; otherwise the next `peek` or
`view` of this socket returns nil, "overrun", missed. Other sockets lose nothing. To register it
makes the socket a reader of both sides.]],
    examples = {
      { capture = "web", settings = { "buffer=4096" },
        text = "A reader that waits until its buffer is full:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
watch:on(mos.ON_ERROR, function(flow, side, _, arg)
  print(arg.code, arg.offset, arg.length, #flow:peek(side))
end)]], output = [[
OVERRUN 0       540     3188
OVERRUN 3188    248     2896
OVERRUN 6084    248     2896
OVERRUN 8980    248     2896
OVERRUN 11876   248     2896]] },
    },
    see = { "ON_GAP", "mos.peek", "settings buffer", "packet.invalid", "CLIBUF" },
  },
  {
    name = "ON_GAP",
    title = "bytes that will not come; the stream goes on behind them",
    trigger = "A hole is given up: the other end has acknowledged its bytes, and `gap.packets` "
      .. "more packets of the flow or `gap.time` seconds have passed; or too much waits behind "
      .. "it; or the capture cut the segment; or the flow ends.",
    order = "Behind all other events of the packet; at a limit ahead of the merge. "
      .. "ON_CONN_NEW_DATA follows at once for what lies behind the gap. When `gap.time` "
      .. "decides, no packet is in hand.",
    reads = "what lies in front of the gap and was left unread",
    arg = {
      offset = "stream offset of the first missing byte", length = "how many are missing",
      reason = "\"missed\": the other end has acknowledged them. \"cut\": the capture cut the "
        .. "packet. \"limit\": the buffer has no more room behind the hole. \"pool\": "
        .. "`buffer_pool` is full. \"end\": the flow ends",
    },
    notes = [[
`side` is who received the bytes, which the capture did not. A view never joins what lies on both
sides of a gap: it shows what lies in front until that is read, then what lies behind, and its
`offset` tells. Bytes that come after all raise ON_REXMIT with `packet.late` and are not merged. To
register it makes the socket a reader of both sides.]],
    examples = {
      { capture = "web-loss", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_GAP, function(flow, side, _, arg)
  print(flow, side == mos.SIDE_SVR and "request" or "answer", arg.offset,
    arg.length)
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    request 72      76
10.0.0.1:40030 > 10.0.0.2:80    answer  0       143]] },
    },
    see = { "settings gap.packets", "settings gap.time", "flow.cli.gap_bytes", "packet.late",
      "ON_ERROR" },
  },
  {
    name = "ON_ZERO_WINDOW",
    title = "an end closed its receive window; again when it opens",
    trigger = "The window that an end announces went to 0; later it went from 0 to more. Windows "
      .. "of SYN and RST do not count, nor those of segments older than the last.",
    order = "Behind ON_REXMIT and the merge, ahead of the packet's ON_PKT_IN at HK_RCV.",
    side = "the side that closed its window: the packet's sender",
    reads = "the packet",
    arg = { duration = "nil when the window closed; when it opens, how long it was closed, "
      .. "seconds" },
    examples = {
      { capture = "slow-reader", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_ZERO_WINDOW, function(flow, side, _, arg)
  local who = side == mos.SIDE_CLI and flow.cli or flow.svr
  print(flow:packet().number, who, arg.duration)
end)]], output = [[
21      10.0.0.1:40201  nil
24      10.0.0.1:40201  0.569542
44      10.0.0.1:40201  nil
48      10.0.0.1:40201  0.657825
55      10.0.0.1:40201  nil
56      10.0.0.1:40201  9.7e-05]] },
    },
    see = { "flow.cli.zero_windows", "flow.cli.zero_window_time", "flow.cli.window" },
  },
  {
    name = "ON_ORPHAN",
    title = "an IP packet of no flow",
    trigger = "An IP packet that belongs to no flow: TCP whose SYN was not seen or not wanted, "
      .. "UDP and ICMP that no FLOW socket watches, other protocols. A wrong checksum, a "
      .. "malformed packet or an incomplete fragment makes none.",
    order = "The only event of the packet, behind ON_PKT_IN of RAW sockets.",
    side = "mos.NULL",
    reads = "the packet: `s:packet()`",
    notes = [[
`fn` gets the socket in the place of the flow. It is raised once for each socket that registered
it and whose filter passes: `orphan` on STREAM sockets, `raw` on RAW sockets. ARP and other things
that are not IP reach ON_PKT_IN of RAW sockets alone.

A connection that some socket watches is no orphan for the others, even when their `syn` filters
refused it.]],
    examples = {
      { capture = "datagrams", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { orphan = "udp dst port 53" })
watch:on(mos.ON_ORPHAN, function(s)
  local p = s:packet()
  print(p.number, p.ip.src, p.ip.dst, p.udp.sport)
end)]], output = [[
1       10.0.0.1        10.0.0.2        40400
3       10.0.0.1        10.0.0.2        40400
5       fd00::1 fd00::2 40401
7       10.0.0.1        10.0.0.2        40402]] },
    },
    see = { "mos.bind_filter", "filters", "settings midstream", "stats.orphans" },
  },
}
