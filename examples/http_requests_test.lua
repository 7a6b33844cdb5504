-- SPDX-License-Identifier: BSD-2-Clause
-- Tests of http_requests.lua: mos test examples
local function head(...) return table.concat({ ... }, "\r\n") .. "\r\n\r\n" end

mos.test("a request and its answer", function(t)
  t.syn() t.synack() t.ack()
  t.data(head("GET /index.html HTTP/1.1", "Host: www.example.com"))
  t.svr.ack()
  t.expect.records {} -- not answered yet
  t.svr.data(head("HTTP/1.1 200 OK", "Content-Length: 5") .. "hello")
  t.ack()
  t.expect.records {
    { "http", host = "www.example.com", method = "GET", path = "/index.html", status = 200 },
  }
end)

mos.test("segments may be cut anywhere", function(t)
  t.handshake()
  t.data(head("GET /a HTTP/1.1", "Host: a") .. head("HEAD /b HTTP/1.1", "Host: b"), { mss = 3 })
  t.svr.data(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") .. "3\r\nabc\r\n0\r\n\r\n"
    .. head("HTTP/1.1 204 No Content"), { mss = 1 })
  t.expect.records { { path = "/a", status = 200 }, { method = "HEAD", status = 204 } }
end)

mos.test("segments may come in another order", function(t)
  local request = head("GET /a HTTP/1.1", "Host: a")
  t.handshake()
  t.data(request:sub(11), { seq = 11 })
  t.data(request:sub(1, 10), { seq = 1 })
  t.svr.data(head "HTTP/1.1 404 Not Found")
  t.expect.records { { path = "/a", status = 404 } }
end)

mos.test("100 Continue is no answer", function(t)
  t.handshake()
  t.data(head("POST /form HTTP/1.1", "Host: a", "Content-Length: 3") .. "x=1")
  t.svr.data(head "HTTP/1.1 100 Continue")
  t.expect.records {}
  t.svr.data(head("HTTP/1.1 303 See Other", "Content-Length: 0"))
  t.expect.records { { method = "POST", status = 303 } }
end)

mos.test("a capture", { capture = "captures/web.pcap", filter = "port 40000" }, function(t)
  t.expect.records { { path = "/", status = 200 }, { path = "/data", status = 200 } }
end)

mos.bench("requests and answers", function(b)
  b.handshake()
  b.data(head("GET /index.html HTTP/1.1", "Host: www.example.com", "Accept: */*"))
  b.svr.data(head("HTTP/1.1 200 OK", "Content-Length: 1000") .. ("x"):rep(1000))
  b.ack()
  b.close()
end)

mos.bench("a capture, again and again", { capture = "captures/web.pcap" })
