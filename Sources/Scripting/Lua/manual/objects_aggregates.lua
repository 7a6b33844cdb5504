-- SPDX-License-Identifier: BSD-2-Clause
-- The aggregates. Their members come from the schema.
local raw = "local raw = mos.socket(mos.SOCK_MONITOR_RAW)\n"
local READ = [[


What all workers know can be read in the functions of mos.on_report and mos.on_interval; `own()`
reads what this worker knows at any time.]]

local function object(name, title, text, code, output)
  return { name = name, short = name, schema = name, section = "aggregates", title = title,
    text = text .. READ, examples = { { capture = "web", code = raw .. code, output = output } },
    see = { "mos." .. name, "mos.on_report", "mos.on_interval", "aggregates" } }
end

return {
  object("counter", "what mos.counter makes: sums by key", [[
A sum for each key; a key has a part for each label. Writing costs a few nanoseconds and makes no
garbage.]], [[
local packets, bytes = mos.counter "packets", mos.counter("bytes", { "src", "dst" })
raw:on(mos.ON_PKT_IN, function(s)
  local packet = s:packet()
  packets:count()
  bytes:add(packet.len, packet.ip.src, packet.ip.dst)
end)
mos.on_report(function()
  print(packets, packets.name, packets:value())
  for src, dst, n in bytes:each() do print(src, dst, n) end
  for src, dst, n in bytes:top(1) do print("most", src, dst, n) end
  print(bytes:value("10.0.0.1", "10.0.0.2"), bytes:own():value("10.0.0.9", "10.0.0.2"))
end)]], [[
counter packets packets 103
10.0.0.1        10.0.0.2        4475
10.0.0.2        10.0.0.1        25681
most    10.0.0.2        10.0.0.1        25681
4475    0]]),
  object("gauge", "what mos.gauge makes: values that go up and down, by key", [[
A value for each key; a key has a part for each label.]], [[
local level, last = mos.gauge("level", { "host" }), mos.gauge("last", { keep = "last" })
raw:on(mos.ON_PKT_IN, function(s)
  local packet = s:packet()
  level:add(1, packet.ip.src)
  level:add(-1, packet.ip.dst)
  last:set(packet.len)
end)
mos.on_report(function()
  print(last, last.name, last:value(), last:own():value())
  for host, v in level:each() do print(host, v) end
  for host, v in level:top(1) do print("most", host, v) end
end)]], [[
gauge last      last    66      66
10.0.0.1        7
10.0.0.2        -7
most    10.0.0.1        7]]),
  object("histogram", "what mos.histogram makes: how values are distributed, by key", [[
Number, sum, least and largest of the values of each key, and how many there are in each bucket.]],
  [[
local len = mos.histogram("len", { "src" })
raw:on(mos.ON_PKT_IN, function(s)
  local packet = s:packet()
  len:add(packet.len, packet.ip.src)
end)
mos.on_report(function()
  print(len, len.name, len:own():count "10.0.0.2")
  for src, n in len:each() do
    print(src, n, len:sum(src), len:min(src), len:max(src), len:quantile(0.9, src))
  end
  for src in len:top(1) do print("most", src, len:count(src), len:avg(src)) end
  for lower, upper, n in len:buckets "10.0.0.1" do print(lower, upper, n) end
end)]], [[
histogram len   len     48
10.0.0.1        55      4475    66      230     148
10.0.0.2        48      25681   66      1514    1493
most    10.0.0.1        55      81.363636363636
64      68      38
72      76      8
136     144     3
144     152     5
224     232     1]]),
  object("topk", "what mos.topk makes: the keys that count most", [[
The keys with the largest sums, in bounded memory; each sum comes with what it may lack.]], [[
local ports = mos.topk("ports", { "port" })
raw:on(mos.ON_PKT_IN, function(s)
  ports:count(s:packet().tcp.sport)
  ports:add(0, s:packet().tcp.dport)
end)
mos.on_report(function()
  print(ports, ports.name, ports:error(), ports:own():value(80))
  for port, packets, lacks in ports:top(3) do print(port, packets, lacks) end
  local keys = 0
  for _ in ports:each() do keys = keys + 1 end
  print(keys, "keys; port 81:", ports:value(81))
end)]], [[
topk ports      ports   0       48      0
80      48      0
40000   11      0
40040   8       0
9       keys; port 81:  0       0]]),
  object("distinct", "what mos.distinct makes: how many different values, by key", [[
The number of different values of each key: exact while they are few, then an estimate.]], [[
local peers = mos.distinct("peers", { "host" })
raw:on(mos.ON_PKT_IN, function(s)
  local packet = s:packet()
  peers:add(packet.tcp.dport, packet.ip.src)
end)
mos.on_report(function()
  print(peers, peers.name, peers:value "10.0.0.2", peers:own():value "10.0.0.9")
  for host, n in peers:each() do print(host, n) end
  for host, n in peers:top(1) do print("most", host, n) end
end)]], [[
distinct peers  peers   8       0
10.0.0.1        1
10.0.0.2        8
most    10.0.0.2        8]]),
}
