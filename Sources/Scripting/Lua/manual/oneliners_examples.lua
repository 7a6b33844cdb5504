-- SPDX-License-Identifier: BSD-2-Clause
-- One-liners that people need, as `mos doc oneliners` shows them.
return {
  {
    file = "-e", capture = "small",
    text = [[
Who talks most with whom.]],
    code = [=[
on.conn_end(function(f) sum("bytes", f.bytes, f.cli.addr, f.svr.addr) end) top(5)]=],
    output = [=[
bytes:
  10.109.247.190  192.0.2.66   2490
  10.106.153.172  192.0.2.70   1958
  10.190.29.251   192.0.2.67   1877
  10.213.51.88    192.0.2.96   1842
  10.3.94.18      192.0.2.174  1718
  ... 53 more]=],
  },
  {
    file = "-e", capture = "web",
    text = [[
How long handshakes take.]],
    code = [=[
on.conn_end(function(f) thist("rtt", f.rtt) end)]=],
    output = [=[
rtt: 8 values, avg 17.6 us, max 37 us
[2 us, 5 us)            2 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[5 us, 10 us)           0 |                                                    |
[10 us, 20 us)          4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[20 us, 50 us)          2 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |]=],
  },
  {
    file = "-e", capture = "small",
    text = [[
The share of segments that each server sends again; that they are repeats is known at HK_RCV.]],
    code = [=[
on.pkt_in(HK_RCV, function(f, side)
  if side == SIDE_CLI then avg("sent again", f:packet().rexmit and 1 or 0, f.svr.addr) end
end) top(3)]=],
    output = [=[
sent again:
  192.0.2.215  0.2       (count 5, total 1)
  192.0.2.70   0.2       (count 5, total 1)
  192.0.2.66   0.111111  (count 9, total 1)
  ... 51 more]=],
  },
  {
    file = "-e", capture = "small",
    text = [[
Segments that come ahead of others, by client.]],
    code = [=[
on.conn_end(function(f)
  local n = f.cli.out_of_order + f.svr.out_of_order
  if n > 0 then sum("out of order", n, f.cli.addr) end
end)]=],
    output = [=[
out of order:
  10.218.166.107  1]=],
  },
  {
    file = "-e", capture = "slow-reader",
    text = [[
Who cannot keep up: windows that were closed, and for how long.]],
    code = [=[
on.zero_window(function(f, side, event, arg)
  if arg.duration then
    sum("stalled", arg.duration, side == SIDE_CLI and f.cli.addr or f.svr.addr)
  end
end)]=],
    output = [=[
stalled:
  10.0.0.1  1.22746]=],
  },
  {
    file = "-e", capture = "web",
    text = [[
Slow servers: from the first byte of the question to the first of the answer.]],
    code = [=[
on.conn_end(function(f) thist("response", f.response_time, f.svr.addr) end)]=],
    output = [=[
response:
  10.0.0.2: 8 values, avg 672 us, max 2.8 ms
[200 us, 500 us)        6 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[500 us, 1 ms)          1 |@@@@@@@@                                            |
[1 ms, 2 ms)            0 |                                                    |
[2 ms, 5 ms)            1 |@@@@@@@@                                            |]=],
  },
  {
    file = "-e", capture = "web",
    text = [[
The first byte of the server, since the SYN.]],
    code = [=[
on.conn_end(function(f) max("first byte", f.svr.first_byte, f.svr.addr, f.svr.port) end)]=],
    output = [=[
first byte:
  10.0.0.2  80  0.003199]=],
  },
  {
    file = "-e", capture = "resets",
    text = [[
How connections end.]],
    code = [=[
on.conn_end(function(f) count("ended", f.end_reason) end)]=],
    output = [=[
ended:
  reset    2
  refused  1]=],
  },
  {
    file = "-e", capture = "resets",
    text = [[
Connections that were refused.]],
    code = [=[
on.conn_end(function(f)
  if f.end_reason == "refused" then count("refused", f.svr.addr, f.svr.port) end
end)]=],
    output = [=[
refused:
  10.0.0.2  81  1]=],
  },
  {
    file = "-e", capture = "resets",
    text = [[
Who resets.]],
    code = [=[
on.raw("tcp[tcpflags] & tcp-rst != 0", function(p) count("reset", p.ip.src) end)]=],
    output = [=[
reset:
  10.0.0.2  2
  10.0.0.1  1]=],
  },
  {
    file = "-e", capture = "resets",
    text = [[
Who scans: how many ports and hosts a source asks for.]],
    code = [=[
on.conn_start(function(f)
  distinct("ports", f.svr.port, f.cli.addr)
  distinct("hosts", f.svr.addr, f.cli.addr)
end)]=],
    output = [=[
hosts:
  10.0.0.1  1

ports:
  10.0.0.1  3]=],
  },
  {
    file = "-e", capture = "scan",
    text = [[
SYNs that nobody answers.]],
    code = [=[
on.conn_end(function(f)
  if f.svr.packets == 0 then count("half-open", f.svr.port) end
end)]=],
    output = [=[
half-open:
  80   31
  443  29]=],
  },
  {
    file = "-e", capture = "web-vlan",
    text = [[
Bytes by VLAN.]],
    code = [=[
on.raw(function(p) sum("bytes", p.len, p.vlan) end)]=],
    output = [=[
bytes:
  42  30568]=],
  },
  {
    file = "-e", capture = "web",
    text = [[
How long connections last.]],
    code = [=[
on.conn_end(function(f) thist("duration", f.duration) end)]=],
    output = [=[
duration: 8 values, avg 1.34 ms, max 4.15 ms
[500 us, 1 ms)          4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[1 ms, 2 ms)            3 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@             |
[2 ms, 5 ms)            1 |@@@@@@@@@@@@@                                       |]=],
  },
  {
    file = "-e", capture = "small",
    text = [[
Packet sizes.]],
    code = [=[
on.raw(function(p) hist("size", p.len) end)]=],
    output = [=[
size: 500 values, avg 212.77, max 1514
[64, 128)             386 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[128, 256)              9 |@                                                   |
[256, 512)             48 |@@@@@@                                              |
[512, 1K)              27 |@@@                                                 |
[1K, 2K)               30 |@@@@                                                |]=],
  },
  {
    file = "-e", capture = "tls",
    text = [[
Names that TLS clients ask for, from the first bytes that the server gets.]],
    code = [=[
on.new_data("port 443", function(f, side, event, data)
  if side == SIDE_SVR and data.offset == 0 then count("name", tls_sni(data)) end
end)]=],
    output = [=[
name:
  www.example.com   2
  mail.example.com  1
  shop.example.com  1]=],
  },
  {
    file = "-e", capture = "web",
    text = [[
Hosts of HTTP requests, all those of a connection.]],
    code = [=[
on.new_data(function(f, side, event, data)
  if side == SIDE_SVR then count("host", http_host(data)) end
end)]=],
    output = [=[
host:
  www.example.com  9]=],
  },
  {
    file = "-e", capture = "datagrams",
    text = [[
Names that are asked for by DNS.]],
    code = [=[
on.raw("udp dst port 53", function(p) count("name", dns_name(p.payload)) end)]=],
    output = [=[
name:
  ftp.example.com    1
  quiet.example.com  1
  six.example.com    1
  www.example.com    1]=],
  },
  {
    file = "-e", capture = "web",
    text = [[
New connections, every hundredth of a second; `on.interval(1)` is more usual.]],
    code = [=[
on.conn_start(function() count("connections") end) on.interval(0.01)]=],
    output = [=[
2026-11-22 11:23:29.930 UTC
connections: 1

2026-11-22 11:23:29.940 UTC
connections: 2

2026-11-22 11:23:29.950 UTC
connections: 2

connections: 3]=],
  },
  {
    file = "-e", capture = "web-loss",
    text = [[
What is missing of streams.]],
    code = [=[
on.gap(function(f, side, event, arg)
  sum("lost", arg.length, f.svr.addr, f.cli.port)
end)]=],
    output = [=[
lost:
  10.0.0.2  40030  143
  10.0.0.2  40000   76]=],
  },
  {
    file = "-e", capture = "small",
    text = [[
Hop limits, by version.]],
    code = [=[
on.raw("ip or ip6", function(p) count("ttl", p.ip.version, p.ip.ttl) end)]=],
    output = [=[
ttl:
  4  64  450
  6  64   50]=],
  },
  {
    file = "-e", capture = "tls",
    text = [[
Maximum segment sizes of clients and servers.]],
    code = [=[
on.conn_end(function(f) count("mss", f.cli.mss, f.svr.mss) end)]=],
    output = [=[
mss:
  1460  1460  4]=],
  },
  {
    file = "-e", capture = "datagrams",
    text = [[
What ICMP says cannot be reached, and why.]],
    code = [=[
on.raw("icmp[0] == 3", function(p)
  local q = p.icmp.quoted
  if q then count("unreachable", q.dst, q.dport, "code " .. p.icmp.code) end
end)]=],
    output = [=[
unreachable:
  10.0.0.2  54  code 3  1]=],
  },
  {
    file = "-e", capture = "resets", format = "json",
    text = [[
As records, for other programs.]],
    code = [=[
on.conn_end(function(f) count("ended", f.end_reason) end)]=],
    output = [=[
{"key":"reset","kind":"count","name":"ended","value":2}
{"key":"refused","kind":"count","name":"ended","value":1}]=],
  },
}
