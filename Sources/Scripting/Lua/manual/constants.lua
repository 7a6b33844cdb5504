-- SPDX-License-Identifier: BSD-2-Clause
-- The constants by group: patterns of their names, what the value is, an example for all.
return {
  { name = "socket types", members = { "^SOCK_" },
    value = "A number for `mos.socket`, and what `s.type` gives.",
    see = { "mos.socket", "socket", "events" },
    examples = { { capture = "datagrams", file = "types", code = [[
local packets = mos.socket(mos.SOCK_MONITOR_RAW)
local tcp = mos.socket(mos.SOCK_MONITOR_STREAM)
local others = mos.socket(mos.SOCK_MONITOR_FLOW)
local n = { [packets] = 0, [tcp] = 0, [others] = 0 }
packets:on(mos.ON_PKT_IN, function(s) n[s] = n[s] + 1 end)
for _, s in ipairs { tcp, others } do
  s:on(mos.ON_CONN_START, function() n[s] = n[s] + 1 end)
end
mos.on_exit(function() print(n[packets], n[tcp], n[others]) end)]], output = [[
15      0       6]] } } },
  { name = "hooks and sides", members = { "^HK_", "^NULL$", "^SIDE_" },
    value = "A number; sides, hooks, events and options have numbers that never coincide, so "
      .. "that one in the place of another is an error.",
    notes = [[
A hook says after whose stack a callback is called, a side which end of the flow is meant:
SIDE_CLI sent the first SYN, or the first packet of a UDP or ICMP flow, SIDE_SVR is the other. A
side in a call that reads names a receive buffer: `flow:peek(mos.SIDE_SVR)` is what the client
sent. NULL, as a side too, differs from all of them.]],
    see = { "hooks", "events", "mos.register_callback", "STOP_MON" },
    examples = { { capture = "web", file = "sides", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40010" })
local names = { [mos.SIDE_CLI] = "CLI", [mos.SIDE_SVR] = "SVR" }
watch:on(mos.ON_CONN_START, mos.HK_SND, function(_, side) print(names[side]) end)
watch:on(mos.ON_CONN_START, mos.HK_RCV, function(_, side) print(names[side]) end)]],
      output = [[
CLI
SVR]] } } },
  { name = "changes", members = { "^DROP$", "^OVERWRITE$", "^INSERT$", "^CHOMP$", "_HDR$",
    "^TCP_PAYLOAD$", "^UPDATE_" },
    value = "A number of one bit, for `mos.setlastpkt` and `flow:overwrite`; add those that "
      .. "belong together.",
    see = { "mos.setlastpkt", "flow:overwrite", "inline" },
    examples = { { inline = true, file = "changes", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local how = mos.OVERWRITE + mos.TCP_HDR + mos.UPDATE_TCP_CHKSUM
watch:on(mos.ON_PKT_IN, mos.HK_SND, function(flow, side)
  -- Its window, bytes 14 and 15 of the TCP header: never more than 1000 (unscaled).
  if flow:packet().tcp.window > 1000 then
    mos.setlastpkt(flow, side, 14, "\3\232", how)
  end
end)]] } } },
  { name = "overlap policies", members = { "^OVERLAP_POLICY_" },
    value = "A number for the options CLIOVERLAP and SVROVERLAP. The setting `overlap` takes the "
      .. "same names in small letters.",
    see = { "overlap", "CLIOVERLAP", "SVROVERLAP", "settings overlap" },
    examples = { { capture = "web", file = "policy", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.setsockopt(watch, mos.SVROVERLAP, mos.OVERLAP_POLICY_WINDOWS)
print(watch:getsockopt(mos.SVROVERLAP) == mos.OVERLAP_POLICY_WINDOWS)
print(watch:getsockopt(mos.CLIOVERLAP) == mos.OVERLAP_POLICY_FIRST)]], output = [[
true
true]] } } },
}
