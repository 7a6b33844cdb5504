-- SPDX-License-Identifier: BSD-2-Clause
-- Packets and their headers, views, handles, the last argument of callbacks.
return {
  {
    name = "packet", short = "packet", schema = "packet", section = "packet", also = { "pkt" },
    title = "the packet in hand",
    text = [[
`flow:packet()` and `s:packet()` give it. It is valid until the callback returns; then its fields
raise EFAULT. It is one object that is used again: keep numbers and strings, not the packet.]],
    notes = [[
`bad_checksum` and broken headers can be seen from RAW sockets only: such a packet reaches no flow
and is no orphan. Of a packet in a tunnel the fields are those of the innermost IP packet.]],
    examples = { { capture = "web-vlan", code = [[
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
raw:on(mos.ON_PKT_IN, function(s)
  local p = s:packet()
  if p.number > 2 then return end
  print(p.number, ("%.6f"):format(p.ts), p.len, p.caplen, p.vlan, p.ip.ttl)
  print(p.eth.src, p.eth.dst, ("0x%04x"):format(p.eth.type))
end)]], output = [[
1       1795346609.923377       78      78      42      64
02:00:00:00:00:01       02:00:00:00:00:02       0x0800
2       1795346609.923402       78      78      42      64
02:00:00:00:00:02       02:00:00:00:00:01       0x0800]] } },
    see = { "mos.getlastpkt", "packet.tcp", "view" },
  },
  {
    name = "packet.eth", short = "packet.eth", schema = "eth", section = "headers",
    also = { "pkt.eth", "eth" }, title = "the Ethernet header of the packet in hand",
    text = "nil where frames begin otherwise. Addresses are text: \"00:1b:21:3c:9d:f8\".",
    examples = { { capture = "web-vlan", code = [[
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
raw:on(mos.ON_PKT_IN, function(s)
  local eth = s:packet().eth
  if s:packet().number == 1 then
    print(#eth.src, #eth.dst, ("0x%04x"):format(eth.type))
  end
end)]], output = [[
17      17      0x0800]] } },
    see = { "packet", "packet.vlan" },
  },
  {
    name = "packet.ip", short = "packet.ip", schema = "ip", section = "headers",
    also = { "pkt.ip", "ip" }, title = "the IP header of the packet in hand, of version 4 or 6",
    text = "nil for what is not IP. Of tunnelled packets the innermost.",
    examples = { { capture = "datagrams", code = [[
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
raw:on(mos.ON_PKT_IN, function(s)
  local p, ip = s:packet(), s:packet().ip
  if p.number ~= 1 and p.number ~= 5 then return end
  print(ip.version, ip.src, ip.dst, #ip.src_bytes, ip.dst_bytes:byte(-1))
  print(ip.proto, ip.ttl, ip.tos, ip.len, ip.id)
end)]], output = [[
4       10.0.0.1        10.0.0.2        4       2
17      64      0       61      61243
6       fd00::1 fd00::2 16      2
17      64      0       81      nil]] } },
    see = { "packet", "packet.tunnel", "packet.fragment" },
  },
  {
    name = "packet.tcp", short = "packet.tcp", schema = "tcp", section = "headers",
    also = { "pkt.tcp", "tcp" }, title = "the TCP header of the packet in hand",
    text = "nil when the packet is not TCP, or its header is cut or broken. Numbers are as in "
      .. "the header: 32-bit sequence numbers wrap, the window is not scaled.",
    examples = { { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
watch:on(mos.ON_PKT_IN, function(flow)
  local p, tcp = flow:packet(), flow:packet().tcp
  if p.number > 4 then return flow:close() end
  print(tcp.sport, tcp.dport, tcp.seq, tcp.ack, tcp.flags, tcp:has "SA",
    tcp.window, tcp.header_len)
  print("", tcp.mss, tcp.wscale, tcp.sack_permitted, tcp.tsval, tcp.tsecr)
end)]], output = [[
40000   80      2763792596      0       2       false   64240   40
        1460    10      true    3769509311      0
80      40000   1610690587      2763792597      18      true    65160   40
        1460    10      true    1498647803      3769509311
40000   80      2763792597      1610690588      16      false   63      32
        nil     nil     false   3769509311      1498647803
40000   80      2763792597      1610690588      24      false   63      32
        nil     nil     false   3769509312      1498647803]] },
      { capture = "slow-reader", text = "SACK blocks:", file = "sack", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_PKT_IN, function(flow)
  local sack = flow:packet().tcp.sack
  if sack then print(flow:packet().number, #sack, sack[1][2] - sack[1][1]) end
end)]], output = [[
17      1       1448
44      1       1448]] } },
    see = { "packet", "packet.offset", "flow.cli.isn" },
  },
  {
    name = "packet.udp", short = "packet.udp", schema = "udp", section = "headers",
    also = { "pkt.udp", "udp" }, title = "the UDP header of the packet in hand",
    text = "nil when the packet is not UDP, or cut within the header.",
    examples = { { capture = "datagrams", code = [[
local dns = mos.socket(mos.SOCK_MONITOR_FLOW)
mos.bind_filter(dns, { syn = "udp dst port 53" })
dns:on(mos.ON_PKT_IN, function(flow, side)
  local p = flow:packet()
  print(side == mos.SIDE_CLI and "asks" or "answers", p.udp.sport, p.udp.dport,
    p.udp.len, p.payload:u16(0))
end)]], output = [[
asks    40400   53      41      1
answers 53      40400   57      1
asks    40400   53      41      2
answers 53      40400   57      2
asks    40401   53      41      3
answers 53      40401   57      3
asks    40402   53      43      4]] } },
    see = { "packet", "packet.payload" },
  },
  {
    name = "packet.icmp", short = "packet.icmp", schema = "icmp", section = "headers",
    also = { "pkt.icmp", "icmp" }, title = "the header of an ICMP or ICMPv6 message in hand",
    text = "nil for other packets. An error (RFC 792, RFC 4443) quotes the packet that it is "
      .. "about.",
    examples = { { capture = "datagrams", code = [[
local flows = mos.socket(mos.SOCK_MONITOR_FLOW)
flows:on(mos.ON_PKT_IN, function(flow)
  local icmp = flow:packet().icmp
  if not icmp or not icmp.quoted then return end
  local q = icmp.quoted
  print(icmp.type, icmp.code, q.proto, q.src, q.sport, q.dst, q.dport)
  print(icmp.about, icmp.about.cli.packets)
end)]], output = [[
3       3       udp     10.0.0.1        40403   10.0.0.2        54
10.0.0.1:40403 > 10.0.0.2:54    1]] } },
    see = { "packet", "mos.find_flow", "SOCK_MONITOR_FLOW" },
  },
  {
    name = "view", short = "view", schema = "view", section = "view", title = "bytes in place",
    text = [[
`flow:view(side)`, `packet.payload` and `packet.frame` give one. `#view` is its length,
`tostring(view)` all bytes as a string. Byte offsets count from 0, positions from 1 as in Lua's
strings.]],
    notes = [[
A view is valid until its callback returns, or until a call moves bytes: `consume`, `peek`,
setting a buffer size, STOP_MON, `close`. Afterwards every access raises EFAULT. There is one
reusable view for each side, one for a packet's payload and one for its frame; `slice` makes a new
one.

`#`, `starts`, `find` and `u8` to `u64` make no garbage; `sub`, `line` and `tostring` make
strings.]],
    examples = { { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40030" })
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  if side == mos.SIDE_CLI then return end
  local data = flow:view(side)
  print(data.offset, #data, data:starts "POST ", data:find "HTTP/")
  print(data:u8(0), data:u16(0), data:u32(0), data:u64(0))
  print(data:sub(1, 4), data:sub(-3), data:line(), data:slice(6, 4):sub())
  local _, problem = pcall(data.u8, data, #data)
  print(problem:match "%((E%u+)%)")
  flow:consume(side, #data)
  _, problem = pcall(data.u8, data, 0)
  print(problem:match "%((E%u+)%)")
end)]], output = [[
0       164     true    12      16
80      20559   1347375956      5.7869356669767e+18
POST    r=1     POST /form HTTP/1.1     form
ERANGE
EFAULT]] } },
    see = { "mos.view", "packet.payload", "reading", "ffi" },
  },
  {
    name = "timer", short = "timer", schema = "timer", section = "handles",
    title = "what mos.settimer and mos.every make",
    text = "A timer in packet time, and the argument of its function.",
    examples = { { capture = "web", code = [[
local once = mos.settimer(0.001, function(timer) print(timer) end)
local never = mos.settimer(0.002, function() print "never" end)
print(never:cancel(), never:cancel())
mos.on_exit(function() print(once:cancel()) end)]], output = [[
true    false
timer (after 0.001 s)
false]] } },
    see = { "mos.settimer", "mos.every", "time" },
  },
  {
    name = "hash", short = "hash", schema = "hash", section = "handles",
    title = "what mos.hash makes: a running digest",
    text = "It takes in strings and views until its digest is asked for.",
    examples = { { capture = "web", code = [[
local hash = mos.hash "md5"
print(hash:update("hello "):update("world"):hex())]], output = [[
5eb63bbbe01eeed093cb22bb8f5acdc3]] } },
    see = { "mos.hash" },
  },
  {
    name = "arg", short = "arg", schema = "arg", section = "handles",
    title = "the last argument of callbacks of ON_ERROR, ON_GAP and ON_ZERO_WINDOW",
    text = "Read its fields inside the callback: it shows the event in hand. User-defined events "
      .. "hand on what mos.define_event was given instead, if anything.",
    examples = { { capture = "web-loss", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local function show(_, _, event, arg)
  print(event == mos.ON_GAP, arg.offset, arg.length, arg.reason, arg.code)
end
watch:on(mos.ON_GAP, show)
watch:on(mos.ON_ERROR, show)]], output = [[
true    72      76      missed  nil
true    0       143     missed  nil]] } },
    see = { "ON_ERROR", "ON_GAP", "ON_ZERO_WINDOW" },
  },
}
