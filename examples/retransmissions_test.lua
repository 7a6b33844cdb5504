-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of retransmissions.lua: mos test examples
mos.test("SYN, data and FIN", function(t)
  t.syn()
  t.rexmit { after = 1 }
  t.synack() t.ack()
  t.data "hello"
  t.rexmit()
  t.fin()
  t.rexmit()
  t.expect.prints {
    t.like "packet 2 .* client repeats SYN, offset 0, 0 bytes$",
    t.like "packet 6 .* client repeats data, offset 0, 5 bytes$",
    t.like "packet 8 .* client repeats FIN",
    t.like "client repeated 3 of 7 %(42.9 %%%), server 0 of 1",
  }
end)

mos.test("says nothing of a connection without", function(t)
  t.handshake()
  t.data "hello"
  t.close()
  t.expect.prints {}
end)
