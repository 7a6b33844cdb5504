-- SPDX-License-Identifier: BSD-2-Clause
-- Counts packets: those of TCP connections, by who sent them, and those of no connection.
-- Run:    mos run examples/packet_count.lua -r examples/captures/web.pcap
-- Expect: one line at the end with the three numbers and how many connections there were.
-- Idea:   the smallest monitor: counters of all workers, one callback per packet, one report.
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local sent = mos.counter("sent", { "side" })
local orphans, connections = mos.counter "orphans", mos.counter "connections"

mos.register_callback(watch, mos.ON_PKT_IN, mos.HK_SND, function(_, side)
  sent:count(side)
end)

mos.register_callback(watch, mos.ON_CONN_START, function() connections:count() end)

mos.register_callback(watch, mos.ON_ORPHAN, function() orphans:count() end)

mos.on_report(function()
  print(("%d packets from clients, %d from servers, in %d connections; %d of no connection"):format(
    sent:value(mos.SIDE_CLI), sent:value(mos.SIDE_SVR), connections:value(), orphans:value()))
end)

mos.test("packets, connections and what belongs to none", function(t)
  t.handshake()
  t.data "hello"
  t.svr.ack()
  t.udp().data "a question"
  t.expect.prints { "3 packets from clients, 2 from servers, in 1 connections; 1 of no connection" }
end)
