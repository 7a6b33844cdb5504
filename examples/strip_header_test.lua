-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of strip_header.lua: mos test examples
local inline = { inline = true, args = { header = "X-Tracking", insert = "Via: 1.1 mos" } }

mos.test("a header goes, another comes, the connection goes on", inline, function(t)
  t.handshake()
  t.data "GET / HTTP/1.1\r\nHost: a\r\nX-Tracking: me\r\n\r\n"
  t.data "GET /2 HTTP/1.1\r\n\r\n"
  t.expect.sent("svr", {
    { flags = "S" }, { flags = "A" },
    { seq = 1, data = "GET / HTTP/1.1\r\nVia: 1.1 mos\r\nHost: a\r\n\r\n" },
    { seq = 42, data = "GET /2 HTTP/1.1\r\nVia: 1.1 mos\r\n\r\n", bad_checksum = t.absent },
  })
  t.expect.records { { stripped = 1, inserted = 2, left_alone = 0 } }
end)

mos.test("a header in two packets is left alone", inline, function(t)
  t.handshake()
  t.data "GET / HTTP/1.1\r\nX-Track"
  t.data "ing: me\r\n\r\n"
  t.expect.records { { stripped = 0, inserted = 1, left_alone = 1 } }
end)
