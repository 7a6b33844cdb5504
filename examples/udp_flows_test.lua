-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of udp_flows.lua: mos test examples
mos.test("a name that is asked for, and how soon the answer comes", function(t)
  local question = t.hex "0001 0100 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0001 0001"
  local dns = t.udp { server = "10.0.0.53:53" }
  dns.data(question)
  dns.svr.data(question, { after = 0.020 })
  t.expect.prints { "udp  10.0.0.1:50000 > 10.0.0.53:53: 1/1 packets, 29/29 bytes, "
    .. "answer after 20.0 ms: example.com" }
end)

mos.test("an echo without an answer", function(t)
  t.icmp().data "ping"
  t.expect.prints { t.like "^icmp 10.0.0.1.*: 1/0 packets, 4/0 bytes, no answer$" }
end)
