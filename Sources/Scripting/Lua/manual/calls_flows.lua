-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls about flows: context, state, ends, looking one up; and of a flow's own
-- methods.
local FLOW = { "flow", "flow", "any flow of this run" }
local BAD_FLOW = { "EBADF", "`flow` is no flow, or has ended" }

return {
  {
    name = "mos.get_uctx", gives = "value",
    args = { FLOW },
    result = "What was set for this flow and socket; nil when nothing was. The same as `flow.ctx`.",
    raised = { BAD_FLOW },
    see = { "flow.ctx", "mos.set_uctx" },
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
watch:on(mos.ON_CONN_START, function(flow) mos.set_uctx(flow, "first") end)
watch:on(mos.ON_CONN_END, function(flow)
  print(mos.get_uctx(flow), flow.ctx)
end)]], output = [[
first   first]] },
    },
  },
  {
    name = "mos.set_uctx",
    args = { FLOW, { "value", "any", "kept for this flow and socket; nil forgets it" } },
    result = "Nothing. The same as `flow.ctx = value`.",
    raised = { BAD_FLOW },
    notes = "The value is forgotten when the flow is gone, after its last ON_CONN_END; there is "
      .. "nothing to free.",
    see = { "flow.ctx", "mos.get_uctx", "mos.flow_state" },
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
watch:on(mos.ON_PKT_IN, function(flow)
  mos.set_uctx(flow, (mos.get_uctx(flow) or 0) + 1)
end)
watch:on(mos.ON_CONN_END, function(flow) print(flow, flow.ctx) end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    29]] },
    },
  },
  {
    name = "mos.flow_state",
    args = { { "declaration", "text", "C declarations of `int8_t`, `uint8_t`, `int16_t`, "
      .. "`uint16_t`, `int32_t`, `uint32_t`, `float`, `double`, `bool` and fixed arrays of them, "
      .. "4096 bytes at most", valid = '"double x"' } },
    result = "Nothing. Every flow of this script's sockets has the scalars as `flow.state`, all "
      .. "zero when the flow starts.",
    raised = {
      { "EINVAL", "another type, a name twice, nothing declared, more than 4096 bytes, declared "
        .. "by this script already" },
      { "EBUSY", "the run has begun: declare at the top level of the script" },
    },
    notes = [[
The scalars lie in the engine's memory: no garbage, and the fastest thing to count in. 64-bit
integers are not offered, they would come out as cdata; a `double` is exact to 2^53.

A script declares once, for all its sockets; other scripts of the run have states of their own.
All sockets of a script see the same state of a connection.]],
    examples = {
      { capture = "web", code = [[
mos.flow_state "uint32_t n; double first"
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_PKT_IN, function(flow)
  local s = flow.state
  if s.n == 0 then s.first = mos.now() end
  s.n = s.n + 1
end)
watch:on(mos.ON_CONN_END, function(flow)
  print(flow, flow.state.n, ("%.6f"):format(flow.state.first))
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    29      1795346609.923377
10.0.0.1:40010 > 10.0.0.2:80    10      1795346609.932975
10.0.0.1:40020 > 10.0.0.2:80    10      1795346609.938970
10.0.0.1:40030 > 10.0.0.2:80    10      1795346609.944444
10.0.0.1:40040 > 10.0.0.2:80    14      1795346609.949761
10.0.0.1:40050 > 10.0.0.2:80    10      1795346609.955163
10.0.0.1:40051 > 10.0.0.2:80    10      1795346609.955220
10.0.0.1:40052 > 10.0.0.2:80    10      1795346609.955243]] },
    },
    see = { "flow.state", "flow.ctx", "speed" },
  },
  {
    name = "mos.getpeername", gives = "address, port",
    args = { FLOW, { "side", "side", "SIDE_CLI or SIDE_SVR; SIDE_BOTH: the client's address and "
      .. "port, then the server's" } },
    result = "Address as text, port as number; with SIDE_BOTH four values. The same as "
      .. "`flow.cli.addr`, `flow.cli.port` and so on.",
    raised = { BAD_FLOW, { "EINVAL", "`side` is none of the three" } },
    examples = {
      { capture = "ipv6", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_START, function(flow)
  print(mos.getpeername(flow, mos.SIDE_SVR))
  print(mos.getpeername(flow, mos.SIDE_BOTH))
end)]], output = [[
fd00::2 80
fd00::1 40300   fd00::2 80]] },
    },
    see = { "flow.cli.addr", "flow.cli.port" },
  },
  {
    name = "mos.find_flow", title = "looks a flow up by its ends", gives = "flow",
    args = {
      { "addr", "text", "address of one end, IPv4 or IPv6", valid = '"10.0.0.1"' },
      { "port", "number", "its port" },
      { "addr", "text", "address of the other end", valid = '"10.0.0.2"' },
      { "port", "number", "its port" },
      { "s", "socket", "the flow as this socket sees it; left out: as the first that watches it" },
    },
    result = "The flow between these two ends, in either order, TCP before UDP; nil when there is "
      .. "none, or `s` does not watch it.",
    raised = { { "EINVAL", "an address or port that is none, addresses of two IP versions, a "
      .. "closed socket" }, { "EBADF", "`s` is no socket" } },
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  local other = mos.find_flow("10.0.0.2", 80, "10.0.0.1", flow.cli.port)
  print(flow, other == flow, mos.find_flow("10.0.0.1", 1, "10.0.0.2", 80))
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    true    nil
10.0.0.1:40010 > 10.0.0.2:80    true    nil
...]] },
    },
    see = { "packet.icmp.about", "flow.id" },
  },
  {
    name = "flow:start_parts", gives = "seconds, nanoseconds",
    args = {},
    result = "flow.start_time as two integers: seconds since 1970, and nanoseconds within the "
      .. "second.",
    raised = { { "EBADF", "the flow has ended" } },
    see = { "flow.start_time", "numbers" },
  },
  {
    name = "flow:last_parts", gives = "seconds, nanoseconds",
    args = {},
    result = "flow.last_time as two integers: seconds since 1970, and nanoseconds within the "
      .. "second.",
    raised = { { "EBADF", "the flow has ended" } },
    see = { "flow.last_time", "numbers" },
  },
  {
    name = "flow.cli:has", forms = { "flow.svr:has(letters)" },
    args = { { "letters", "text", "one or more of F, S, R, P, A, U, E, C", valid = '"S"' } },
    result = "true when it sent all of these flags, not necessarily in one packet. Of UDP and "
      .. "ICMP flows false.",
    raised = { { "EINVAL", "`letters` is no text of these letters; called with a dot" },
      { "EBADF", "the flow has ended" } },
    see = { "flow.cli.flags", "packet.tcp:has" },
  },
  {
    name = "packet.tcp:has",
    args = { { "letters", "text", "one or more of F, S, R, P, A, U, E, C", valid = '"S"' } },
    result = "true when the segment has all of these flags.",
    raised = { { "EINVAL", "`letters` is no text of these letters; called with a dot" },
      { "EFAULT", "the packet's time is over" } },
    see = { "packet.tcp.flags", "flow.cli:has" },
  },
}
