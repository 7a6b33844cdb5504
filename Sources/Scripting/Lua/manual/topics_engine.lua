-- SPDX-License-Identifier: BSD-2-Clause
-- Topics: the lists of options, settings and counters, time, user-defined events, inline.
local function list_of(pages, kind)
  local defs = {}
  for _, page in ipairs(pages.list) do
    if page.kind == kind then
      local name = page.fact and page.fact.key or page.counter or page.name
      local default = page.fact and (" (%s)"):format(page.fact.value) or ""
      defs[#defs + 1] = { name, page.title .. default }
    end
  end
  return { defs = defs }
end

return {
  {
    name = "options", title = "what mos.getsockopt reads and mos.setsockopt sets",
    make = function(pages)
      return { { "DESCRIPTION", list_of(pages, "option"), [[
CLI and SVR name a receive buffer: what SVRBUF holds is what the client sent.]] } }
    end,
    see = { "mos.getsockopt", "mos.setsockopt", "reading" },
  },
  {
    name = "settings", title = "what --set key=value changes, with defaults",
    make = function(pages)
      return { { "DESCRIPTION", list_of(pages, "setting"), [[
`mos settings` lists them with their units.]] } }
    end,
    see = { "counters", "time", "flow.end_reason" },
  },
  {
    name = "counters", title = "what mos.stats() and kill -USR1 show",
    make = function(pages)
      return { { "DESCRIPTION", [[
`mos.stats()` gives them live, the closing summary those that matter, `kill -USR1` all that are
not 0. Every loss has one of its own.]], list_of(pages, "counter") } }
    end,
    see = { "mos.stats" },
  },
  {
    name = "time", also = { "clock", "timers" }, title = "packet time, timers and time-outs",
    body = {
      { "THE CLOCK", [[
All time is packet time: seconds since 1970 as the packets have it. On a capture nothing ever
waits; live, wall time moves the clock, too, when no packet comes.

* Before a packet is handled, everything that was due up to its time fires, in order of deadline;
  at equal ones time-outs of flows first, then timers by creation. `mos.now()` is the deadline
  meanwhile. So results do not depend on how packets come in bursts.
* The clock never runs back. An older packet keeps its own time (`packet.ts`) and moves nothing.
* It jumps more than a day ahead only when a second packet confirms it (counter `clock_steps`).
* A further -r file that begins before the clock ends all flows ("shutdown") and starts the clock
  anew; timers keep what was left of their time. A later one goes on, flows included.]] },
      { "TIMERS", [[
`mos.settimer` fires once, `mos.every` again and again without drift. On a capture, timers that
are not due by the last packet do not fire.]] },
      { "TIME-OUTS", "Silence is measured from the flow's last packet, in the phase that it is "
        .. "in:", { defs = {
        { "handshake_timeout", "until both ends are ESTABLISHED: \"handshake-timeout\"" },
        { "idle_timeout", "ESTABLISHED: \"timeout\"" },
        { "close_timeout", "one end has sent its FIN: \"timeout\"" },
        { "time_wait", "both ends CLOSED or TIME_WAIT: \"fin\"" },
        { "udp_timeout", "a UDP flow: \"timeout\"" },
        { "icmp_timeout", "an ICMP flow: \"timeout\"" } } },
        "A flow that was reset ends at once." },
    },
    examples = { { capture = "datagrams", settings = { "udp_timeout=0.1" }, code = [[
local flows = mos.socket(mos.SOCK_MONITOR_FLOW)
mos.bind_filter(flows, { syn = "udp" })
flows:on(mos.ON_CONN_END, function(flow)
  print(flow, flow.end_reason, ("%.3f"):format(mos.now() - flow.last_time))
end)]], output = [[
10.0.0.1:40400 > 10.0.0.2:53    timeout 0.100
[fd00::1]:40401 > [fd00::2]:53  timeout 0.100
10.0.0.1:40402 > 10.0.0.2:53    timeout 0.100
10.0.0.1:40403 > 10.0.0.2:54    shutdown        0.000]] } },
    see = { "mos.settimer", "mos.every", "mos.now", "settings", "flow.end_reason" },
  },
  {
    name = "ude", also = { "user-defined events" }, title = "user-defined events: an event and a "
      .. "filter make a new event",
    body = {
      { "DESCRIPTION", [[
`mos.define_event(base, filter[, arg])` makes an event that fires when `base` does and the filter
is true. `base` may be one of these again: trees of any depth. `mos.alloc_event(parent)` makes an
event that is raised by hand with `mos.raise_event`. Both give an id that is registered like any
event; the hooks are those of the event at the root, so those of ON_CONN_NEW_DATA live at NULL.]] },
      { "ORDER", [[
When a base event fires for a socket:

* its callback runs
* then, for each event defined on it in order of definition, the filter, once; when it is true its
  callback, and then the same for the events defined on that
* then the callbacks of allocated events that were raised

A false filter prunes everything below it: those filters are not called. Filter and callback get
the same `flow` and `side`, the event's own id, and `arg`: what define_event was given, or the
base event's when that is nil.]] },
      { "RULES", [[
* Equal base, filter and arg give the same id.
* An error of a filter counts as false and is reported as one of a callback.
* An allocated event is raised in the filter of its parent, in a filter defined on its parent, or
  in a callback of its parent; elsewhere is EINVAL. Twice in one dispatch is once.
* Registering, removing and closing are safe in filters and callbacks: what was removed is not
  called any more; STOP_MON and close skip the rest of the tree.]] },
    },
    examples = { { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local syn = mos.define_event(mos.ON_PKT_IN, function(flow)
  return flow:packet().tcp:has "S"
end)
local answer = mos.define_event(syn, function(flow, _, _, letters)
  return flow:packet().tcp:has(letters)
end, "SA")
watch:on(syn, function(flow) print(flow:packet().number, "SYN") end)
watch:on(answer, function(flow) print(flow:packet().number, "SYN-ACK") end)]],
      output = [[
1       SYN
2       SYN
2       SYN-ACK
30      SYN
31      SYN
31      SYN-ACK
...]] } },
    see = { "mos.define_event", "mos.alloc_event", "mos.raise_event", "events" },
  },
  {
    name = "inline", title = "between two ports: forwarding, dropping and changing packets",
    body = {
      { "DESCRIPTION", [[
`mos run SCRIPT --inline -i A -i B` takes packets at one port of a pair and hands them out at the
other. Ports pair in order of -i: the first and second, third and fourth; `--pair 1-3 --pair 2-4`
says otherwise. Ports in no pair are only watched. Without --inline nothing is ever sent: the
calls that change or send return nil, message, "EPERM", and mos says so once.

Frames leave as they came, MAC addresses and tags included, also those that are not IP, malformed,
or kept out by -f. IP fragments are held until they are complete (`fragments_pool`,
`fragment_timeout`) and leave as they came, all together.]] },
      { "WHAT A CHANGE MEANS", [[
* At HK_SND the stack of the receiver and sockets that come later see the packet as it was
  changed; at HK_RCV and in ON_CONN_NEW_DATA only the frame that leaves changes.
* What is dropped has been monitored all the same; its repeat is a retransmission.
* After the packet was forwarded (ON_CONN_END) there is nothing to change: ENODATA.
* OVERWRITE keeps the layout; addresses and ports may be rewritten at HK_SND (NAT).
* INSERT and CHOMP change the length of the payload. Edits are remembered by stream offset until
  they are acknowledged and are made again in repeats; numbers are translated for the rest of the
  connection.]] },
      { "WHEN THE SCRIPT FAILS", { defs = {
        { "fail-open", "(--inline) an error never keeps a packet from being forwarded. When the "
          .. "script as a whole stops, forwarding goes on without it until Ctrl-C; exit code 1" },
        { "fail-closed", "(--inline=fail-closed) the packet in hand of a callback that fails or "
          .. "pauses is dropped, and no callback is switched off. When the script stops, mos "
          .. "ends" } } } },
      { "COUNTERS", "forwarded; forward_dropped (a full transmit queue: it is never waited for); "
        .. "forward_refused; translations_refused; script_dropped; changed; injected." },
    },
    examples = { { inline = true, file = "firewall", text = "New connections to one port only:",
      code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "not tcp dst port 443" })
watch:on(mos.ON_CONN_START, function(flow) flow:reset() end)]] } },
    see = { "flow:drop", "flow:overwrite", "flow:insert", "flow:chomp", "mos.sendpkt",
      "mos.reset_conn", "mos.setlastpkt" },
  },
  {
    name = "cores", also = { "workers" }, title = "several workers: what is shared and what is not",
    body = {
      { "DESCRIPTION", [[
`mos run --cores N` runs N workers, each on a processor of its own, with its own flow table,
buffers, timers and Lua state: the scripts are loaded N times, and their globals, upvalues and
flow.ctx are each worker's own. Both directions of a flow, and ICMP errors about it, are one
worker's. A packet is seen and counted by one worker, whatever its kind.

Captures: every worker walks all packets, so clocks, timers, flow.id and flow.uid do not depend on
the number of workers. --ordered writes records and printed lines in the order of the input, byte
for byte the same for any number; without it the same lines come in any order. (--format text is
aligned by each worker for itself.)

Interfaces: the kernel (PACKET_FANOUT), the network card (RSS) or other workers (rings, counted as
handed_over) bring each worker what it owns. packet.number counts each worker's own; --ordered
goes by packet time.]] },
      { "WHAT HAPPENS ONCE", [[
`mos.on_report` and `mos.on_interval` run once, on data of all workers: aggregates (`mos doc
aggregates`) and mos.stats(). `on_start`, `on_exit`, timers and what scripts do while they are
loaded happen in every worker; `mos.worker == 0` picks one.]] },
      { "LIMITS", [[
max_flows, buffer_pool and fragments_pool are each worker's. mos.find_flow finds flows of the
worker that asks. --inline works with one worker. Whoever chooses addresses and ports can send
everything to one worker: that costs speed, and nothing else.]] },
    },
    examples = { { capture = "web", code = [[
local conns = mos.counter "conns"
local tcp = mos.socket(mos.SOCK_MONITOR_STREAM)
tcp:on(mos.ON_CONN_END, mos.HK_SND, function() conns:count() end)
mos.on_report(function() print(mos.workers, conns:value()) end)]], output = [[
1       8]] } },
    see = { "aggregates", "mos.worker", "mos.workers", "mos.on_report", "mos.on_interval" },
  },
  {
    name = "generate", also = { "traffic" },
    title = "traffic from a seed: captures, or packets sent",
    body = {
      { "DESCRIPTION", [[
`mos generate PROFILE FILE` writes a capture ("-": standard output), `mos generate PROFILE -i
dpdk:SPEC --rate RATE` sends the same packets through a DPDK port (a kernel interface is
dpdk:net_af_packet0,iface=eth0) until Ctrl-C, --packets or --duration. Equal seeds and options
give equal packets for ever, with right checksums. What was written or sent, refused by the port
and lost is told on standard error.]] },
      { "PROFILES", { defs = {
        { "small", "request and response of some hundred bytes, nine packets a connection" },
        { "mixed", "log-normal sizes, a quarter IPv6, about 1 % lost and 1 % late" },
        { "bulk", "transfers of megabytes" },
        { "syn", "one SYN from each of very many sources, never answered" },
        { "open", "handshake and a byte each way, in rounds over all connections; none is "
          .. "closed" },
        { "tiny", "packets of 64 bytes, ten octets each way in turn, without end" } } } },
      { "OPTIONS", { defs = {
        { "--seed N", "(1)" },
        { "--flows N", "connections at a time; for syn and open in all" },
        { "-c, --packets N", "how many; a file without it is of a size of the profile's own" },
        { "--duration SECONDS", "of the packets' times" },
        { "--rate RATE", "(1Mpps) packets or bits a second: 100000pps, 500Mbps, 1Gbps; max with "
          .. "-i: as fast as the port takes them" },
        { "--loss, --reorder SHARE", "of data segments that are lost and sent again, or come "
          .. "behind the next one; 0 to 10%, or 0 to 0.1" },
        { "--ipv6, --vlan SHARE", "of connections over IPv6, or with a VLAN tag (100 to 115)" },
      } } },
    },
    see = { "scripts", "speed", "inline" },
  },
}
