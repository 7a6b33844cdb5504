-- SPDX-License-Identifier: BSD-2-Clause
-- What there is to say of settings besides the engine's own line (`mos settings`).
local BYTES = "Bytes may end in KiB, MiB or GiB."

return {
  { name = "settings max_flows", see = { "settings table_full", "stats.flows_refused" },
    notes = "From 1 to 100,000,000, of all kinds together. Address space is reserved at the "
      .. "start, memory is touched as the table fills. What the table has no room for is an "
      .. "orphan." },
  { name = "settings table_full", see = { "settings max_flows", "stats.flows_evicted" },
    notes = "refuse: the SYN is counted (`flows_refused`) and an orphan, as are the packets that "
      .. "follow. evict: the flow that was silent longest ends (\"evicted\"), exactly up to 1024 "
      .. "flows, else the longest of 64 looked at." },
  { name = "settings shed",
    see = { "stats.source_dropped", "stats.flows_shed", "stats.segments_shed" }, notes = [[
Overload is what a live source lost since it was asked last: kernel, interface, ring. Each look
that finds losses raises the level by one, up to 2; a second of packet time without any lowers it.

* none: nothing is given up on purpose
* flows: from level 1 on no new flow is started (`flows_shed`); those that are open go on
* buffers: from level 1 on no bytes are kept that nobody has read, or that wait behind a hole
  (`segments_shed`): readers lose them, holes are given up, as when the pool is full; what is in
  order is still readable where it lies

At level 2 both are given up. Captures lose nothing, and nothing is given up on them.]] },
  { name = "settings idle_timeout", see = { "flow.end_reason", "time" } },
  { name = "settings handshake_timeout", see = { "flow.end_reason", "time" },
    notes = "Also how long a connection must have been silent for a SYN with another number to "
      .. "end it at once." },
  { name = "settings close_timeout", see = { "flow.end_reason", "time" } },
  { name = "settings time_wait", see = { "ON_CONN_END", "time" },
    notes = "Each packet of the flow starts it anew. 0: ON_CONN_END comes with the packet that "
      .. "closes the connection." },
  { name = "settings udp_timeout", see = { "SOCK_MONITOR_FLOW" } },
  { name = "settings icmp_timeout", see = { "SOCK_MONITOR_FLOW" } },
  { name = "settings buffer", see = { "CLIBUF", "reading", "ON_ERROR" },
    notes = BYTES .. " At most 1GiB. In order: the slowest reader overruns alone. Behind a hole: "
      .. "the hole is given up. A stored segment is charged at its own length rounded up to 256." },
  { name = "settings buffer_pool", see = { "settings buffer", "stats.buffer_pool_full" },
    notes = BYTES .. " When it is full the bytes in hand are not kept, and the worker's oldest "
      .. "hole is given up." },
  { name = "settings keep", see = { "CLIKEEP", "packet.differs" },
    notes = BYTES .. " At most 1GiB." },
  { name = "settings overlap", see = { "overlap", "SVROVERLAP" },
    notes = "Also as Snort and Suricata write them: old_linux, win2k3, windows2k3, hpux." },
  { name = "settings midstream", see = { "flow.midstream", "ON_CONN_START" },
    notes = [[
on: the first captured packet of an unknown connection starts a flow. The client is who spoke
first, unless it is a SYN-ACK, or the lower port (below 1024, else below 32768 against one above)
tells better. `syn` filters judge it as if the client had sent it. off: such packets are orphans.
]] },
  { name = "settings gap.packets", see = { "settings gap.time", "ON_GAP" },
    notes = "1 to 255. Bytes that come before that still fill the hole." },
  { name = "settings gap.time", see = { "settings gap.packets", "ON_GAP" },
    notes = "Packet time, from the acknowledgement on." },
  { name = "settings checksums", see = { "stats.bad_tcp_checksum", "packet.offloaded" }, notes = [[
* auto: a TCP or UDP field that holds the unfinished pseudo-header sum, or an IPv4 header checksum
  of 0, was left to the sender's network card: it is accepted and counted (`offloaded_tcp` and so
  on)
* strict: these are wrong, too
* off: none is looked at, as with `-C`

A packet with a wrong checksum is seen by RAW sockets and otherwise not believed: no flow, no
orphan, no state change. When more than 5 % of the TCP packets were refused, the closing summary
names the sender and suggests `-C`.]] },
  { name = "settings vlan_in_key", see = { "flow.vlan" },
    notes = "on: the same addresses in two VLANs are two flows." },
  { name = "settings decap", see = { "flow.tunnel", "packet.tunnel" },
    notes = "outer: a tunnel is what carries it, UDP or another protocol of IP." },
  { name = "settings fragments_pool", see = { "packet.reassembled", "stats.fragments_dropped" },
    notes = BYTES .. " 0: fragments are counted only." },
  { name = "settings fragment_timeout", see = { "settings fragments_pool",
    "stats.fragments_timeout" },
    notes = "Packet time, from its first fragment on." },
  { name = "settings runaway", see = { "runaway" }, notes = [[
Seconds from 0.01 to 1000000, also as --runaway=SECONDS. auto: 1 when packets come from interfaces,
off on captures. What runs apart from packets may take ten times as long.]] },
  { name = "settings script_memory", see = { "runaway" },
    notes = BYTES .. " At least 16MiB, of which the library itself takes about 3. Each worker has "
      .. "its own." },
  { name = "settings errors_in_a_row", see = { "errors" },
    notes = "Without a success between. A timer that repeats is off after as many." },
  -- Fault injection on what inline ports receive, for tests.
  { name = "settings faults.loss", step = 3, see = { "inline" } },
  { name = "settings faults.reorder", step = 3, see = { "inline" } },
  { name = "settings faults.duplicate", step = 3, see = { "inline" } },
  { name = "settings faults.seed", step = 3, see = { "inline" } },
}
