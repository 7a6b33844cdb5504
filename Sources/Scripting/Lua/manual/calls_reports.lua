-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls that declare aggregates and report what all workers know.
local NAME = { "name", "text", "letters, digits and _; the aggregates of all workers with that "
  .. "name are one. No other of its kind may have it", valid = '"x"' }

local function labels(more)
  return { "labels", "table", [[
names of the parts of a key, at most 8; also options by name: `keys` (100000), how many keys there
may be; `help`, a text]] .. (more or "") }
end

local RAISED = {
  { "EINVAL", "`name` or a label is no name, there are too many labels, an option does not exist "
    .. "or is out of range" },
  { "EEXIST", "there is one of this kind and name already" },
  { "EBUSY", "the run has begun: all workers must declare the same, at the script's top level" },
}

local watch = "local watch = mos.socket(mos.SOCK_MONITOR_STREAM)\n"

return {
  {
    name = "mos.counter", gives = "counter", args = { NAME, labels() }, raised = RAISED,
    result = "A counter: a sum for each key, or one without labels.",
    notes = "Keys beyond `keys` are not taken in; `aggregate_keys_refused` of mos.stats tells how "
      .. "often, and the first time is said.",
    examples = { { capture = "web", code = watch .. [[
local bytes = mos.counter("bytes", { "client", "port" })
watch:on(mos.ON_CONN_END, function(flow)
  bytes:add(flow.svr.unique_bytes, flow.cli.addr, flow.cli.port)
end)
mos.on_report(function()
  for client, port, n in bytes:top(3) do print(client, port, n) end
end)]], output = [[
10.0.0.1        40000   18492
10.0.0.1        40040   3170
10.0.0.1        40030   143]] } },
    see = { "counter", "mos.on_report", "aggregates" },
  },
  {
    name = "mos.gauge", gives = "gauge", raised = RAISED,
    args = { NAME, labels "; `keep`: \"sum\", \"last\", \"max\" or \"min\"" },
    result = "A gauge: a value for each key, or one without labels.",
    notes = [[
`keep` says what one value becomes of those that several workers set: their sum (the default, for
what workers add to and take from), the one set last in packet time, the largest or the smallest
that was ever set.]],
    examples = { { capture = "web", code = watch .. [[
local open, longest = mos.gauge "open", mos.gauge("longest", { keep = "max" })
watch:on(mos.ON_CONN_START, function() open:add(1) end)
watch:on(mos.ON_CONN_END, function(flow)
  open:add(-1)
  longest:set(flow.duration)
end)
mos.on_report(function() print(open:value(), longest:value()) end)]], output = [[
0       0.00415]] } },
    see = { "gauge", "mos.on_report", "aggregates" },
  },
  {
    name = "mos.histogram", gives = "histogram", raised = RAISED,
    args = { NAME, labels [[; `bounds`: a list of growing numbers; `linear`: {from, to, step}]] },
    result = "A histogram: how values are distributed, for each key, or one without labels.",
    notes = [[
Buckets: by default each power of two from 2^-34 to 2^62 has 16 of the same width, and there is one
each for negative values, for zero, and for what is smaller or larger. `bounds = {10, 100}` has
three: below 10, 10 to below 100, 100 and above; `bounds = {}` keeps count, sum, min, max and avg
alone. `linear = {0, 1500, 100}` has one for each 100, one below 0 and one from 1500 on. There may
be 4096.

A key takes 16 buckets at a time, where values come. When a histogram has taken 128 MiB of them,
values that need more are not taken in, as with keys that are too many.]],
    examples = {
      { capture = "web", code = watch .. [[
local rtt = mos.histogram "rtt"
watch:on(mos.ON_CONN_END, function(flow)
  if flow.handshake_rtt then rtt:add(flow.handshake_rtt * 1e6) end
end)
mos.on_report(function()
  print(rtt:count(), rtt:min(), rtt:avg(), rtt:max())
  print(("median %.0f, 90 %% within %.0f us"):format(rtt:quantile(0.5), rtt:quantile(0.9)))
end)]], output = [[
8       4       17.625  37
median 19, 90 % within 37 us]] },
      { capture = "web", text = "Lengths of packets by steps:", code = [[
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
local len = mos.histogram("len", { bounds = { 100, 1000 } })
raw:on(mos.ON_PKT_IN, function(s) len:add(s:packet().len) end)
mos.on_report(function()
  for lower, upper, n in len:buckets() do print(lower, upper, n) end
end)]], output = [[
-inf    100     70
100     1000    19
1000    inf     14]] },
    },
    see = { "histogram", "histogram:quantile", "mos.on_report", "aggregates" },
  },
  {
    name = "mos.topk", gives = "topk", raised = RAISED,
    args = { NAME, labels "; without labels a key has one part" },
    result = "What keeps the keys with the largest sums, and forgets others.",
    notes = [[
While there are no more than `keys` keys, sums are exact, and the same for any number of workers.
When a new key finds no room, the half with the smallest sums is dropped. From then on a sum may
lack what its key had before: each comes with the most that may be, and `error()` is the most that
any dropped key may have had. What is larger than that is there for certain.]],
    examples = { { capture = "web", code = [[
local raw, talkers = mos.socket(mos.SOCK_MONITOR_RAW), mos.topk("talkers", { "from", "to" })
raw:on(mos.ON_PKT_IN, function(s)
  local packet = s:packet()
  talkers:add(packet.len, packet.ip.src, packet.ip.dst)
end)
mos.on_report(function()
  for from, to, bytes, lacks in talkers:top(10) do print(from, to, bytes, lacks) end
end)]], output = [[
10.0.0.2        10.0.0.1        25681   0
10.0.0.1        10.0.0.2        4475    0]] } },
    see = { "topk", "mos.on_report", "aggregates" },
  },
  {
    name = "mos.distinct", gives = "distinct", raised = RAISED,
    args = { NAME, labels [[; `error`: the standard error, 0.002 to 0.13, or `precision`: its bits,
6 to 18 (12)]] },
    result = "What tells how many different values there were, for each key, or one without "
      .. "labels.",
    notes = [[
Up to 192 values the number is exact; beyond it is estimated from 2^precision registers, a byte
each, with a standard error of 1.04 / 2^(precision / 2): 1.6 % by default. It is the same for any
order of the values and any number of workers. Values are told apart by type and bytes, by a hash of
64 bits that is no secret: whoever chooses the values can mislead it.

When the registers of an aggregate take 128 MiB, values that need more are not taken in, as with
keys that are too many.]],
    examples = { { capture = "web", code = [[
local raw, ports = mos.socket(mos.SOCK_MONITOR_RAW), mos.distinct("ports", { "host" })
raw:on(mos.ON_PKT_IN, function(s)
  local packet = s:packet()
  ports:add(packet.tcp.sport, packet.ip.src)
end)
mos.on_report(function()
  for host, n in ports:each() do print(host, n) end
end)]], output = [[
10.0.0.1        8
10.0.0.2        1]] } },
    see = { "distinct", "mos.on_report", "aggregates" },
  },
  {
    name = "mos.on_report",
    args = { { "fn", "fn", "called as `fn()`" } },
    result = "Nothing. Several functions run in the order of their calls.",
    raised = { { "EINVAL", "`fn` is no function" }, { "EBUSY", "the run has begun" } },
    notes = "It runs once, in worker 0, when all workers have ended and their `mos.on_exit` "
      .. "functions have run: aggregates and `mos.stats()` are those of all workers there. Other "
      .. "variables of the script are worker 0's own.",
    examples = { { capture = "web", code = watch .. [[
local reasons = mos.counter("reasons", { "reason" })
watch:on(mos.ON_CONN_END, function(flow) reasons:count(flow.end_reason) end)
mos.on_report(function()
  for reason, n in reasons:each() do print(reason, n) end
  print(mos.stats().packets, "packets")
end)]], output = [[
fin     8
103     packets]] } },
    see = { "mos.on_interval", "mos.on_exit", "aggregates" },
  },
  {
    name = "mos.on_interval",
    args = { { "seconds", "seconds", "the interval, in packet time: 0.001 to 10^6" },
      { "fn", "fn", "called as `fn(time)`, time in seconds" },
      { "options", "table", "`clear`: a list of aggregates that begin anew each time" } },
    result = "Nothing.",
    raised = { { "EINVAL", "`seconds` is no number, or out of range; `fn` is no function; an "
      .. "option does not exist" }, { "EBUSY", "the run has begun" } },
    notes = [[
It is due at the multiples of the interval since 1970, whatever the first packet's time, so that
workers, runs and machines agree. `fn` runs in worker 0, with aggregates and `mos.stats()` of all
workers as they were then. What is not in `clear` goes on from one report to the next.

When the clock jumps over several, the last one alone is reported. One that is not due by the last
packet is left to `mos.on_report`. On captures workers wait for each other, and `mos.now()` is the
interval's time; live nobody waits: `fn` runs as soon as all have handed in what they know.

After `errors_in_a_row` (10) errors in a row the function is not called again.]],
    examples = { { capture = "web", code = [[
local raw, packets = mos.socket(mos.SOCK_MONITOR_RAW), mos.counter "packets"
raw:on(mos.ON_PKT_IN, function() packets:count() end)
mos.on_interval(0.01, function(time)
  print(("%.6f"):format(time), packets:value(), mos.stats().packets)
end, { clear = { packets } })]], output = [[
1795346609.930000       29      64
1795346609.940000       20      64
1795346609.950000       15      103]] } },
    see = { "mos.on_report", "mos.every", "aggregates", "time" },
  },
  {
    name = "mos.worker", result = "",
    notes = "A script runs once in each worker, with variables of its own. Worker 0 is the one "
      .. "that reports.",
    examples = { { capture = "web", code = [[
mos.on_start(function()
  if mos.worker == 0 then print(mos.worker, mos.workers) end
end)]], output = [[
0       1]] } },
    see = { "mos.workers", "aggregates" },
  },
  {
    name = "mos.short", result = "", see = { "oneliners" },
    notes = "Code that is given with -e has these names anyway. `setfenv(1, mos.short)` on top of "
      .. "a script gives them to what stands below it, besides those of plain Lua and `mos`.",
    examples = { { capture = "web", code = [[
setfenv(1, mos.short)
on.conn_end(function(f) count("server", f.svr.addr, f.svr.port) end)]], output = [[
server:
  10.0.0.2  80  8]] } },
  },
  {
    name = "mos.workers", result = "",
    notes = "Both directions of a flow are one worker's.",
    examples = { { capture = "web", code = [[
-- A range of ports for each worker.
for port = 20000 + mos.worker, 20003, mos.workers do print(port) end]], output = [[
20000
20001
20002
20003]] } },
    see = { "mos.worker", "aggregates" },
  },
}
