-- SPDX-License-Identifier: BSD-2-Clause
-- A line per UDP and ICMP flow: who spoke to whom, how much, and how soon the answer came.
-- Run:    mos run examples/udp_flows.lua -r examples/captures/datagrams.pcap
-- Expect: names asked of port 53, packets and bytes each way, and what an ICMP error is about.
-- Idea:   flows have no stream: look at each packet's payload, sum up when silence ends the flow.
local flows = mos.socket(mos.SOCK_MONITOR_FLOW)
mos.bind_filter(flows, { syn = "udp or icmp or icmp6" })

-- The name in a DNS question: labels, each behind its length, behind 12 bytes of header (RFC 1035).
local function question(payload)
  local labels, at = {}, 12
  while at < #payload and payload:u8(at) > 0 do
    labels[#labels + 1] = payload:sub(at + 2, at + 1 + payload:u8(at))
    at = at + 1 + payload:u8(at)
  end
  return table.concat(labels, ".")
end

mos.register_callback(flows, mos.ON_PKT_IN, function(flow, side)
  local packet, ctx = flow:packet(), flow.ctx or { asked = {} }
  flow.ctx = ctx
  if side == mos.SIDE_SVR then
    ctx.after = ctx.after or packet.ts - flow.start_time
  elseif flow.proto == "udp" and flow.svr.port == 53 then
    ctx.asked[#ctx.asked + 1] = question(packet.payload)
  end
  if packet.icmp and packet.icmp.quoted then
    ctx.about = tostring(packet.icmp.about or "an unknown flow")
  end
end)

mos.register_callback(flows, mos.ON_CONN_END, function(flow)
  local cli, svr, ctx = flow.cli, flow.svr, flow.ctx
  local answer = ctx.after and ("answer after %.1f ms"):format(ctx.after * 1000) or "no answer"
  if ctx.about then answer = "about " .. ctx.about end
  if ctx.asked[1] then answer = answer .. ": " .. table.concat(ctx.asked, ", ") end
  print(("%-4s %s: %d/%d packets, %d/%d bytes, %s"):format(flow.proto, flow, cli.packets,
    svr.packets, cli.bytes, svr.bytes, answer))
end)
