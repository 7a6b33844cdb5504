-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls that make monitor sockets and say what they watch.
local CLOSED = "the socket is closed"

return {
  {
    name = "mos.socket", title = "makes a monitor socket", gives = "s",
    args = {
      { "type", "number", "SOCK_MONITOR_STREAM (TCP connections), SOCK_MONITOR_FLOW (UDP and ICMP "
        .. "flows) or SOCK_MONITOR_RAW (packets)", valid = "mos.SOCK_MONITOR_STREAM" },
      { "name", "text", "what messages call it; left out: its place in the order of creation, "
        .. "\"1\", \"2\", ..." },
    },
    result = "The socket. It sees nothing until something is registered on it.",
    raised = {
      { "EINVAL", "`type` is none of the three; `name` is no text, or empty" },
      { "EEXIST", "an open socket has that name" },
    },
    returned = { { "ENFILE", "there are 32 already, those of all scripts of the run counted, "
      .. "closed ones too" } },
    notes = [[
Make sockets at the top level of a script. One that is made later (in a callback or a timer) sees
flows that start from then on.

Several sockets are a chain of boxes on the wire: at each hook a packet from the client visits
them in order of creation, one from the server in reverse. Each has its own callbacks, context,
read offsets, options and stop flags.]],
    examples = {
      { capture = "datagrams", code = [[
local tcp = mos.socket(mos.SOCK_MONITOR_STREAM)
local datagrams = mos.socket(mos.SOCK_MONITOR_FLOW, "datagrams")
local count = 0
datagrams:on(mos.ON_CONN_START, function() count = count + 1 end)
mos.on_exit(function()
  print(tcp, datagrams, datagrams.id, count)
end)]], output = [[
socket 1 (stream)       socket datagrams (flow) 1       6]] },
    },
    see = { "socket", "mos.bind_filter", "mos.register_callback", "order" },
  },
  {
    name = "mos.bind_filter", title = "says which packets and connections a socket sees",
    forms = { "s:bind_filter(filters)" },
    args = {
      { "s", "socket", "an open one" },
      { "filters", "table", "libpcap expressions by name; a name left out lets everything pass. "
        .. "STREAM sockets have `syn` and `orphan`, FLOW sockets `syn`, RAW sockets `raw`",
        valid = "{}" },
    },
    result = "true.",
    raised = {
      { "EBADF", "`s` is no socket" },
      { "EINVAL", CLOSED .. "; it has no filter of that name; an expression does not compile: the "
        .. "message has libpcap's reason" },
    },
    notes = [[
All filters of the socket are replaced by the new ones. Flows that run keep running: `syn` judges
nothing but the packet that would start a flow. One socket's filter does not affect another
socket.]],
    examples = {
      { capture = "web", text = "SYNs and SYN-ACKs, without any flow:", code = [[
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
mos.bind_filter(raw, { raw = "tcp[tcpflags] & tcp-syn != 0" })
raw:on(mos.ON_PKT_IN, function(s)
  local p = s:packet()
  print(p.number, p.ip.src, p.tcp.sport, p.tcp:has "SA", p.tcp.mss)
end)]], output = [[
1       10.0.0.1        40000   false   1460
2       10.0.0.2        80      true    1460
30      10.0.0.1        40010   false   1460
31      10.0.0.2        80      true    1460
40      10.0.0.1        40020   false   1460
41      10.0.0.2        80      true    1460
...]] },
    },
    see = { "filters", "mos.socket", "ON_ORPHAN" },
  },
  {
    name = "mos.register_callback",
    forms = { "s:on(event[, hook], fn)", "flow:on(event[, hook], fn)",
      "s:register_callback(event[, hook], fn)", "flow:register_callback(event[, hook], fn)" },
    args = {
      { "s or flow", "target", "a socket: for flows that start later; a flow: for that flow alone "
          .. "and at once, even for the later hook of the packet in hand", valid = "s" },
      { "event", "event", "a constant `mos.ON_...`, or the id of a user-defined event" },
      { "hook", "hook", "`mos.HK_SND`, `mos.HK_RCV` or `mos.NULL`; left out: the event's first, of "
        .. "ON_TCP_STATE_CHANGE both" },
      { "fn", "fn", "called as `fn(flow, side, event, arg)`; nil removes what is registered" },
    },
    result = "true.",
    raised = {
      { "EBADF", "the first argument is neither socket nor flow, or the flow has ended" },
      { "EINVAL", "no such event; this kind of socket does not have it; the event does not have "
        .. "that hook: the message names those it has; `fn` is no function; " .. CLOSED
        .. "; ON_ORPHAN on a flow" },
    },
    returned = { { "ENOMEM", "there are 2^20 different sets of registrations" } },
    notes = [[
There is one function for each event and hook of a socket or flow: registering again replaces it.
Both replacing and removing are safe in the running callback.

The first argument of `fn` is the flow; of ON_PKT_IN on RAW sockets and of ON_ORPHAN it is the
socket, since there is no flow. `arg` is there for ON_ERROR, ON_GAP and ON_ZERO_WINDOW, and for
user-defined events that have one.

A function is known by its object. Register the same function for many flows and they share one
set of registrations; a closure made for each flow makes a set for each flow, which is correct,
but slower and larger. From 10,000 functions in use at once on, one warning names the line that
makes them.]],
    examples = {
      { capture = "web", text = "A callback for one connection only:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local function state(flow, side)
  print(side == mos.SIDE_CLI and "client" or "server", flow.cli.state,
    flow.svr.state)
end
watch:on(mos.ON_CONN_START, function(flow)
  if flow.cli.port == 40010 then flow:on(mos.ON_TCP_STATE_CHANGE, state) end
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
    },
    see = { "events", "hooks", "mos.define_event", "mos.close" },
  },
  {
    name = "mos.close", forms = { "s:close()", "flow:close()" },
    args = {
      { "s or flow", "target", "what gets no more callbacks", valid = "s" },
    },
    result = "true.",
    raised = {
      { "EBADF", "the argument is neither socket nor flow, or the flow has ended" },
      { "EINVAL", "the socket is closed already" },
    },
    notes = [[
`s:close()` ends the socket at once, for running flows too. `flow:close()` ends all callbacks of
this flow on this socket, ON_CONN_END and the rest of the packet in hand included; other sockets
go on. It is `flow:setsockopt(mos.STOP_MON, mos.SIDE_BOTH)`.

What waited unread for the socket is given back. The connection stays in the table until it ends:
its packets are no orphans.]],
    examples = {
      { capture = "web", text = "The first packets of each connection:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "portrange 40000-40019" })
watch:on(mos.ON_PKT_IN, function(flow)
  print(flow, flow:packet().number)
  if flow.cli.packets == 2 then flow:close() end
end)
watch:on(mos.ON_CONN_END, function() print "never" end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    1
10.0.0.1:40000 > 10.0.0.2:80    2
10.0.0.1:40000 > 10.0.0.2:80    3
10.0.0.1:40010 > 10.0.0.2:80    30
10.0.0.1:40010 > 10.0.0.2:80    31
10.0.0.1:40010 > 10.0.0.2:80    32]] },
    },
    see = { "STOP_MON", "mos.socket" },
  },
  {
    name = "mos.getsockopt", forms = { "s:getsockopt(option)", "flow:getsockopt(option)" },
    args = {
      { "s or flow", "target", "a socket: what its later flows begin with; a flow: what it has",
        valid = "s" },
      { "option", "option", "a constant, as `mos.CLIBUF`: `mos doc options` lists them" },
    },
    result = "The option's value; each option's page says what it is.",
    raised = {
      { "EBADF", "the first argument is neither socket nor flow, or the flow has ended" },
      { "ENOPROTOOPT", "no such option, or one that can only be set" },
      { "ENOTSOCK", "an option of flows, asked of a socket" },
      { "EINVAL", CLOSED .. "; an option of streams, asked of a UDP or ICMP flow or its socket" },
    },
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
print(watch:getsockopt(mos.CLIBUF))
watch:on(mos.ON_CONN_START, function(flow)
  if flow.cli.port ~= 40000 then return end
  print(flow:getsockopt(mos.TCP_STATE_CLI), flow:getsockopt(mos.TCP_STATE_SVR))
end)]], output = [[
1048576
SYN_SENT        nil]] },
    },
    see = { "mos.setsockopt", "options" },
  },
  {
    name = "mos.setsockopt",
    forms = { "s:setsockopt(option, value)", "flow:setsockopt(option, value)" },
    args = {
      { "s or flow", "target", "a socket: for flows that start later; a flow: at once",
        valid = "s" },
      { "option", "option", "a constant, as `mos.CLIBUF`: `mos doc options` lists them" },
      { "value", "number", "what the option takes: its page says what" },
    },
    result = "true.",
    raised = {
      { "EBADF", "the first argument is neither socket nor flow, or the flow has ended" },
      { "ENOPROTOOPT", "no such option, or one that can only be read" },
      { "ENOTSOCK", "an option of flows, set on a socket" },
      { "EINVAL", "the value is not one that the option takes: the message says what it may be; "
        .. CLOSED .. "; an option of streams, set on a UDP or ICMP flow or its socket" },
    },
    returned = { { "EBUSY", "an overlap policy, and the side's first byte has arrived" },
      { "ENOMEM", "there are 2^20 different sets of registrations" } },
    examples = {
      { capture = "web", text = "Only requests are read; nothing is kept of the answers:", code = [[
local http = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.setsockopt(http, mos.CLIBUF, 0)
http:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)
  print(side == mos.SIDE_SVR, data:line())
  flow:consume(side, #data)
end)]], output = [[
true    GET / HTTP/1.1
true    GET /data HTTP/1.1
true    GET /missing HTTP/1.1
true    HEAD /data HTTP/1.1
true    POST /form HTTP/1.1
true    GET /chunked HTTP/1.1
true    GET /item/1 HTTP/1.1
true    GET /item/2 HTTP/1.1
true    GET /item/3 HTTP/1.1]] },
    },
    see = { "mos.getsockopt", "options" },
  },
}
