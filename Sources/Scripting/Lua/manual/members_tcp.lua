-- SPDX-License-Identifier: BSD-2-Clause
-- Fields of flow.cli and flow.svr of which there is more to say than the schema does.
local health = { { capture = "slow-reader", file = "health", text = "What the server sent, and "
  .. "what the client answered:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local function ms(seconds) return ("%.3f ms"):format(seconds * 1e3) end
watch:on(mos.ON_CONN_END, function(flow)
  local cli, svr = flow.cli, flow.svr
  print("sent", svr.bytes, svr.unique_bytes, svr.in_flight_max)
  print("repeated", svr.retransmitted, svr.rexmit_rto, svr.rexmit_fast,
    svr.rexmit_spurious, svr.rexmit_probe)
  print("handshake", ms(svr.rtt), "first byte", ms(svr.first_byte))
  print("data", ms(svr.rtt_min), ms(svr.rtt_mean), ms(svr.rtt_max),
    svr.rtt_samples)
  print("lost", svr.gaps, svr.gap_bytes)
  print("client", cli.dup_acks, cli.sack_blocks, cli.zero_windows,
    ms(cli.zero_window_time), cli.out_of_order)
end)]], output = [[
sent    82938   80042   8688
repeated        2       0       0       0       2
handshake       0.029 ms        first byte      0.211 ms
data    0.001 ms        11.860 ms       43.950 ms       11
lost    0       0
client  0       2       3       1227.464 ms     0]] } }
local STOPS = "The count stops at 65535."

local function figure(name, notes, see)
  return { name = "flow.cli." .. name, notes = notes, see = see or { "health" }, examples = health }
end

return {
  { name = "flow.cli.addr", see = { "flow.cli.addr_bytes", "mos.getpeername" },
    notes = "The text is cached: reading it again makes no garbage." },
  { name = "flow.cli.state", see = { "ON_TCP_STATE_CHANGE", "TCP_STATE_CLI" },
    notes = "SYN_SENT, SYN_RCVD, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, "
      .. "LAST_ACK, TIME_WAIT or CLOSED: the states of RFC 9293 as they can be told from "
      .. "outside." },
  { name = "flow.cli.bytes", see = { "flow.cli.unique_bytes" },
    notes = "By the IP header, captured or not. Of ICMP what follows the first 8 bytes of a "
      .. "message." },
  { name = "flow.cli.unique_bytes", see = { "flow.cli.bytes", "flow.cli.gap_bytes" },
    notes = "Unique bytes and gap bytes make up the length of the stream." },
  { name = "flow.cli.flags", see = { "flow.cli:has", "packet.tcp.flags" } },
  { name = "flow.cli.window", notes = "Times 2^wscale, in bytes, when both SYNs had the option.",
    see = { "flow.cli.wscale", "ON_ZERO_WINDOW" } },
  { name = "flow.cli.mss", notes = "Of its SYN (RFC 9293 section 3.7.1)." },
  { name = "flow.cli.wscale", notes = "Of its SYN (RFC 7323 section 2); 14 at most." },
  { name = "flow.cli.isn", see = { "packet.tcp.seq", "INFO_CLIBUF" },
    notes = "Of a mid-stream flow, and of an end whose SYN was not captured, inferred." },
  figure("gaps", STOPS, { "ON_GAP", "health" }),
  figure("gap_bytes", "Bytes that were not captured, but acknowledged by the other end, proved "
    .. "by a FIN, or given up for want of memory.", { "ON_GAP", "health" }),
  figure("retransmitted", "RFC 9293 section 3.8; SYN and FIN too. Keep-alives with a byte count, "
    .. "without a kind.",
    { "ON_REXMIT", "health" }),
  figure("rexmit_rto", "RFC 6298 section 5: all repeats that are of no other kind."),
  figure("rexmit_fast", "RFC 5681 section 3.2, RFC 6675 section 5, RFC 8985 section 6.2."),
  figure("rexmit_spurious", "What Wireshark calls so, SYN and FIN too. " .. STOPS),
  figure("rexmit_probe", "RFC 8985 section 7.3. " .. STOPS),
  figure("out_of_order", "What fills a hole is not counted, nor is a repeat."),
  figure("dup_acks", "RFC 5681 section 2: no data, SYN or FIN, the last acknowledgement and "
    .. "window again, while data of the other end is outstanding."),
  figure("sack_blocks", "RFC 2018 section 3; blocks that are repeated count again."),
  figure("zero_windows", "RFC 9293 section 3.8.6. " .. STOPS, { "ON_ZERO_WINDOW", "health" }),
  figure("zero_window_time", "A window that is still closed counts up to the flow's last packet.",
    { "ON_ZERO_WINDOW", "health" }),
  figure("rtt", "Between the place of the capture and this end: of the server from SYN to "
    .. "SYN-ACK, of the client from SYN-ACK to its ACK. nil when SYN or SYN-ACK were sent twice "
    .. "(Karn's rule).",
    { "flow.handshake_rtt", "flow.cli.rtt_min", "health" }),
  figure("rtt_min", "From a segment of this end to the first ACK that covers it (RFC 6298 "
    .. "section 2): between the capture and the other end, delayed ACKs "
    .. "included.", { "flow.cli.rtt_samples", "health" }),
  figure("rtt_mean", "From a segment of this end to the first ACK that covers it (RFC 6298 "
    .. "section 2): between the capture and the other end, delayed ACKs "
    .. "included.", { "flow.cli.rtt_samples", "health" }),
  figure("rtt_max", "From a segment of this end to the first ACK that covers it (RFC 6298 "
    .. "section 2): between the capture and the other end, delayed ACKs "
    .. "included.", { "flow.cli.rtt_samples", "health" }),
  figure("rtt_samples", "One segment is measured at a time, never one that was repeated or waits "
    .. "behind a hole (RFC 6298 section 3); after 8 samples, those that begin with every 16th "
    .. "packet that it sent."),
  figure("in_flight_max", "SND.NXT - SND.UNA (RFC 9293 section 3.3.1), looked at before each new "
    .. "acknowledgement and when the flow ends."),
  figure("ecn", "RFC 3168 section 6.1.1: its SYN asked for ECN, or its SYN-ACK agreed.",
    { "flow.ecn", "health" }),
  figure("ce", "RFC 3168 section 5: it met congestion between this end and the capture. " .. STOPS),
  figure("ece", "RFC 3168 section 6.1.3; SYNs do not count. " .. STOPS),
  figure("first_byte", nil),
  figure("idle_max", "Silence of the whole connection, of two seconds or more, in whole "
    .. "milliseconds."),
}
