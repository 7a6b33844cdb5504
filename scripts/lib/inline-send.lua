-- SPDX-License-Identifier: BSD-2-Clause
-- Sends packets of its own: answers ARP for 10.0.0.99, answers GET /blocked in the server's stead
-- and tells the server that it is over, resets connections to port 82 by a timer.
local arp = mos.socket(mos.SOCK_MONITOR_RAW)
mos.bind_filter(arp, { raw = "arp[6:2] == 1 and arp[24:4] == 0x0a000063" })
mos.register_callback(arp, mos.ON_PKT_IN, function(socket)
  local request, address = socket:packet().frame, "\2\0\0\0\0\99"
  local asker, its_ip = request:sub(23, 28), request:sub(29, 32)
  socket:send(asker .. address .. "\8\6" .. "\0\1\8\0\6\4\0\2" .. address .. "\10\0\0\99" .. asker
    .. its_ip .. ("\0"):rep(18), mos.SIDE_CLI)
  socket:drop()
end)

local page = "HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\n\r\nblocked\n"
local web = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(web, { syn = "tcp dst port 80" })

-- The server is out of it: the client is answered from here.
local function alone(flow, side)
  local tcp = flow:packet().tcp
  flow:drop()
  if side == mos.SIDE_CLI and tcp:has "F" then
    flow:send { side = mos.SIDE_CLI, flags = "R", seq = tcp.ack }
  end
end

mos.register_callback(web, mos.ON_PKT_IN, mos.HK_SND, function(flow, side)
  if side == mos.SIDE_SVR or not flow:packet().payload:starts "GET /blocked" then return end
  flow:send { side = mos.SIDE_CLI, flags = "FPA", payload = page }
  flow:send { side = mos.SIDE_SVR, flags = "R", seq = flow:packet().tcp.seq }
  flow:drop()
  flow:on(mos.ON_PKT_IN, mos.HK_SND, alone)
end)

local slow = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(slow, { syn = "tcp dst port 82" })
mos.register_callback(slow, mos.ON_CONN_START, function(flow)
  mos.settimer(0.3, function() flow:reset() end)
end)
mos.register_callback(slow, mos.ON_CONN_END, function(flow) print(flow.end_reason) end)
