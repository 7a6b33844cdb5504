-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of abacus.lua: mos test examples
mos.test("honest repeats are free", function(t)
  t.handshake()
  t.data "twelve bytes"
  t.rexmit()
  t.svr.ack()
  t.close()
  t.expect.records("free_riding", {})
  t.expect.records("subscriber", {
    { subscriber = "10.0.0.1", unique = 12, repeated = 12, charged = 12, naive = 24 },
  })
end)

mos.test("repeats with other bytes are a tunnel", function(t)
  t.handshake()
  t.data "twelve bytes"
  t.rexmit { data = "other things" }
  t.expect.records {
    { "free_riding", tunnelled = 12 },
    { "subscriber", unique = 12, tunnelled = 12, charged = 24, naive_unique = 12 },
  }
end)

mos.test("repeats of what is no longer kept are charged", { args = { keep = "0" } }, function(t)
  t.handshake()
  t.data "twelve bytes"
  t.rexmit()
  t.expect.records { { unknown = 12, charged = 24 } }
end)
