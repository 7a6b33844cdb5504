-- SPDX-License-Identifier: BSD-2-Clause
-- Topic: mos explain.
return {
  {
    name = "explain", also = { "mos explain", "ladder" },
    title = "what the engine makes of each packet, and which events fire",
    body = {
      { "DESCRIPTION", [[
`mos explain [FILTER] -r FILE` shows each flow of a capture as a ladder: the client on the left, the
server on the right, one packet a rung, and below it what the reconstruction decided. It watches as
a script would, so what it shows is what a script is called for, in that order. FILTER is a libpcap
expression that selects flows as `syn` does (see `filters`), and packets of no flow as `orphan`
does; it may be several words.]], { defs = {
        { "time", "seconds since the flow's first packet; of packets of no flow, since the run's" },
        { "flags", "by the end that sent them; in brackets when nobody believed the packet (wrong "
          .. "checksum)" },
        { "seq, ack", "relative to the sender's and the other's ISN, modulo 2^32, so a SYN has 0 "
          .. "and the first byte 1; as they are where no ISN is known" },
        { "len", "payload bytes by the IP header, captured or not" },
        { "window", "in bytes; as in the header where one of the SYNs was not captured" } } }, [[
Offsets in the notes are stream offsets, from 0. States stand there when they change, both of them.
The lines at the end say how long the flow was, what each end sent, and why it ended.]] },
      { "OPTIONS", { defs = {
        { "-e, --events", "every event below its packet: hook, side, events in their order" },
        { "--flow N", "that flow only, by the number in its heading; may be repeated. Numbers "
          .. "count what the filter selects" },
        { "--max-flows N", "the first N flows, then stop" },
        { "--packets N", "how many rows are kept of a flow until it ends (1000), of these a tenth, "
          .. "100 at most, of its end. What is left out is said. 0 keeps all" },
        { "--interleaved", "packets as they come, tagged with their flow, nothing kept" },
        { "--format json", "an object for each packet, and for each end of a flow: `decided` is a "
          .. "list of words as below, `events` what fired" },
        { "-r, -C, -c, -o, --set", "as for `mos run`; `-o` takes the text" } } }, [[
Ladders stand one after the other, each where its flow ends: flows at the same time would tear each
other's apart. Colours show on a terminal only, and never with NO_COLOR. To compare repeats it keeps
256 KiB a side (CLIKEEP, SVRKEEP), which buffers have as more room; `--set keep=0` keeps none.]] },
      { "DECISIONS", { defs = {
        { "in-order, fills-hole", "the bytes can be read at once; with them what waited" },
        { "out-of-order", "the bytes are kept until what is next has come" },
        { "repeat, partly-new", "sequence space that was seen before, with why it was repeated "
          .. "(packet.rexmit_kind); then same, differs, not-compared" },
        { "late", "the bytes were given up before and stay out" },
        { "gap", "bytes given up, with why (arg.reason); new-data is what can be read behind it" },
        { "acknowledges-missing", "the other end has what the capture has not: a gap may follow" },
        { "refused-rst, -syn, -window, -paws, -ack, -flags", "packet.invalid: the segment changes "
          .. "nothing" },
        { "keep-alive, window-probe", "nothing new below the next number, or to a closed window" },
        { "window-closed, window-open", "ON_ZERO_WINDOW" },
        { "duplicate-ack", "counted in flow.cli.dup_acks" },
        { "syn-data, fin-waits, behind-fin, before-stream", "data in a SYN; a FIN ahead of its "
          .. "data; data behind it; data before the first byte captured" },
        { "new-isn, reset", "a SYN-ACK that starts anew; an RST that counts" },
        { "cut, bad-checksum, offloaded, reassembled, congestion", "of the packet: not captured "
          .. "whole; not believed; left to a network card; of fragments; CE" },
        { "orphan, malformed, not-ip, fragment", "packets of no flow, with why there is "
          .. "none" } } } },
    },
    examples = {
      { capture = "web-loss", explain = "port 40030", text = "A segment was not captured:",
        output = [=[
flow 1  tcp 10.0.0.1:40030 > 10.0.0.2:80
        began 2026-11-22 11:23:29.944444 UTC with packet 47
 packet        time  client                  server         seq         ack    len   window
     47    0.000000  SYN ------------------------->          0                  0    64240
                     client SYN_SENT, server SYN_RCVD; mss 1460, wscale 10, sack ok, timestamps
     48    0.000013  <--------------------- SYN ACK          0           1      0    65160
                     client ESTABLISHED, server SYN_RCVD; mss 1460, wscale 10, sack ok,
                     timestamps
     49    0.000019  ACK ------------------------->          1           1      0    64512
                     client ESTABLISHED, server ESTABLISHED
     50    0.000057  PSH ACK --------------------->          1           1    164    64512
                     in order: 164 bytes at 0; "POST /form HTTP/1.1\r\nHost: www.example"...
     51    0.000060  <------------------------- ACK          1         165      0    65536
     52    0.000406  ACK ------------------------->        165         144      0    64512
                     acknowledges 143 bytes that were not captured
     53    0.000463  FIN ACK --------------------->        165         144      0    64512
                     client FIN_WAIT_1, server CLOSE_WAIT
     54    0.000844  <--------------------- FIN ACK        144         166      0    65536
                     client FIN_WAIT_2, server LAST_ACK; the FIN waits for 143 bytes before it
     55    0.000848  ACK ------------------------->        166         145      0    64512
                     client TIME_WAIT, server CLOSED; acknowledges 143 bytes that were not
                     captured; GAP in the client's buffer: 143 bytes at 0 given up, the other
                     end has them, the capture has not
        end     fin: both ends have closed; lasted 0.000848 s; client TIME_WAIT, server CLOSED;
                handshake 0.019 ms
        client  6 packets, 164 bytes; rtt 0.003/0.003/0.003 ms min/mean/max of 1
        server  3 packets, 0 bytes; 143 bytes lost in 1 gap]=] },
      { capture = "resets", explain = "port 81", events = true,
        text = "A SYN that is refused, with every event:", output = [=[
flow 1  tcp 10.0.0.1:40100 > 10.0.0.2:81
        began 2026-11-22 11:23:30.344738 UTC with packet 1
 packet        time  client                  server         seq         ack    len   window
      1    0.000000  SYN ------------------------->          0                  0    64240
                     client SYN_SENT, server SYN_RCVD; mss 1460, wscale 10, sack ok, timestamps
                     HK_SND client  ON_PKT_IN, ON_CONN_START, ON_TCP_STATE_CHANGE (SYN_SENT, -)
                     HK_RCV server  ON_PKT_IN, ON_CONN_START,
                                    ON_TCP_STATE_CHANGE (SYN_SENT, SYN_RCVD)
      2    0.000023  <--------------------- RST ACK          0           1      0        0
                     client CLOSED, server CLOSED; resets the connection
                     HK_SND server  ON_PKT_IN, ON_TCP_STATE_CHANGE (SYN_SENT, CLOSED)
                     HK_RCV client  ON_PKT_IN, ON_TCP_STATE_CHANGE (CLOSED, CLOSED)
                     HK_SND client  ON_CONN_END refused
                     HK_RCV server  ON_CONN_END refused
        end     refused: an RST answered the SYN; lasted 0.000023 s; client CLOSED,
                server CLOSED
        client  1 packet, 0 bytes
        server  1 packet, 0 bytes]=] },
    },
    see = { "order", "hooks", "events", "tcp", "packet.invalid", "filters" },
  },
}
