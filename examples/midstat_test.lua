-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of midstat.lua: mos test examples
mos.test("a table per second, and one at the end", function(t)
  t.handshake()
  t.wait(1)
  t.fin()
  t.svr.ack()
  t.wait(1)
  t.svr.fin()
  t.expect.prints {
    "1700000001.000: 1 open, 1 seen",
    "  10.0.0.1:40000 > 10.0.0.2:80                     ESTABLISHED  ESTABLISHED",
    "1700000002.000: 1 open, 1 seen",
    "  10.0.0.1:40000 > 10.0.0.2:80                     FIN_WAIT_2   CLOSE_WAIT",
    "end: 0 open, 1 seen",
  }
end)
