-- SPDX-License-Identifier: BSD-2-Clause
-- Prints every retransmitted segment, and at the end of a connection how much of it was repeated.
-- Run:    mos run examples/retransmissions.lua -r examples/captures/web-loss.pcap
-- Expect: a line per repeated segment with packet number and stream offset, a line per connection.
-- Idea:   ON_REXMIT comes before the payload is merged, so packet and stream can be compared.
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)

local kinds = { { "S", "SYN" }, { "F", "FIN" } }

local function what(packet)
  for _, kind in ipairs(kinds) do
    if packet.tcp:has(kind[1]) then return kind[2] end
  end
  return packet.keepalive and "keep-alive" or "data"
end

mos.register_callback(watch, mos.ON_REXMIT, function(flow, side)
  local packet = flow:packet()
  local from = side == mos.SIDE_SVR and "client" or "server"
  print(("%.6f packet %d %s: %s repeats %s, offset %d, %d bytes"):format(
    packet.ts, packet.number, tostring(flow), from, what(packet), packet.offset or 0,
    #packet.payload))
end)

local function share(side)
  return side.packets > 0 and 100 * side.retransmitted / side.packets or 0
end

mos.register_callback(watch, mos.ON_CONN_END, function(flow)
  local cli, svr = flow.cli, flow.svr
  if cli.retransmitted + svr.retransmitted == 0 then return end
  print(("%s: client repeated %d of %d (%.1f %%), server %d of %d (%.1f %%)"):format(
    tostring(flow), cli.retransmitted, cli.packets, share(cli),
    svr.retransmitted, svr.packets, share(svr)))
end)
