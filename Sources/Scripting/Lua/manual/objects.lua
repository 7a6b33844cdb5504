-- SPDX-License-Identifier: BSD-2-Clause
-- The values that scripts handle: sockets, flows, their sides. Their members come from the schema.
return {
  {
    name = "socket", short = "s", schema = "socket", section = "socket",
    title = "what mos.socket makes: what a script watches",
    text = [[
A monitor socket has filters, callbacks, options, and read offsets of its own in every flow that
it watches. There are at most 32 in a run.]],
    examples = { { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM, "mine")
print(watch, watch.id, watch.name, watch.type == mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  if flow.cli.port == 40000 then print(flow.socket == watch) end
end)]], output = [[
socket mine (stream)    0       mine    true
true]] } },
    see = { "mos.socket", "SOCK_MONITOR_STREAM", "filters", "options" },
  },
  {
    name = "flow", short = "flow", schema = "flow", section = "flow",
    title = "a connection, or UDP or ICMP flow, as one socket sees it",
    text = [[
A flow value is made anew for each event, compares equal by value, and is checked at every use:
one that is kept after the flow's end raises EBADF. Never key a table by a flow: use `flow.id`.
`tostring(flow)` is "10.0.0.1:40000 > 10.0.0.2:80", with IPv6 "[fd00::1]:40300 > [fd00::2]:80".]],
    notes = [[
`flow.ctx` takes any Lua value, as a table for each flow; `flow.state` has typed scalars in the
engine's memory, which make no garbage.

A UDP or ICMP flow has no stacks and no stream: `peek`, `view`, `consume`, `ppeek` and all options
but STOP_MON and TIMESTAMP are EINVAL. Look at `flow:packet().payload`. The ports of ICMP are type
(cli) and code (svr) of its first message: a ping is "10.0.0.1:8 > 10.0.0.2:0".]],
    examples = {
      { capture = "web", code = [[
local watch, seen = mos.socket(mos.SOCK_MONITOR_STREAM), {}
watch:on(mos.ON_CONN_START, function(flow) seen[flow.id] = mos.now() end)
watch:on(mos.ON_CONN_END, function(flow)
  print(flow.uid, flow.proto, flow.ip_version, flow.end_reason,
    ("%.6f"):format(flow.duration), seen[flow.id] == flow.start_time)
end)]], output = [[
C2solzxw0u6T    tcp     4       fin     0.004150        true
C3fxeRYg9tM5    tcp     4       fin     0.001034        true
C5PCe2Z6cDw0    tcp     4       fin     0.000795        true
C7XxhJsPopFj    tcp     4       fin     0.000848        true
CFgQp3kNwRlV    tcp     4       fin     0.000824        true
C61jLeVmFjtS    tcp     4       fin     0.000812        true
C9qfMIUqhslX    tcp     4       fin     0.001161        true
CDiogPO2y40m    tcp     4       fin     0.001075        true]] },
      { capture = "datagrams", text = "UDP and ICMP:", file = "datagrams", code = [[
local flows = mos.socket(mos.SOCK_MONITOR_FLOW)
flows:on(mos.ON_CONN_END, function(flow)
  print(flow.proto, flow, flow.icmp_type, flow.icmp_code, flow.icmp_id,
    flow.end_reason)
end)]], output = [[
udp     10.0.0.1:40400 > 10.0.0.2:53    nil     nil     nil     shutdown
udp     [fd00::1]:40401 > [fd00::2]:53  nil     nil     nil     shutdown
udp     10.0.0.1:40402 > 10.0.0.2:53    nil     nil     nil     shutdown
icmp    10.0.0.1:8 > 10.0.0.2:0 8       0       7       shutdown
udp     10.0.0.1:40403 > 10.0.0.2:54    nil     nil     nil     shutdown
icmp    10.0.0.2:3 > 10.0.0.1:3 3       3       nil     shutdown]] },
    },
    see = { "flow.cli", "flow.ctx", "flow.state", "health", "socket" },
  },
  {
    name = "flow.cli", short = "flow.cli", schema = "side", section = "side",
    also = { "flow.svr", "cli", "svr", "side" },
    title = "the client's side of a flow; flow.svr is the server's",
    text = [[
What that end is and what it sent. Times are seconds, from the packets' times in whole
microseconds. Counts are 0, times nil until something happens. `tostring(flow.cli)` is
"10.0.0.1:40000".]],
    notes = [[
The client sent the first SYN, or the first packet of a UDP or ICMP flow. Of those flows `addr`,
`addr_bytes`, `port`, `packets`, `bytes` and `unique_bytes` (the same number) are there, all other
fields are nil.

Health (everything behind `unique_bytes`) is kept from the first payload byte on, or the first
repeat, closed window or FIN; `rtt`, `mss`, `wscale` and `ecn` from the handshake on.]],
    examples = { { capture = "web", file = "sides", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  local cli, svr = flow.cli, flow.svr
  if cli.port ~= 40000 then return end
  print(cli, cli.state, cli.packets, cli.unique_bytes, cli:has "SF", cli.mss)
  print(svr, svr.state, svr.packets, svr.unique_bytes, svr.synack, svr.mss)
end)]], output = [[
10.0.0.1:40000  TIME_WAIT       11      148     true    1460
10.0.0.2:80     CLOSED  18      18492   true    1460]] } },
    see = { "flow", "health" },
  },
}
