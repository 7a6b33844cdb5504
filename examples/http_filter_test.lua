-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of http_filter.lua: mos test examples
local deny = { inline = true, args = { deny = "/private,^/%d+$" } }
local function get(path) return "GET " .. path .. " HTTP/1.1\r\nHost: a\r\n\r\n" end

mos.test("what is allowed passes untouched", deny, function(t)
  t.handshake()
  t.data(get "/index.html")
  t.svr.data "HTTP/1.1 200 OK\r\n\r\n"
  t.expect.records {}
  t.expect.sent("svr", { { flags = "S" }, { flags = "A" }, { data = get "/index.html" } })
end)

mos.test("a denied request never arrives, both ends are reset", deny, function(t)
  t.handshake()
  t.data(get "/private/diary")
  t.expect.records { { "denied", client = "10.0.0.1", method = "GET", target = "/private/diary" } }
  t.expect.sent("svr", { { flags = "S" }, { flags = "A" }, { flags = t.like "R" } })
  t.expect.sent("cli", { { flags = "SA" }, { flags = t.like "R" } })
end)

mos.test("however it is spelt", deny, function(t)
  for _, path in ipairs { "/a/../private", "/%70rivate", "//private", "http://a/private", "/12" } do
    local c = t.conn()
    c.handshake()
    c.data(get(path), { mss = 5 })
  end
  t.expect.stats { flows = 5 }
  t.check(function() assert(mos.stats().flows == 5) end)
  t.expect.records { { target = "/a/../private" }, { target = "/%70rivate" },
    { target = "//private" }, { target = "http://a/private" }, { target = "/12" } }
end)
