-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls about the run: timers and the clock, start and end, records, hashes, counters.
local SECONDS = "packet time, 0 to 10^9"

return {
  {
    name = "mos.settimer", gives = "timer",
    args = { { "seconds", "seconds", "from now on, in " .. SECONDS },
      { "fn", "fn", "called once as `fn(timer)`" } },
    result = "The timer; `timer:cancel()` stops it.",
    raised = { { "EINVAL", "`seconds` is no number, or out of range; `fn` is no function" } },
    returned = { { "ENOMEM", "2^20 timers are pending" } },
    notes = [[
One that is set before the first packet counts from that packet. Timers of the same time fire in
the order in which they were set, behind time-outs of flows. On a capture, timers that are not due
by the last packet do not fire; live, the clock moves without packets too.

To arm a timer again in its own callback makes it repeat; `mos.every` does so without drift.]],
    examples = {
      { capture = "web", text = "Connections that live longer than 5 ms:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_START, function(flow)
  local name = tostring(flow)
  flow.ctx = mos.settimer(0.005, function()
    print(("%.6f %s lives"):format(mos.now(), name))
  end)
end)
watch:on(mos.ON_CONN_END, function(flow) flow.ctx:cancel() end)]], output = [[
1795346609.928377 10.0.0.1:40000 > 10.0.0.2:80 lives
1795346609.937975 10.0.0.1:40010 > 10.0.0.2:80 lives
1795346609.943970 10.0.0.1:40020 > 10.0.0.2:80 lives
1795346609.949444 10.0.0.1:40030 > 10.0.0.2:80 lives
1795346609.954761 10.0.0.1:40040 > 10.0.0.2:80 lives]] },
    },
    see = { "mos.every", "timer:cancel", "mos.now", "time" },
  },
  {
    name = "mos.every", gives = "timer",
    args = { { "seconds", "seconds", "the interval, in packet time: 0.001 to 10^9" },
      { "fn", "fn", "called as `fn(timer)`, the first time after one interval" } },
    result = "The timer; `timer:cancel()` stops it, also within `fn`.",
    raised = { { "EINVAL", "`seconds` is no number, or out of range; `fn` is no function" } },
    returned = { { "ENOMEM", "2^20 timers are pending" } },
    notes = [[
Deadlines are whole multiples of the interval behind the start: there is no drift. When the clock
jumps over several, `fn` is called for each, with `mos.now()` at its deadline. After
`errors_in_a_row` (10) errors in a row the timer is off.]],
    examples = {
      { capture = "web", code = [[
local count = 0
local ticks = mos.every(0.01, function(timer)
  count = count + 1
  print(("%.6f"):format(mos.now()), count)
  if count == 2 then timer:cancel() end
end)
print(ticks)]], output = [[
timer (every 0.01 s)
1795346609.933377       1
1795346609.943377       2]] },
    },
    see = { "mos.settimer", "timer:cancel", "time" },
  },
  {
    name = "mos.now", gives = "seconds",
    args = {},
    result = "Packet time in seconds since 1970; 0 before the first packet. While a timer or a "
      .. "time-out runs it is its deadline.",
    notes = "A packet that is older than the clock does not move it: `packet.ts` is the packet's "
      .. "own time.",
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  print(("%.6f %.6f"):format(mos.now(), flow.last_time), flow.end_reason)
end)]], output = [[
1795346609.956381 1795346609.927527     fin
1795346609.956381 1795346609.934009     fin
1795346609.956381 1795346609.939765     fin
1795346609.956381 1795346609.945292     fin
1795346609.956381 1795346609.950585     fin
1795346609.956381 1795346609.955975     fin
1795346609.956381 1795346609.956381     fin
1795346609.956381 1795346609.956318     fin]] },
    },
    see = { "packet.ts", "flow.last_time", "time", "numbers" },
  },
  {
    name = "mos.on_start",
    args = { { "fn", "fn", "called as `fn()` before the first packet" } },
    result = "Nothing. Several functions run in the order of their calls.",
    raised = { { "EINVAL", "`fn` is no function" }, { "EBUSY", "the run has begun" } },
    notes = "All scripts have been loaded by then, and the sources are open. An error is "
      .. "reported and counts for the exit code; the run goes on, but for `--strict`.",
    examples = {
      { capture = "web", code = [[
mos.on_start(function() print("start", mos.source, mos.now()) end)
mos.on_exit(function() print("exit", ("%.6f"):format(mos.now())) end)]], output = [[
start   examples/captures/web.pcap      0
exit    1795346609.956381]] },
    },
    see = { "mos.on_exit" },
  },
  {
    name = "mos.on_exit",
    args = { { "fn", "fn", "called as `fn()` after the last packet" } },
    result = "Nothing. Several functions run in the order of their calls.",
    raised = { { "EINVAL", "`fn` is no function" } },
    notes = "It runs at the end of the input, of --count and --duration, after Ctrl-C and "
      .. "SIGTERM, and behind the ON_CONN_END of all flows. A second Ctrl-C aborts without it.",
    examples = {
      { capture = "web", code = [[
local watch, bytes = mos.socket(mos.SOCK_MONITOR_STREAM), 0
watch:on(mos.ON_CONN_END, function(flow)
  bytes = bytes + flow.cli.unique_bytes + flow.svr.unique_bytes
end)
mos.on_exit(function() print(bytes, "bytes") end)]], output = [[
23230   bytes]] },
    },
    see = { "mos.on_start", "ON_CONN_END", "order" },
  },
  {
    name = "mos.emit",
    args = { { "stream", "text", "tells records of different shapes apart: letters, digits, _ "
      .. "and -; the tsv format alone writes it", valid = '"x"' },
      { "record", "table", "string keys; values are strings, numbers, booleans, lists, tables of "
        .. "them",
        valid = "{}" } },
    result = "true.",
    raised = { { "EINVAL", "`stream` is no such name; `record` is no table, or holds what no "
      .. "record can: a function, keys of two kinds, itself, tables more than 32 deep. The "
      .. "message names the field" } },
    notes = "The page `records` says how values are written.",
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  mos.emit("conn", { src = flow.cli.addr, port = flow.cli.port,
    bytes = flow.svr.unique_bytes, reason = flow.end_reason })
end)]], output = [[
{"bytes":18492,"port":40000,"reason":"fin","src":"10.0.0.1"}
{"bytes":140,"port":40010,"reason":"fin","src":"10.0.0.1"}
{"bytes":123,"port":40020,"reason":"fin","src":"10.0.0.1"}
{"bytes":143,"port":40030,"reason":"fin","src":"10.0.0.1"}
{"bytes":3170,"port":40040,"reason":"fin","src":"10.0.0.1"}
{"bytes":127,"port":40050,"reason":"fin","src":"10.0.0.1"}
{"bytes":127,"port":40051,"reason":"fin","src":"10.0.0.1"}
{"bytes":127,"port":40052,"reason":"fin","src":"10.0.0.1"}]] },
    },
    see = { "records" },
  },
  {
    name = "mos.hash", gives = "hash",
    args = { { "kind", "text", "\"md5\", \"sha1\" or \"sha256\"", valid = '"md5"' } },
    result = "A running hash. `hash:update(bytes)` takes in bytes, `hash:hex()` ends it.",
    raised = { { "EINVAL", "another kind" } },
    returned = { { "ENOMEM", "there is no memory" } },
    examples = {
      { capture = "web", text = "The SHA-256 of what each server sent:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "portrange 40000-40019" })
watch:on(mos.ON_CONN_START, function(flow) flow.ctx = mos.hash "sha256" end)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)
  if side == mos.SIDE_CLI then flow.ctx:update(data) end
  flow:consume(side, #data)
end)
watch:on(mos.ON_CONN_END, function(flow)
  print(flow.cli.port, flow.ctx:hex())
end)]], output = [[
40000   c9a3a1918c50a6e420d25686605350f0d4f67d5065b6b8af981217d0472a05da
40010   e87293e8c89b29507e79e641e622776cde5dc92b29acc34ef6ffe71e663b605f]] },
    },
    see = { "hash:update", "hash:hex" },
  },
  {
    name = "mos.stats", gives = "counters",
    args = {},
    result = "A fresh table of all counters by name, as they are now. Those of checksums are "
      .. "missing under `-C`, the drops of interfaces where nobody knows them.",
    examples = {
      { capture = "web-loss", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_GAP, function() end)
mos.on_exit(function()
  local n = mos.stats()
  print(n.packets, n.flows, n.retransmitted, n.gaps, n.gap_bytes)
end)]], output = [[
98      8       0       2       219]] },
    },
    see = { "counters" },
  },
  {
    name = "mos.source", result = "",
    notes = "As it was given to -r or -i; \"-\" is standard input. When a further -r file makes "
      .. "the flows of the one before end, it names the new one already.",
    examples = {
      { capture = "ipv6", code = [[print(mos.source)]], output = [[
examples/captures/ipv6.pcap]] },
    },
    see = { "mos.args" },
  },
  {
    name = "mos.args", result = "",
    notes = [[
`--name=value` is `mos.args.name`, `--name` alone is "true", everything else stands in order from
`mos.args[1]` on. All are strings. A missing one is nil. All scripts of a run see the same table.]],
    examples = {
      { capture = "web", arguments = { "--port=443", "--verbose", "first" }, code = [[
print(mos.args.port, mos.args.verbose, mos.args[1], mos.args.missing)]], output = [[
443     true    first   nil]] },
    },
    see = { "mos.source", "scripts" },
  },
  {
    name = "timer:cancel", gives = "was_pending",
    args = {},
    result = "true when it would have fired (again); false when it has fired or was cancelled "
      .. "before.",
    raised = { { "EBADF", "called with a dot" } },
    see = { "mos.settimer", "mos.every" },
  },
  {
    name = "hash:update", gives = "hash",
    args = { { "bytes", "bytestring", "what to take in", valid = '"x"' } },
    result = "The hash itself, so that calls can be chained.",
    raised = { { "EINVAL", "neither string nor view; the hash has ended" },
      { "EBADF", "called with a dot" } },
    see = { "mos.hash", "hash:hex" },
  },
  {
    name = "hash:hex", gives = "text",
    args = {},
    result = "The digest in hexadecimal digits. The hash has ended then; asking again gives the "
      .. "same text.",
    raised = { { "EBADF", "called with a dot" } },
    see = { "mos.hash", "hash:update" },
  },
}
