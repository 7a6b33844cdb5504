-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of nat.lua: mos test examples
local function with(args)
  args.public = "203.0.113.1"
  return { inline = true, args = args }
end

mos.test("a connection leaves from the public address", with { ports = "20000-20001" }, function(t)
  local outside = t.conn { client = "203.0.113.1:20000" } -- the same, as the server sees it
  t.syn()
  outside.svr.synack()
  t.ack()
  t.data "hello"
  outside.svr.data("world", { ack = 6 })
  t.expect.sent("svr", {
    { flags = "S", src = "203.0.113.1:20000", dst = "10.0.0.2:80" },
    { flags = "A", src = "203.0.113.1:20000", seq = 1, ack = 1 },
    { data = "hello", src = "203.0.113.1:20000", bad_checksum = t.absent },
  })
  t.expect.sent("cli", {
    { flags = "SA", src = "10.0.0.2:80", dst = "10.0.0.1:40000" },
    { data = "world", dst = "10.0.0.1:40000", ack = 6, bad_checksum = t.absent },
  })
  t.expect.prints {
    "tcp 10.0.0.1:40000 > 10.0.0.2:80 leaves from 203.0.113.1:20000",
    "1 flows translated, 0 packets dropped for want of a port",
  }
end)

mos.test("a flow without a port is dropped", with { ports = "20000-20000" }, function(t)
  local first, second = t.udp(), t.udp()
  first.data "a"
  second.data "b"
  t.expect.sent { { proto = "udp", src = "203.0.113.1:20000", data = "a" } }
  t.expect.aggregate("refused", 1)
end)

mos.test("no inside address gets out", with {}, function(t)
  t.data "from the middle of a connection that nobody has seen"
  t.expect.sent {}
  t.expect.calls { ON_ORPHAN = 1 }
end)
