-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the options: `of` is what they are options of, `takes` what setsockopt is given, `value`
-- what that means and what getsockopt gives.
local BUFFER = "Bytes that may wait unread in that side's receive buffer, 0 to 2^30; 0 = off. "
  .. "Default: the setting `buffer` (1 MiB). Set on a socket it holds for later flows, set on a "
  .. "flow at once."
local KEEP = "Bytes of that side's receive buffer that stay when they are read, 0 to 2^30. "
  .. "Default: the setting `keep` (0). Set on a socket it holds for later flows, set on a flow "
  .. "at once."
local OVERLAP = "One of mos.OVERLAP_POLICY_... Default: the setting `overlap` (first). Reading "
  .. "it of a flow gives the policy that counts."
local FRAGMENTS = "A list of `{offset=, len=}` by stream offset: the bytes that the buffer "
  .. "holds, unread, kept or behind holes, the packet in hand included from its HK_RCV on; `{}` "
  .. "when it holds none."
local INFO = "A table `{init_seq=, last_byte_read=, next_byte_expected=, last_byte_received=}`: "
  .. "the sender's initial sequence number (0 while unknown), then stream offsets, each the one "
  .. "behind the last byte: read by this socket, in order, seen at all."
local STATE = "The state's short name, as `flow.cli.state` and `flow.svr.state` give it; nil "
  .. "before that end's stack exists."

local buffers = {
  { capture = "web", text = "With a buffer off nothing of that side is kept, and its reading is "
    .. "an error:",
    code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40010" })
mos.setsockopt(watch, mos.CLIBUF, 0)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  print(side == mos.SIDE_SVR, flow:getsockopt(mos.CLIBUF),
    flow:getsockopt(mos.SVRBUF))
  print(select(2, pcall(flow.view, flow, mos.SIDE_CLI)))
end)]], output = [[
true    0       1048576
clibuf.lua:7: mos.view: the client's receive buffer is off (EINVAL)]], file = "clibuf" },
}

local overlaps = {
  { capture = "web", text = "Per host, as the first bytes are still to come:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local policies = { ["10.0.0.2"] = mos.OVERLAP_POLICY_LINUX }
watch:on(mos.ON_CONN_START, function(flow)
  local policy = policies[flow.svr.addr]
  if policy then flow:setsockopt(mos.SVROVERLAP, policy) end
end)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  if flow.cli.port ~= 40010 or side == mos.SIDE_CLI then return end
  print(flow:getsockopt(mos.SVROVERLAP) == mos.OVERLAP_POLICY_LINUX)
  print(select(3, flow:setsockopt(mos.SVROVERLAP, mos.OVERLAP_POLICY_LAST)))
end)]], output = [[
true
EBUSY]], file = "overlap" },
}

local held = {
  { capture = "web", filter = "not tcp[4:4] = 1610690880",
    text = "A segment is missing, taken out by -f; what follows waits behind the hole:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
mos.setsockopt(watch, mos.CLIBUF, 65536)
watch:on(mos.ON_PKT_IN, mos.HK_RCV, function(flow, side)
  if flow:packet().number > 16 then return flow:close() end
  local list = flow:getsockopt(mos.FRAGINFO_CLIBUF)
  for i, part in ipairs(list) do list[i] = part.offset .. "+" .. part.len end
  local info = flow:getsockopt(mos.INFO_CLIBUF)
  if side == mos.SIDE_SVR or #list == 0 then return end
  print(flow:packet().number, table.concat(list, " "), info.last_byte_read,
    info.next_byte_expected, info.last_byte_received)
end)]], output = [[
6       0+169   0       169     169
9       0+292   0       292     292
12      0+292 1740+1448 0       292     3188
13      0+292 1740+2896 0       292     4636
15      0+292 1740+4344 0       6084    6084
16      0+292 1740+5792 0       7532    7532]], file = "held" },
}

local kept = {
  { capture = "web", text = "What was read can be read again:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
mos.setsockopt(watch, mos.SVRKEEP, 4096)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  if side == mos.SIDE_SVR then flow:consume(side, #flow:view(side)) end
end)
watch:on(mos.ON_CONN_END, function(flow)
  print(flow:ppeek(mos.SIDE_SVR, 10, 0), #flow:ppeek(mos.SIDE_SVR, 4096, 0))
end)]], output = [[
GET / HTTP      148]], file = "keep" },
}

local states = {
  { capture = "ipv6", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_START, mos.HK_SND, function(flow)
  print(flow:getsockopt(mos.TCP_STATE_CLI), flow:getsockopt(mos.TCP_STATE_SVR))
  print(flow:getsockopt(mos.TIMESTAMP) == flow.last_time)
end)]], output = [[
SYN_SENT        nil
true]], file = "state" },
}

return {
  { name = "CLIBUF", of = "s or flow", takes = "bytes", value = BUFFER, examples = buffers,
    notes = [[
Switching it off in the middle of a flow gives its memory back; ON_CONN_NEW_DATA ends for that
side. What does not fit is an overrun of this socket alone.]],
    see = { "SVRBUF", "reading", "settings buffer", "ON_ERROR" } },
  { name = "SVRBUF", of = "s or flow", takes = "bytes", value = BUFFER, examples = buffers,
    notes = [[
Switching it off in the middle of a flow gives its memory back; ON_CONN_NEW_DATA ends for that
side. What does not fit is an overrun of this socket alone.]],
    see = { "CLIBUF", "reading", "settings buffer", "ON_ERROR" } },
  { name = "CLIOVERLAP", of = "s or flow", takes = "policy", value = OVERLAP, examples = overlaps,
    notes = [[
A connection has one policy a side: that of the first socket, in order of creation, that chose
one. What another asks for is said once on standard error and does not count. From the side's
first byte on, setting it returns EBUSY. The page `overlap` says which bytes win under which
policy.]],
    see = { "SVROVERLAP", "overlap", "settings overlap" } },
  { name = "SVROVERLAP", of = "s or flow", takes = "policy", value = OVERLAP, examples = overlaps,
    notes = [[
A connection has one policy a side: that of the first socket, in order of creation, that chose
one. What another asks for is said once on standard error and does not count. From the side's
first byte on, setting it returns EBUSY. The page `overlap` says which bytes win under which
policy.]],
    see = { "CLIOVERLAP", "overlap", "settings overlap" } },
  { name = "FRAGINFO_CLIBUF", of = "flow", value = FRAGMENTS, examples = held,
    see = { "FRAGINFO_SVRBUF", "INFO_CLIBUF", "mos.ppeek" } },
  { name = "FRAGINFO_SVRBUF", of = "flow", value = FRAGMENTS, examples = held,
    see = { "FRAGINFO_CLIBUF", "INFO_SVRBUF", "mos.ppeek" } },
  { name = "INFO_CLIBUF", title = "how far the client's buffer is filled and "
    .. "read", of = "flow", value = INFO, examples = held,
    see = { "INFO_SVRBUF", "FRAGINFO_CLIBUF", "flow.cli.isn" } },
  { name = "INFO_SVRBUF", title = "how far the server's buffer is filled and "
    .. "read", of = "flow", value = INFO, examples = held,
    see = { "INFO_CLIBUF", "FRAGINFO_SVRBUF", "flow.cli.isn" } },
  { name = "TCP_STATE_CLI", of = "flow", value = STATE, examples = states,
    see = { "TCP_STATE_SVR", "flow.cli.state", "ON_TCP_STATE_CHANGE" } },
  { name = "TCP_STATE_SVR", of = "flow", value = STATE, examples = states,
    see = { "TCP_STATE_CLI", "flow.cli.state", "ON_TCP_STATE_CHANGE" } },
  { name = "STOP_MON", of = "flow", takes = "side",
    value = "SIDE_CLI or SIDE_SVR: this socket gets no more events of the flow that carry that "
      .. "side, and its receive buffer is given back. SIDE_BOTH: no more events of the flow at "
      .. "all, as `flow:close()`. There is no way back.",
    notes = "At once, the rest of the packet in hand included. Other sockets go on; the "
      .. "connection stays in the table, so that its packets are no orphans.",
    examples = { { capture = "web", text = "Nothing more of the client's side from its first "
      .. "data on:",
      code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40010" })
watch:on(mos.ON_PKT_IN, function(flow, side)
  print(flow:packet().number, side == mos.SIDE_CLI and "client" or "server")
  if #flow:packet().payload > 0 and side == mos.SIDE_CLI then
    flow:setsockopt(mos.STOP_MON, mos.SIDE_CLI)
  end
end)]], output = [[
30      client
31      server
32      client
33      client
34      server
35      server
38      server]] } },
    see = { "mos.close", "CLIBUF" } },
  { name = "TIMESTAMP", of = "flow",
    value = "Time of the flow's last packet in seconds since 1970, as `flow.last_time`.",
    examples = states, see = { "flow.last_time", "flow:last_parts" } },
  { name = "CLIKEEP", of = "s or flow", takes = "bytes", value = KEEP, examples = kept, notes = [[
They are there for `ppeek`, and repeats are compared with them (`packet.differs`). The side keeps
the largest number that its sockets ask for, out of `buffer_pool`, besides what waits unread;
older bytes go.]],
    see = { "SVRKEEP", "mos.ppeek", "packet.differs", "settings keep" } },
  { name = "SVRKEEP", of = "s or flow", takes = "bytes", value = KEEP, examples = kept, notes = [[
They are there for `ppeek`, and repeats are compared with them (`packet.differs`). The side keeps
the largest number that its sockets ask for, out of `buffer_pool`, besides what waits unread;
older bytes go.]],
    see = { "CLIKEEP", "mos.ppeek", "packet.differs", "settings keep" } },
}
