-- SPDX-License-Identifier: BSD-2-Clause
-- Topics: how to begin, events, hooks, order, reading the stream.
local schema = require "mos.schema"

local function short_hooks(entry)
  local hooks = table.concat(entry.hooks, ", ")
  if entry.raw and entry.raw[1] ~= entry.hooks[1] then
    hooks = hooks .. "; RAW: " .. entry.raw[1]
  end
  return hooks
end

local function event_rows(pages)
  local defs = {}
  for i, entry in ipairs(schema.events) do
    defs[i] = { entry.name, ("%s (%s)"):format(pages.get(entry.name).title, short_hooks(entry)) }
  end
  return { defs = defs }
end

return {
  {
    name = "start", also = { "mos", "help" }, title = "a first script, and how to read these pages",
    body = {
      { "DESCRIPTION", [[
A script is a Lua file. It makes monitor sockets, says what they watch, and registers functions
for events. The engine follows every TCP connection from its first SYN, keeps both ends' states,
puts the bytes in order, and hands out one event after the other.

* A monitor socket is what `mos.socket` returns. SOCK_MONITOR_STREAM watches TCP connections,
  SOCK_MONITOR_FLOW UDP and ICMP flows, SOCK_MONITOR_RAW packets.
* A flow is one connection, or UDP or ICMP flow, as one socket sees it: it is handed to every
  callback and gone after its last ON_CONN_END.
* Sides: SIDE_CLI sent the first SYN, or the first packet, SIDE_SVR is the other end. A side in a
  call that reads names a receive buffer: `flow:view(mos.SIDE_SVR)` is what the client sent.
* Hooks: a packet first updates the stack of its sender (HK_SND), then that of its receiver
  (HK_RCV). NULL is the hook, or the side, of what belongs to neither.
* A stream offset counts the payload bytes of one direction from 0 and never wraps.]] },
      { "READING A PAGE", [[
`mos doc` lists all names. NAME finds its page with or without "mos.": `mos doc peek`, `mos doc
flow:peek`, `mos doc rtt`, `mos doc gap.packets`, `mos doc mtcp_peek`. Patterns list: `mos doc
'ON_*'`.

A wrong argument raises an error that names the call, the argument, what it got and what it may
be, with an errno name behind it. What can happen to a correct script returns `nil, message,
code`. ERRORS keeps the two apart.

The command below an example runs it over a capture of the repository; what is printed below that
is what it prints, "..." where more follows.

`mos check SCRIPT` finds mistakes without traffic; `mos events`, `mos settings` and `mos --help`
are the short forms of what is here.]] },
    },
    examples = { { capture = "web", code = [[
local http = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(http, { syn = "tcp dst port 80" })  -- connections to port 80
mos.setsockopt(http, mos.CLIBUF, 0)                 -- requests only

mos.register_callback(http, mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)                      -- in place, until we return
  if data:starts "GET " then print(flow, data:line()) end
  flow:consume(side, #data)
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    GET / HTTP/1.1
10.0.0.1:40000 > 10.0.0.2:80    GET /data HTTP/1.1
10.0.0.1:40010 > 10.0.0.2:80    GET /missing HTTP/1.1
10.0.0.1:40040 > 10.0.0.2:80    GET /chunked HTTP/1.1
10.0.0.1:40050 > 10.0.0.2:80    GET /item/1 HTTP/1.1
10.0.0.1:40051 > 10.0.0.2:80    GET /item/2 HTTP/1.1
10.0.0.1:40052 > 10.0.0.2:80    GET /item/3 HTTP/1.1]] } },
    see = { "events", "hooks", "reading", "errors", "c-api" },
  },
  {
    name = "events", title = "what scripts can register for",
    make = function(pages)
      return { { "DESCRIPTION", [[
`s:on(event[, hook], fn)` calls `fn(flow, side, event, arg)`. Of several hooks the first is what a
registration without one gets; of ON_TCP_STATE_CHANGE it is both.]], event_rows(pages), [[
Flow sockets have ON_PKT_IN, ON_CONN_START and ON_CONN_END; RAW sockets ON_PKT_IN and ON_ORPHAN.
With ON_ORPHAN, and ON_PKT_IN of a RAW socket, the first argument is the socket.

Events of one's own are made from these: see `ude`.]] } }
    end,
    see = { "hooks", "order", "mos.register_callback", "ude" },
  },
  {
    name = "hooks", title = "when, within a packet's way, a callback is called",
    body = {
      { "DESCRIPTION", [[
Each connection has two emulated stacks. A packet first updates the stack of the end that sent it,
then the stack of the end that it reaches. The hooks lie behind each:]], { defs = {
        { "HK_SND", "after the sender's stack; `side` is the sender. The packet's bytes are not "
          .. "yet in the receiver's buffer" },
        { "HK_RCV", "after the receiver's stack; `side` is the receiver. They are in its buffer; "
          .. "in ON_REXMIT, which begins this hook, not yet" },
        { "NULL", "for what belongs to neither stack: bytes, errors, packets of no flow" } } }, [[
Another hook than those that an event has is EINVAL; the message names those it has.

States of both ends (`flow.cli.state`) are those of the moment: at HK_SND of the first SYN there
is no server's stack yet.]] },
    },
    examples = { { capture = "web", text = "The handshake: packet, hook, side, event, both states.",
      code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
for _, name in ipairs { "ON_PKT_IN", "ON_CONN_START", "ON_TCP_STATE_CHANGE" } do
  for _, hook in ipairs { "HK_SND", "HK_RCV" } do
    watch:on(mos[name], mos[hook], function(flow, side)
      if flow:packet().number > 3 then return flow:close() end
      print(("%d  %s  %s  %-19s  %-11s  %s"):format(flow:packet().number, hook,
        side == mos.SIDE_CLI and "CLI" or "SVR", name, flow.cli.state,
        flow.svr.state or "nil"))
    end)
  end
end]], output = [[
1  HK_SND  CLI  ON_PKT_IN            SYN_SENT     nil
1  HK_SND  CLI  ON_CONN_START        SYN_SENT     nil
1  HK_SND  CLI  ON_TCP_STATE_CHANGE  SYN_SENT     nil
1  HK_RCV  SVR  ON_PKT_IN            SYN_SENT     SYN_RCVD
1  HK_RCV  SVR  ON_CONN_START        SYN_SENT     SYN_RCVD
1  HK_RCV  SVR  ON_TCP_STATE_CHANGE  SYN_SENT     SYN_RCVD
2  HK_SND  SVR  ON_PKT_IN            SYN_SENT     SYN_RCVD
2  HK_RCV  CLI  ON_PKT_IN            ESTABLISHED  SYN_RCVD
2  HK_RCV  CLI  ON_TCP_STATE_CHANGE  ESTABLISHED  SYN_RCVD
3  HK_SND  CLI  ON_PKT_IN            ESTABLISHED  SYN_RCVD
3  HK_RCV  SVR  ON_PKT_IN            ESTABLISHED  ESTABLISHED
3  HK_RCV  SVR  ON_TCP_STATE_CHANGE  ESTABLISHED  ESTABLISHED]] } },
    see = { "events", "order", "reading", "HK_SND" },
  },
  {
    name = "order", title = "the order of events: of a packet, of several sockets, at the end",
    body = {
      { "ONE PACKET", [[
* Timers and time-outs that were due before the packet's time.
* ON_PKT_IN of RAW sockets.
* Look-up. What belongs to no flow is ON_ORPHAN, and done.
* The sender's stack. HK_SND: ON_PKT_IN, ON_CONN_START, ON_TCP_STATE_CHANGE.
* ON_REXMIT, before the payload is merged; ON_ERROR "WINDOW" or "PAWS" for data that is refused.
* Room is made: ON_ERROR "LIMIT" and ON_GAP for each hole that has to be given up,
  ON_CONN_NEW_DATA for what a gap made readable, ON_ERROR "OVERRUN" for readers that would lose
  bytes.
* The receiver's stack, and the merge; ON_ZERO_WINDOW. HK_RCV: ON_PKT_IN, ON_CONN_START,
  ON_TCP_STATE_CHANGE.
* ON_CONN_NEW_DATA.
* Inline, the packet is forwarded or dropped.
* ON_GAP and ON_CONN_NEW_DATA for each hole that this packet was the last to be waited for.
* ON_CONN_END when the connection is over: HK_SND with SIDE_CLI, then HK_RCV with SIDE_SVR.]] },
      { "SEVERAL SOCKETS", [[
They are a chain of boxes on the wire. At each hook a packet from the client visits them in order
of creation, one from the server in reverse: all at HK_SND, then all at HK_RCV. ON_CONN_NEW_DATA
of the server's buffer comes in order of creation, of the client's in reverse; ON_CONN_END in
order of creation. Sockets are created in the order of the scripts.]] },
      { "THE END OF A FLOW", [[
What waits behind holes is delivered first, the server's buffer before the client's: ON_GAP,
ON_CONN_NEW_DATA, for each hole, and an ON_GAP for what a FIN proves to be missing at the end.
Then ON_CONN_END.]] },
      { "THE END OF THE RUN", [[
With the input, Ctrl-C or SIGTERM, --count or --duration, every open flow ends, in order of its
start; then functions of `mos.on_exit` run. Timers not due by the last packet do not fire.]] },
    },
    see = { "hooks", "events", "time", "ude", "flow.end_reason" },
  },
  {
    name = "reading", also = { "stream" }, title = "how a script reads what was sent",
    body = {
      { "DESCRIPTION", [[
`flow:view(side)` shows the contiguous unread bytes in place, `flow:consume(side, n)` says how
many were read; `flow:peek(side)` does both and gives a string; `flow:ppeek(side, len, offset)`
reads anywhere in what is kept. Offsets are this socket's own.

A socket is a reader of a side once it registers ON_CONN_NEW_DATA, ON_GAP or ON_ERROR (both
sides), sets that side's buffer size, or first peeks or views it (from the bytes of the packet in
hand on). For others nothing is kept and nothing overruns; states, counts and ON_REXMIT are exact
all the same.]] },
      { "RULES", [[
* Consume what you have looked at. In-order bytes that every reader consumes at once are never
  copied. What is left unread is, up to the buffer's size, and is offered again with the next
  ON_CONN_NEW_DATA.
* To wait for more, consume less than the view shows: the next view begins with the rest.
* ON_CONN_NEW_DATA never repeats for bytes already read. With readable pieces on both sides of a
  gap it comes once for each, provided that the callback read everything before the gap.
* At HK_SND the packet in hand is not yet in the buffer; at HK_RCV and in ON_CONN_NEW_DATA it is.
* A buffer set to 0 is off: no ON_CONN_NEW_DATA for that side, reading raises EINVAL.]] },
      { "OVERRUN", [[
When more bytes wait unread than the buffer may hold, ON_ERROR "OVERRUN" comes first: a callback
that reads them now loses nothing. Otherwise the oldest go, for this reader alone, and the next
`peek` or `view` returns nil, "overrun", missed, once; the one after it goes on at the oldest byte
kept. The same tells of bytes for which the pool had no room.]] },
      { "GAPS", [[
Bytes that were never captured, but acknowledged, are given up after `gap.packets` or `gap.time`:
ON_GAP, then ON_CONN_NEW_DATA with what lies behind. A view never joins the two sides of a gap: it
shows what lies in front until that is read. `data.offset` tells where it begins.]] },
    },
    examples = { { capture = "web-loss", text = "Everything of both streams, holes "
      .. "included:", code = [[
local watch, read, lost = mos.socket(mos.SOCK_MONITOR_STREAM), 0, 0
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side) or flow:view(side)  -- nil comes once
  read = read + #data
  flow:consume(side, #data)
end)
watch:on(mos.ON_GAP, function(_, _, _, arg) lost = lost + arg.length end)
mos.on_exit(function() print(read, "bytes read", lost, "bytes missing") end)]],
      output = [[
23011   bytes read      219     bytes missing]] } },
    see = { "mos.view", "mos.consume", "mos.peek", "mos.ppeek", "ON_CONN_NEW_DATA", "ON_GAP",
      "ON_ERROR", "view" },
  },
  {
    name = "filters", title = "libpcap expressions: which one judges what",
    body = {
      { "DESCRIPTION", [[
All are full expressions of pcap-filter(7). Without one everything passes.]], { defs = {
        { "syn", "of STREAM sockets: the SYN that would start a flow; of FLOW sockets the first "
          .. "packet of a UDP or ICMP flow. What does not pass is not tracked for this socket" },
        { "orphan", "of STREAM sockets: packets for ON_ORPHAN" },
        { "raw", "of RAW sockets: frames for ON_PKT_IN and ON_ORPHAN" },
        { "-f", "of the command line: frames; what does not pass is counted and otherwise "
          .. "unseen" } } },
        [[
`syn` and `orphan` see the innermost IP packet with its plain headers: no link layer, tags,
tunnels or IPv6 extension headers. So "tcp port 80" matches a tagged or tunnelled SYN. An
expression that has no meaning there ("vlan 42", "ether host ...") judges the frame.

`raw` and `-f` always judge the frame, as tcpdump does: for tagged frames write "vlan and tcp port
80".

Binding again replaces all filters of the socket; flows that run keep running.]] },
    },
    examples = { { capture = "web-vlan", code = [[
local n = {}
for _, filter in ipairs { "tcp port 80", "vlan 42", "vlan 43" } do
  local s = mos.socket(mos.SOCK_MONITOR_STREAM)
  mos.bind_filter(s, { syn = filter })
  s:on(mos.ON_CONN_START, function() n[filter] = (n[filter] or 0) + 1 end)
end
mos.on_exit(function() print(n["tcp port 80"], n["vlan 42"], n["vlan 43"]) end)]],
      output = [[
8       8       nil]] } },
    see = { "mos.bind_filter", "ON_ORPHAN" },
  },
}
