-- SPDX-License-Identifier: BSD-2-Clause
-- Topics: health of connections, overlap policies.
return {
  {
    name = "health", also = { "retransmissions", "rtt samples" },
    title = "how connections do: round trips, repeats by kind, windows",
    body = {
      { "DESCRIPTION", [[
`flow.cli` and `flow.svr` have the figures of what that end sent; a script only reads them. Times
are seconds, counts 0 and times nil until something happens.

* Round trips: `rtt` of the handshake, `rtt_min`, `rtt_mean`, `rtt_max` and `rtt_samples` of data,
  from the capture to the other end and back; `flow.handshake_rtt` is the sum of both ends' `rtt`.
* Repeats: `retransmitted`, and by kind `rexmit_rto`, `rexmit_fast`, `rexmit_spurious`,
  `rexmit_probe`.
* Loss and order: `gaps`, `gap_bytes` (not captured), `out_of_order`, `dup_acks`, `sack_blocks`.
* Windows: `window`, `zero_windows`, `zero_window_time`, `in_flight_max`; congestion: `ecn`, `ce`,
  `ece`.
* Silence: `first_byte`, `idle_max`.]] },
      { "KINDS OF REPEATS", "A repeat has one kind, the first of these that fits:", { defs = {
        { "spurious", "all that it repeats had been acknowledged before" },
        { "probe", "a tail-loss probe (RFC 8985): it repeats the last bytes sent, not the first "
          .. "unacknowledged ones, after a silence of a round trip at least, and no loss had "
          .. "been told of" },
        { "fast", "the other end had told of a loss, by three duplicate ACKs or by SACK, and "
          .. "what was in flight then is not all acknowledged (RFC 5681, 6675, 6582); the "
          .. "connection was silent for less than 200 ms, or less than 1.25 round trips" },
        { "rto", "everything else: the retransmission timer (RFC 6298), and copies that the path "
          .. "made" } } },
        "A keep-alive of one byte is a repeat without a kind." },
    },
    examples = { { capture = "web-loss", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  local svr = flow.svr
  print(flow, svr.unique_bytes, svr.gap_bytes, svr.retransmitted,
    flow.handshake_rtt and ("%.3f ms"):format(flow.handshake_rtt * 1e3))
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    18492   0       0       0.037 ms
10.0.0.1:40010 > 10.0.0.2:80    140     0       0       0.023 ms
10.0.0.1:40020 > 10.0.0.2:80    123     0       0       nil
10.0.0.1:40030 > 10.0.0.2:80    0       143     0       0.019 ms
10.0.0.1:40040 > 10.0.0.2:80    3170    0       0       0.019 ms
10.0.0.1:40050 > 10.0.0.2:80    127     0       0       0.017 ms
10.0.0.1:40051 > 10.0.0.2:80    127     0       0       0.004 ms
10.0.0.1:40052 > 10.0.0.2:80    127     0       0       0.004 ms]] } },
    see = { "flow.cli", "ON_REXMIT", "packet.rexmit_kind", "flow.handshake_rtt" },
  },
  {
    name = "overlap", also = { "overlap policies" },
      title = "which bytes win where segments overlap",
    body = {
      { "DESCRIPTION", [[
Bytes that were delivered, or are in order, never change. Behind a hole a new segment is compared
with each stored one that it overlaps, by where it begins and ends against it. These are the rules
of the systems that a host may run, so that a script sees the bytes that the host would take. Who
wins:]], [[
    the new one
    begins   before              same                behind
    and ends before same  behind before same  behind before same  behind

    first    old    old   old    old    old   old    old    old   old
    last     new    new   new    new    new   new    new    new   new
    bsd      new    new   new    old    old   old    old    old   old
    linux    new    new   new    old    old   new    old    old   old
    oldlinux new    new   new    old    new   new    old    old   old
    solaris  old    new   new    old    new   new    old    old   new]], [[
* as first: vista, bsd-right, old-solaris
* as bsd: windows (up to XP), win2003, macos
* as linux (2.4 and later): hpux10, irix
* as solaris (9 and later): hpux11
* oldlinux is old-linux: 2.2 and earlier

Source: Novak and Sturges, "Target-Based TCP Stream Reassembly" (2007), as Snort and Suricata put
it into practice; Sources/TCPTracking/README.md says where those two differ.

A connection has one policy a side: that of the first socket that set CLIOVERLAP or SVROVERLAP,
else the setting `overlap`. It cannot change once a byte has arrived.]] },
    },
    see = { "CLIOVERLAP", "SVROVERLAP", "settings overlap", "OVERLAP_POLICY_FIRST",
      "packet.differs" },
  },
}
