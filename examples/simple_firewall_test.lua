-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of simple_firewall.lua with firewall.rules: mos test examples
local inline = { inline = true }

mos.test("the first rule that matches decides", inline, function(t)
  local web, shell = t.conn { server = "10.0.0.2:80" }, t.conn { server = "10.0.0.2:22" }
  web.handshake()
  web.data "let through"
  shell.syn()
  shell.syn()
  t.expect.sent("svr", {
    { flags = "S", dst = "10.0.0.2:80" }, { flags = "A" }, { data = "let through" },
  })
  t.expect.prints {
    "     1  accept tcp 10.0.0.0/24 any -> any 80",
    "     1  drop tcp any any -> any 22",
    "     0  drop tcp any any -> any 82-83",
    "     0  default accept",
    "     0  default accept",
  }
end)

mos.test("IPv6 matches what is said of any", inline, function(t)
  local c = t.conn { client = "fd00::1", server = "[fd00::2]:22" }
  c.syn()
  t.expect.sent {}
end)
