-- SPDX-License-Identifier: BSD-2-Clause
-- Source NAT for TCP and UDP: hosts inside share a public address, each flow gets a port of a pool.
-- Run:    mos run examples/nat.lua -i in0 -i out0 --inline -- --public=203.0.113.1 [--inside=NET]
-- Expect: a line per translated flow. ARP for the public address is the network's business.
-- Idea:   overwrite addresses and ports at HK_SND; answers to the new ones find the same flow.
local args = mos.args -- also --ports=20000-29999, --hold=SECONDS before a port is used again
local public, inside = args.public or "203.0.113.1", "src net " .. (args.inside or "10.0.0.0/24")
local first, last = (args.ports or "20000-29999"):match "^(%d+)%-(%d+)$"
local hold = tonumber(args.hold or 30)
local made, refused = mos.counter "made", mos.counter "refused"

local address = string.char(public:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
local function bytes(port) return string.char(math.floor(port / 256), port % 256) end

local function translate(socket)
  local free, head, tail = {}, 1, 0 -- a queue: what came back last may still be answered to
  local function give(port, ready)
    tail = tail + 1
    free[tail] = { port = port, ready = ready }
  end
  for port = first + mos.worker, last, mos.workers do give(port, 0) end -- each worker has its own

  local function assign(flow)
    local next = free[head]
    if not next or next.ready > mos.now() then return nil end
    free[head], head = nil, head + 1
    made:count()
    print(("%s %s leaves from %s:%d"):format(flow.proto, tostring(flow), public, next.port))
    flow.ctx = { port = next.port, out = bytes(next.port), back = bytes(flow.cli.port) }
    return flow.ctx
  end

  socket:on(mos.ON_PKT_IN, mos.HK_SND, function(flow, side)
    local ports = flow.ctx or assign(flow)
    if not ports then
      refused:count()
      flow:drop() -- its sender tries again
    elseif side == mos.SIDE_CLI then
      flow:overwrite(mos.IP_HDR, 12, address)
      flow:overwrite(mos.TCP_HDR, 0, ports.out)
    else
      flow:overwrite(mos.IP_HDR, 16, flow.cli.addr_bytes)
      flow:overwrite(mos.TCP_HDR, 2, ports.back)
    end
  end)
  socket:on(mos.ON_CONN_END, function(flow)
    if flow.ctx then give(flow.ctx.port, mos.now() + hold) end
  end)
end

local tcp, udp = mos.socket(mos.SOCK_MONITOR_STREAM), mos.socket(mos.SOCK_MONITOR_FLOW)
mos.bind_filter(tcp, { syn = inside, orphan = inside })
mos.bind_filter(udp, { syn = "udp and " .. inside })
translate(tcp)
translate(udp)
tcp:on(mos.ON_ORPHAN, function(socket) socket:drop() end) -- no inside address gets out
mos.on_report(function()
  print(("%d flows translated, %d packets dropped for want of a port"):format(
    made:value(), refused:value()))
end)
