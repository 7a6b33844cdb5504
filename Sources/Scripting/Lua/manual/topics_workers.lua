-- SPDX-License-Identifier: BSD-2-Clause
-- The topic about several workers.
return {
  {
    name = "aggregates", also = { "cores", "reports" },
    title = "what all workers know together: counters, histograms, reports",
    body = {
      { "DESCRIPTION", [[
Each worker runs the script in a state of its own and sees the flows that it owns: a variable of the
script knows of these alone. What is to be known of all of them is written to aggregates, without
locks, and read as one in reports.]], { defs = {
        { "mos.counter", "sums" },
        { "mos.gauge", "values that go up and down" },
        { "mos.histogram", "distributions: mean, quantiles, buckets" },
        { "mos.topk", "the keys with the largest sums, in bounded memory" },
        { "mos.distinct", "how many different values" },
        { "mos.on_interval", "a report every so many seconds of packet time" },
        { "mos.on_report", "the report at the end" } } } },
      { "RULES", [[
* They are declared at the script's top level, the same in every worker: name, labels and options
  are what matches them.
* A key is a string, a number or a boolean for each label.
* A key that is there costs nanoseconds and no garbage. Make no strings for keys per packet: give
  a label to each part.
* Memory is bounded: `keys` (100000) for each aggregate and worker. What finds no room is counted in
  `aggregate_keys_refused` and told at the end.
* What reports read does not depend on the number of workers, as long as no bound is met. Of gauges
  that holds for what `keep` says.
* Order is by key, or by value and then by key: the same in every run.]] },
    },
    examples = { { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local bytes = mos.counter("bytes", { "server" })
local time = mos.histogram("time", { "server" })
watch:on(mos.ON_CONN_END, function(flow)
  bytes:add(flow.svr.unique_bytes, flow.svr.addr)
  time:add(flow.duration, flow.svr.addr)
end)
mos.on_report(function()
  for server, n in bytes:top(10) do
    print(server, n, ("%.4f s"):format(time:quantile(0.5, server)))
  end
end)]], output = [[
10.0.0.2        22449   0.0008 s]] } },
    see = { "mos.on_report", "mos.on_interval", "mos.worker", "mos.workers", "mos.stats" },
  },
}
