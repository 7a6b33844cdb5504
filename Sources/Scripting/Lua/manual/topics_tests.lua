-- SPDX-License-Identifier: BSD-2-Clause
-- Topics about tests and benches of scripts.
local names = [[
local dns = mos.socket(mos.SOCK_MONITOR_FLOW)
mos.bind_filter(dns, { syn = "udp dst port 53" })
dns:on(mos.ON_CONN_END, function(flow)
  if flow.svr.packets == 0 then print("no answer to " .. flow.cli.addr) end
end)

mos.test("who gets no answer is told", function(t)
  local asked, answered = t.udp { client = "10.0.0.7:5353" }, t.udp()
  asked.data "a question"
  answered.data "another"
  answered.svr.data "its answer"
  t.wait(61)           -- longer than udp_timeout
  t.icmp().data "ping" -- a packet moves the clock
  t.expect.prints { "no answer to 10.0.0.7" }
end)]]

return {
  {
    name = "test", also = { "tests", "mos test" },
    title = "tests within scripts: how they are written and run",
    body = {
      { "DESCRIPTION", [[
A test stands in the script, behind what it tests, or in NAME_test.lua beside NAME.lua, which is
loaded before it. It says which packets come and what must have happened:

    mos.test("finds the request line", function(t)
      t.syn() t.synack() t.ack()          -- from client, server, client
      t.data "GET / HTTP/1.1\r\n\r\n"     -- from the client
      t.svr.ack()
      t.gap(1460)                         -- bytes that the capture misses
      t.expect.records { { method = "GET", path = "/" } }
    end)

    mos.test("a real capture", { capture = "web.pcap", filter = "tcp port 80" }, function(t)
      t.expect.golden()
    end)

`mos test` runs the tests of the scripts in the current directory and below, `mos test PATH...`
those of files and directories. Each test has a Lua state and an engine of its own. Frames have
right checksums, times are packet time: the result is the same on every machine.

The body of a test is run first; it only says what is to be. Then its packets go through the
engine. An expectation, and a function of t.check, is looked at in its place: when the packets
above it are done with; behind the last packet when the run is over, all flows have ended, and
on_exit and on_report have run.

An error of the script that no expectation takes fails the test. What the body and functions of
t.check print goes to standard error.]] },
      { "OPTIONS", { defs = {
        { "--filter PATTERN", "only tests whose name has that in it; with * and ? the whole name" },
        { "--list", "names instead of results" },
        { "--tap", "results in the Test Anything Protocol" },
        { "--junit FILE", "results as JUnit's XML, too" },
        { "--update", "writes golden files anew" },
        { "-v, --verbose", "what scripts write in each test" },
        { "--timeout SECONDS", "(60) of processor time, after which a test is taken for endless" },
        { "-- ARGUMENT...", "arguments of the scripts, where a test has no `args`" } } }, [[
Behind the results stand the callbacks that no test reached, by line and event. Exit codes: 0 all
passed, 2 usage, no tests, or a file that is not Lua, 4 a test failed.]] },
    },
    examples = { { test = true, file = "dns", code = names, output = [[
dns.lua
  ok    who gets no answer is told]] } },
    see = { "mos.test", "ladder", "expect", "bench" },
  },
  {
    name = "ladder", also = { "packets of tests" },
    title = "what tests and benches say about packets",
    body = {
      { "CONNECTIONS", [[
`t` is a connection from 10.0.0.1:40000 to 10.0.0.2:80 whose sequence numbers follow by
themselves. Its calls are the client's, `t.svr.data(...)` and so on the server's, `t.cli` is the
client by name.]], { defs = {
        { "t.syn(), t.synack(), t.ack()", "t.synack() comes from the server; t.svr.ack() "
          .. "acknowledges what the client has sent so far" },
        { "t.handshake()", "those three" },
        { "t.data(bytes)", "a segment with PSH and ACK; { mss = n } cuts it into several" },
        { "t.fin(), t.rst()", "with ACK" },
        { "t.close()", "FIN, FIN of the other end, ACK" },
        { "t.gap(n)", "n bytes are sent, and the capture misses them" },
        { "t.rexmit()", "the last segment of this end with SYN, data or FIN again" },
        { "t.segment{flags=, ...}", "any other" },
        { "t.conn{client=, server=}", "another connection with the same calls; left out, the next "
          .. "port of the same client" } } } },
      { "OPTIONS OF A SEGMENT", [[
A table behind the other arguments: `t.data("x", { seq = 5, after = 0.2 })`.]], { defs = {
        { "seq, ack", "from the ISN on: a SYN is at 0, the first byte at 1. What was sent behind "
          .. "it already stays the place where the next segment begins" },
        { "absolute", "true: seq and ack are as they stand in the header" },
        { "after, at", "seconds behind the packet before (0.001), or from the start on" },
        { "flags", "letters of FSRPAUEC" },
        { "window, urgent", "the fields of the header; 65535, 0" },
        { "mss, wscale, timestamps, options", "TCP options: numbers, true or {value, echo}, raw "
          .. "bytes" },
        { "sack", "true: permitted; or a list of blocks {from, to}, as seq counts" },
        { "data", "of t.rexmit and t.segment: other bytes" },
        { "ttl, tos, id", "fields of the IP header" },
        { "checksum, ip_checksum", '"bad", "none" (UDP), "offloaded", or the number' },
        { "cut", "the capture has kept so many bytes of the frame only" } } } },
      { "OPTIONS OF T.CONN", { defs = {
        { "client, server", '"10.0.0.1:40000", "[fd00::1]:80", or an address alone' },
        { "vlan", "a number, or a list, the outermost first" },
        { "client_isn, server_isn", "1000 and 5000" },
        { "mss, wscale, sack", "options of both SYNs" },
        { "timestamps", "true: of all segments, milliseconds of packet time" },
        { "window, ttl, tos", "of all segments" } } } },
      { "OTHER PACKETS", { defs = {
        { "t.udp{client=, server=, vlan=}", "two ends with `data(bytes)` and `svr.data(bytes)`; "
          .. "10.0.0.1:50000 and 10.0.0.2:53" },
        { "t.icmp{client=, server=, vlan=}", "the same: echo request and reply, or { type =, code "
          .. "=, id =, seq = } behind the bytes" },
        { "t.raw(bytes)", 'any frame, with { link = number, from = "svr" }' },
        { "t.hex(text)", "bytes from hexadecimal digits, with spaces between them" } } } },
      { "TIME", [[
The first packet comes at 1700000000 seconds, each other one a millisecond behind the one before.
`t.wait(seconds)` makes the next one that much later. Packets alone move the clock: what is due
behind the last one is not done. A test has at most 200000 packets.]] },
    },
    see = { "test", "expect", "bench", "time" },
  },
  {
    name = "expect", also = { "t.expect", "expectations" }, title = "what tests expect",
    body = {
      { "DESCRIPTION", [[
An expectation that is not met is a failure of the test, with its line, what was expected (-) and
what came (+); the test goes on. Records, lines and messages are those since the last expectation
of their kind; all others look at the run so far.]], { defs = {
        { "t.expect.records([stream,] list)", "records in order. Of each the fields that are "
          .. 'named are compared; { "http", path = "/" } names its stream, too' },
        { "t.expect.prints(list)", "lines that the script printed" },
        { "t.expect.messages(list)", "what is said on standard error, but for errors" },
        { "t.expect.error(text)", "one error of the script with that text in its message" },
        { "t.expect.errors(n)", "so many of them" },
        { "t.expect.calls{key = n}", 'how often callbacks ran. A key is an event ("ON_GAP"), the '
          .. 'line in which a function begins (42, "http.lua:42"), its name by mos.name, or the '
          .. "function itself" },
        { "t.expect.stats{name = n}", "counters of mos.stats" },
        { "t.expect.aggregate(name, [label...,] value)", "what a counter, gauge or other aggregate "
          .. "has under that key" },
        { "t.expect.sent([to,] list)", 'inline: the frames that left, to "cli" or "svr", or both. '
          .. "Each has to, proto, src, dst, data, len, ttl, vlan, and for TCP flags, seq, ack, "
          .. "window; bad_checksum, bad_ip_checksum when they are wrong. Judged at the end" },
        { "t.expect.golden()", "records and printed lines are those in NAME.golden/TEST.jsonl "
          .. "beside the script, which mos test --update writes" },
        { "t.check(fn)", "calls fn() in its place among the packets, for assert and all of Lua" },
      } }, [[
The option `expect` of mos.test has the same by name: { expect = { records = { ... }, stats = {
flows = 1 } } }.]] },
      { "IN THE PLACE OF A VALUE", { defs = {
        { "t.like(pattern)", "a string in which the Lua pattern is found" },
        { "t.near(number, tolerance)", "a number not further away (0.000001)" },
        { "t.any, t.absent", "anything; nothing" },
        { "t.exactly{...}", "a table with no other fields" },
        { "fn", "a function that returns true for it" } } } },
    },
    examples = { { test = true, file = "sizes", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local bytes = mos.counter("bytes", { "port" })
watch:on(mos.ON_CONN_END, function(flow)
  bytes:add(flow.cli.bytes, flow.svr.port)
  mos.emit("size", { bytes = flow.cli.bytes, seconds = flow.duration })
end)

mos.test("sizes by port", function(t)
  local c = t.conn { server = "10.0.0.2:8080", timestamps = true }
  c.handshake()
  c.data("hello", { after = 0.5 })
  c.close()
  t.expect.records { { "size", bytes = 5, seconds = t.near(0.505) } }
  t.expect.aggregate("bytes", 8080, 5)
  t.expect.calls { ON_CONN_END = 1 }
end)]], output = [[
sizes.lua
  ok    sizes by port]] } },
    see = { "test", "ladder", "records", "aggregates" },
  },
  {
    name = "bench", also = { "benches", "mos bench" }, title = "what a script costs, measured",
    body = {
      { "DESCRIPTION", [[
`mos bench [PATH]...` measures what scripts declare with mos.bench: on packets that a function
makes as in tests, on a capture again and again, or on a profile of `mos generate`.

The packets lie in memory. In each round they go through the engine twice: with the script, and
with its sockets but without its callbacks. The first fifth of them is not measured. Times are
processor time, the smallest, the median and the largest of all rounds; the ratio is that of two
runs of the same round, and holds best from machine to machine. Garbage is counted in a run in
which nothing is collected. Nothing is judged.]] },
      { "OPTIONS", { defs = {
        { "--rounds N", "(5) how often" },
        { "-c, --packets N", "how many, in the place of what benches say" },
        { "--filter TEXT", "only benches whose name has that in it" },
        { "--list", "names instead of measurements" } } } },
    },
    see = { "mos.bench", "ladder", "speed", "generate" },
  },
}
