-- SPDX-License-Identifier: BSD-2-Clause
-- Counts packets: those of TCP connections, by who sent them, and those of no connection.
-- Run:    mos run examples/packet_count.lua -r examples/captures/web.pcap
-- Expect: one line at the end with the three numbers and how many connections there were.
-- Idea:   the smallest monitor: one callback per packet, one report.
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local sent = { [mos.SIDE_CLI] = 0, [mos.SIDE_SVR] = 0 }
local orphans, connections = 0, 0

mos.register_callback(watch, mos.ON_PKT_IN, mos.HK_SND, function(_, side)
  sent[side] = sent[side] + 1
end)

mos.register_callback(watch, mos.ON_CONN_START, function() connections = connections + 1 end)

mos.register_callback(watch, mos.ON_ORPHAN, function() orphans = orphans + 1 end)

mos.on_exit(function()
  print(("%d packets from clients, %d from servers, in %d connections; %d of no connection"):format(
    sent[mos.SIDE_CLI], sent[mos.SIDE_SVR], connections, orphans))
end)
