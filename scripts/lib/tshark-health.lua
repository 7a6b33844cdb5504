-- SPDX-License-Identifier: BSD-2-Clause
-- What scripts/test-tshark compares: a record for each repeat, one for each connection at its end.
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)

local function fields(side)
  return { addr = side.addr, port = side.port, bytes = side.bytes, unique = side.unique_bytes,
    gap_bytes = side.gap_bytes, retransmitted = side.retransmitted, rto = side.rexmit_rto,
    fast = side.rexmit_fast, spurious = side.rexmit_spurious, probe = side.rexmit_probe,
    out_of_order = side.out_of_order, dup_acks = side.dup_acks, sack_blocks = side.sack_blocks,
    zero_windows = side.zero_windows, in_flight = side.in_flight_max, samples = side.rtt_samples,
    rtt_min = side.rtt_min, rtt_max = side.rtt_max, flags = side.flags, state = side.state }
end

watch:on(mos.ON_CONN_START, function(flow)
  flow.ctx = { first = flow:packet().number, [mos.SIDE_CLI] = mos.hash "sha256",
    [mos.SIDE_SVR] = mos.hash "sha256" }
end)

watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)
  flow.ctx[side]:update(data)
  flow:consume(side, #data)
end)

watch:on(mos.ON_REXMIT, function(flow)
  local packet = flow:packet()
  mos.emit("rexmit", { repeated = packet.number, kind = packet.rexmit_kind,
    keepalive = packet.keepalive })
end)

watch:on(mos.ON_CONN_END, function(flow)
  local cli, svr = fields(flow.cli), fields(flow.svr)
  -- The receive buffer of one side is what the other sent.
  cli.sha256, svr.sha256 = flow.ctx[mos.SIDE_SVR]:hex(), flow.ctx[mos.SIDE_CLI]:hex()
  mos.emit("flow", { first = flow.ctx.first, cli = cli, svr = svr,
    handshake_rtt = flow.handshake_rtt, reason = flow.end_reason })
end)
