-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls that `mos test` and `mos bench` run.
return {
  {
    name = "mos.test", title = "declares a test of the script, which `mos test` runs",
    args = {
      { "name", "text", "what it is about, a line of its own in the file", valid = '"a name"' },
      { "options", "table", "`capture` (a path, from the script's folder on) with `filter`; "
        .. "`settings`, as --set has them, with `_` for the points of their names; `args`, those "
        .. "of the script; `inline`: true, "
        .. '"fail-open", "fail-closed"; `expect`: what the functions of t.expect take, by name' },
      { "fn", "fn", "called as `fn(t)`: packets and expectations" },
    },
    result = "Nothing. In every other run than that of `mos test` fn is never called, and nothing "
      .. "is made of it.",
    raised = { { "EINVAL", "`name` is no text, `options` no table, `fn` no function" },
      { "EEXIST", "there is a test of that name" }, { "EBUSY", "the run has begun" } },
    notes = [[
The page `test` shows how tests are written and run, `ladder` all that can be said about packets,
`expect` what can be expected.

Each test has a Lua state and an engine of its own: the script is loaded anew, its packets go the
way of every run, and what it did is gone behind it.]],
    examples = { { test = true, file = "lines", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)
  local path = data:starts "GET " and data:line():match "GET (%S+)"
  if path then mos.emit("http", { path = path }) end
  flow:consume(side, #data)
end)

mos.test("finds the path of a request", function(t)
  t.syn() t.synack() t.ack()
  t.data "GET /index.html HTTP/1.1\r\n\r\n"
  t.svr.ack()
  t.expect.records { { path = "/index.html" } }
end)

mos.test("a path may come in two segments", function(t)
  t.handshake()
  t.data "GET /index"
  t.data ".html HTTP/1.1\r\n\r\n"
  t.expect.records { { path = "/index.html" } }
end)]], output = [[
lines.lua
  ok    finds the path of a request
  FAIL  a path may come in two segments
        error in a callback: lines.lua:4: attempt to index a nil value
            4 |   local path = data:starts "GET " and data:line():match "GET (%S+)"
              |   ^
            lines.lua:4: in the function of line 2
            event ON_CONN_NEW_DATA, SIDE_SVR, flow 10.0.0.1:40000 > 10.0.0.2:80]] } },
    see = { "test", "ladder", "expect", "mos.bench" },
  },
  {
    name = "mos.bench", title = "declares traffic on which `mos bench` measures the script",
    args = {
      { "name", "text", "what it is about", valid = '"a name"' },
      { "options", "table", "`capture` with `filter`, or `profile` with `flows` and `seed`, where "
        .. "no function makes the packets; `packets` (100000); `settings`, `args` as in mos.test" },
      { "fn", "fn", "called as `fn(b)` again and again, each time with other addresses, until "
        .. "there are enough packets; b has all of `ladder`" },
    },
    result = "Nothing. In every other run than that of `mos bench` fn is never called.",
    raised = { { "EINVAL", "`name` is no text, `options` no table, `fn` no function" },
      { "EEXIST", "there is a bench of that name" }, { "EBUSY", "the run has begun" } },
    examples = { { capture = "web", code = [[
mos.bench("requests", function(b)
  b.handshake()
  b.data "GET / HTTP/1.1\r\n\r\n"
  b.svr.data("HTTP/1.1 200 OK\r\n\r\n" .. ("x"):rep(1000))
  b.close()
end)
mos.bench("a capture", { capture = "captures/web.pcap", filter = "tcp port 80" })
mos.bench("many short ones", { profile = "small", packets = 200000 })]], output = "" } },
    see = { "bench", "ladder", "mos.test", "speed" },
  },
}
