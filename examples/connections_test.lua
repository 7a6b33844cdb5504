-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of connections.lua: mos test examples
local EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

mos.test("one object per connection, one for the capture", function(t)
  t.handshake()
  t.data "hello"
  t.svr.ack()
  t.close()
  t.expect.records("conn", { {
    src = "10.0.0.1", sport = 40000, dst = "10.0.0.2", dport = 80, end_reason = "fin",
    orig_pkts = 5, resp_pkts = 3, orig_bytes = 5, resp_bytes = 0,
    orig_sha256 = t.like "^2cf24dba5fb0a30e26e83b2ac5b9e29e", resp_sha256 = EMPTY,
    syn = true, synack = true, rst = false, fin_orig = true, fin_resp = true,
  } })
  t.expect.records("capture", { { packets = 8, tcp = 8, udp = 0, bad_tcp_checksum = 0 } })
end)

mos.test("bytes that the capture misses are a gap", function(t)
  t.handshake()
  t.gap(1460)
  t.data "the rest"
  t.svr.ack()
  t.close()
  t.expect.records("conn", { { gap_bytes_orig = 1460, gap_bytes_resp = 0, orig_bytes = 8 } })
end)

mos.test("IPv6 in a VLAN, refused", function(t)
  local c = t.conn { client = "[fd00::1]:40000", server = "[fd00::2]:443", vlan = 7 }
  c.syn()
  c.svr.rst()
  t.expect.records("conn", { { src = "fd00::1", ip_version = 6, vlan = 7,
    end_reason = "refused", rst = true, synack = false } })
end)

mos.test("wrong checksums are counted, not believed", function(t)
  t.handshake()
  t.data("not what was sent", { checksum = "bad" })
  t.expect.records { { "conn", orig_bytes = 0 }, { "capture", bad_tcp_checksum = 1 } }
end)
