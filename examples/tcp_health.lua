-- SPDX-License-Identifier: BSD-2-Clause
-- How well connections did: round-trip times, repeats by kind, windows.
-- Run:    mos run examples/tcp_health.lua -r examples/captures/slow-reader.pcap
-- Expect: a line when a window closes and opens, one for each end that sent data when it is over.
-- Idea:   the engine keeps the figures for every flow; a script only reads them.
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.setsockopt(watch, mos.CLIBUF, 0) -- no payload is wanted: nothing is kept
mos.setsockopt(watch, mos.SVRBUF, 0)

local function ms(seconds)
  return seconds and ("%.3f ms"):format(seconds * 1e3) or "unknown"
end

watch:on(mos.ON_ZERO_WINDOW, function(flow, side, _, arg)
  local who = side == mos.SIDE_CLI and flow.cli or flow.svr
  local what = arg.duration and "opens its window after " .. ms(arg.duration)
    or "closes its window"
  print(("%s: %s %s"):format(tostring(flow), tostring(who), what))
end)

local function show(side, other)
  if side.bytes == 0 then return end
  print(("  %s sent %d bytes in %d packets"):format(tostring(side), side.bytes, side.packets))
  print(("    first byte after %s, round trip %s to %s, mean %s of %d"):format(ms(side.first_byte),
    ms(side.rtt_min), ms(side.rtt_max), ms(side.rtt_mean), side.rtt_samples))
  print(("    repeated %d: %d by timer, %d fast, %d spurious, %d probes"):format(side.retransmitted,
    side.rexmit_rto, side.rexmit_fast, side.rexmit_spurious, side.rexmit_probe))
  print(("    at most %d bytes in flight; answered by %d duplicate ACKs, %d SACK blocks, window "
    .. "closed %d times for %s"):format(side.in_flight_max, other.dup_acks, other.sack_blocks,
    other.zero_windows, ms(other.zero_window_time)))
end

watch:on(mos.ON_CONN_END, function(flow)
  print(("%s: %s, handshake %s"):format(tostring(flow), flow.end_reason, ms(flow.handshake_rtt)))
  show(flow.cli, flow.svr)
  show(flow.svr, flow.cli)
end)
