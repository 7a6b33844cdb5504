-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of tcp_health.lua: mos test examples
mos.test("a window that closes and opens", function(t)
  t.handshake()
  t.data "hello"
  t.svr.ack { window = 0 }
  t.svr.ack { window = 1000, after = 0.25 }
  t.expect.prints {
    t.like "10.0.0.2:80 closes its window$", t.like "opens its window after 250.000 ms$",
  }
  t.close() -- behind the last packet the lines of the end would be there, too
end)

mos.test("round-trip times come from the times of packets", function(t)
  t.syn()
  t.synack { after = 0.030 }
  t.ack { after = 0.010 }
  t.data "hello"
  t.svr.ack { after = 0.050 }
  t.close()
  t.expect.prints {
    t.like "fin, handshake 40.000 ms$", t.like "10.0.0.1:40000 sent 5 bytes in 5 packets$",
    t.like "first byte after 41.000 ms, round trip 50.000 ms to 50.000 ms", t.any, t.any,
  }
end)
