// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Scripting

private let open = Rung.handshake
private let data: TCPFlags = [.psh, .ack]

@Suite struct `A ladder of mos explain` {
    @Test func `shows a connection from its SYN to its end, with every event in its order`() throws
    {
        let rungs =
            open + [
                .client(data, 1, 1, "GET / HTTP/1.1\r\n\r\n"), .server([.ack], 1, 19),
                .server(data, 1, 19, "hello"), .client([.fin, .ack], 19, 6),
                .server([.fin, .ack], 6, 20), .client([.ack], 20, 7),
            ]
        let lines = try explain(Rung.frames(rungs)) { $0.showsEvents = true }.lines
        #expect(
            lines.joined(separator: "\n")
                == #"""
                flow 1  tcp 10.0.0.1:40000 > 10.0.0.2:80
                        began 2023-11-14 22:13:20.000000 UTC with packet 1
                 packet        time  client                  server         seq         ack    len   window
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                                     HK_SND client  ON_PKT_IN, ON_CONN_START, ON_TCP_STATE_CHANGE (SYN_SENT, -)
                                     HK_RCV server  ON_PKT_IN, ON_CONN_START,
                                                    ON_TCP_STATE_CHANGE (SYN_SENT, SYN_RCVD)
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD
                                     HK_SND server  ON_PKT_IN
                                     HK_RCV client  ON_PKT_IN, ON_TCP_STATE_CHANGE (ESTABLISHED, SYN_RCVD)
                      3    0.200000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN, ON_TCP_STATE_CHANGE (ESTABLISHED, ESTABLISHED)
                      4    0.300000  PSH ACK --------------------->          1           1     18    65535
                                     in order: 18 bytes at 0; "GET / HTTP/1.1\r\n\r\n"
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN
                                     NULL   server  ON_CONN_NEW_DATA 18 bytes at 0
                      5    0.400000  <------------------------- ACK          1          19      0    65535
                                     HK_SND server  ON_PKT_IN
                                     HK_RCV client  ON_PKT_IN
                      6    0.500000  <--------------------- PSH ACK          1          19      5    65535
                                     in order: 5 bytes at 0; "hello"
                                     HK_SND server  ON_PKT_IN
                                     HK_RCV client  ON_PKT_IN
                                     NULL   client  ON_CONN_NEW_DATA 5 bytes at 0
                      7    0.600000  FIN ACK --------------------->         19           6      0    65535
                                     client FIN_WAIT_1, server CLOSE_WAIT
                                     HK_SND client  ON_PKT_IN, ON_TCP_STATE_CHANGE (FIN_WAIT_1, ESTABLISHED)
                                     HK_RCV server  ON_PKT_IN, ON_TCP_STATE_CHANGE (FIN_WAIT_1, CLOSE_WAIT)
                      8    0.700000  <--------------------- FIN ACK          6          20      0    65535
                                     client TIME_WAIT, server LAST_ACK
                                     HK_SND server  ON_PKT_IN, ON_TCP_STATE_CHANGE (FIN_WAIT_1, LAST_ACK)
                                     HK_RCV client  ON_PKT_IN, ON_TCP_STATE_CHANGE (TIME_WAIT, LAST_ACK)
                      9    0.800000  ACK ------------------------->         20           7      0    65535
                                     client TIME_WAIT, server CLOSED
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN, ON_TCP_STATE_CHANGE (TIME_WAIT, CLOSED)
                      -    0.800000  no packet in hand
                                     HK_SND client  ON_CONN_END fin
                                     HK_RCV server  ON_CONN_END fin
                        end     fin: both ends have closed; lasted 0.800000 s; client TIME_WAIT, server CLOSED;
                                handshake 200.000 ms
                        client  5 packets, 18 bytes; rtt 100.000/100.000/100.000 ms min/mean/max of 1
                        server  4 packets, 5 bytes; rtt 100.000/100.000/100.000 ms min/mean/max of 1

                """#
        )
    }

    @Test func `says what waits out of order, and what the missing bytes make readable`() throws {
        let rungs =
            open + [
                .client(data, 5, 1, "BBBB"), .client(data, 13, 1, "DDDD"),
                .client(data, 1, 1, "AAAA"), .client(data, 9, 1, "CCCC"),
            ]
        #expect(
            try rows(rungs)
                == #"""
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD
                      3    0.200000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                      4    0.300000  PSH ACK --------------------->          5           1      4    65535
                                     out of order: 4 bytes at 4 wait, 0 is next; "BBBB"
                      5    0.400000  PSH ACK --------------------->         13           1      4    65535
                                     out of order: 4 bytes at 12 wait, 0 is next; "DDDD"
                      6    0.500000  PSH ACK --------------------->          1           1      4    65535
                                     in order: 4 bytes at 0; the hole is filled: 4 bytes more can be read;
                                     "AAAA"
                      7    0.600000  PSH ACK --------------------->          9           1      4    65535
                                     in order: 4 bytes at 8; the hole is filled: 4 bytes more can be read;
                                     "CCCC"
                """#
        )
    }

    @Test func `tells a repeat with other bytes from one with the same, and says its kind`() throws
    {
        let rungs =
            open + [
                .client(data, 1, 1, "good"), .client(data, 1, 1, "evil"),
                .client(data, 1, 1, "good"),
                .server([.ack], 1, 5), .client(data, 1, 1, "good"), .client(data, 3, 1, "odNEW"),
            ]
        #expect(
            try rows(rungs)
                == #"""
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD
                      3    0.200000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                      4    0.300000  PSH ACK --------------------->          1           1      4    65535
                                     in order: 4 bytes at 0; "good"
                      5    0.400000  PSH ACK --------------------->          1           1      4    65535
                                     repeats 4 bytes, by the retransmission timer; OTHER BYTES than before;
                                     "evil"
                      6    0.500000  PSH ACK --------------------->          1           1      4    65535
                                     repeats 4 bytes, by the retransmission timer; the same bytes; "good"
                      7    0.600000  <------------------------- ACK          1           5      0    65535
                      8    0.700000  PSH ACK --------------------->          1           1      4    65535
                                     repeats 4 bytes, all of it was acknowledged before; the same bytes; "good"
                      9    0.800000  PSH ACK --------------------->          3           1      5    65535
                                     partly new: 2 bytes seen before, all of it was acknowledged before; the
                                     same bytes; in order: 3 bytes at 4; "odNEW"
                """#
        )
    }

    @Test func `says why bytes were given up, and that their packet came too late`() throws {
        let rungs =
            open + [
                .client(data, 5, 1, "BBBB"), .server([.ack], 1, 9), .client([.ack], 9, 1),
                .client([.ack], 9, 1), .client([.ack], 9, 1), .client(data, 1, 1, "AAAA"),
            ]
        #expect(
            try rows(rungs, settings: ["gap.time=10"]) { $0.showsEvents = true }
                == #"""
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                                     HK_SND client  ON_PKT_IN, ON_CONN_START, ON_TCP_STATE_CHANGE (SYN_SENT, -)
                                     HK_RCV server  ON_PKT_IN, ON_CONN_START,
                                                    ON_TCP_STATE_CHANGE (SYN_SENT, SYN_RCVD)
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD
                                     HK_SND server  ON_PKT_IN
                                     HK_RCV client  ON_PKT_IN, ON_TCP_STATE_CHANGE (ESTABLISHED, SYN_RCVD)
                      3    0.200000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN, ON_TCP_STATE_CHANGE (ESTABLISHED, ESTABLISHED)
                      4    0.300000  PSH ACK --------------------->          5           1      4    65535
                                     out of order: 4 bytes at 4 wait, 0 is next; "BBBB"
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN
                      5    0.400000  <------------------------- ACK          1           9      0    65535
                                     acknowledges 4 bytes that were not captured
                                     HK_SND server  ON_PKT_IN
                                     HK_RCV client  ON_PKT_IN
                      6    0.500000  ACK ------------------------->          9           1      0    65535
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN
                      7    0.600000  ACK ------------------------->          9           1      0    65535
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN
                      8    0.700000  ACK ------------------------->          9           1      0    65535
                                     GAP in the server's buffer: 4 bytes at 0 given up, the other end has them,
                                     the capture has not; 4 bytes at 4 can be read by the server
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN
                                     NULL   server  ON_GAP 4 bytes at 0, missed, ON_CONN_NEW_DATA 4 bytes at 4
                      9    0.800000  PSH ACK --------------------->          1           1      4    65535
                                     repeats 4 bytes, all of it was acknowledged before; late: they were given
                                     up as a gap, and stay out; "AAAA"
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_REXMIT spurious late, ON_PKT_IN
                      -    0.800000  no packet in hand
                                     HK_SND client  ON_CONN_END shutdown
                                     HK_RCV server  ON_CONN_END shutdown
                """#
        )
    }

    @Test func `says that a buffer has no more room behind a hole`() throws {
        let rungs = open + [5, 15, 25].map { .client(data, $0, 1, "BBBB") }
        #expect(
            try rows(rungs, settings: ["buffer=600", "keep=0"])
                == #"""
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD
                      3    0.200000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                      4    0.300000  PSH ACK --------------------->          5           1      4    65535
                                     out of order: 4 bytes at 4 wait, 0 is next; "BBBB"
                      5    0.400000  PSH ACK --------------------->         15           1      4    65535
                                     out of order: 4 bytes at 14 wait, 0 is next; "BBBB"
                      6    0.500000  PSH ACK --------------------->         25           1      4    65535
                                     out of order: 4 bytes at 24 wait, 8 is next; LIMIT: 4 bytes at 24; GAP in
                                     the server's buffer: 4 bytes at 0 given up, no more room in the buffer
                                     behind the hole; 4 bytes at 4 can be read by the server; "BBBB"
                      -    0.500000  GAP in the server's buffer: 6 bytes at 8 given up, the connection is over;
                                     4 bytes at 14 can be read by the server; GAP in the server's buffer:
                                     6 bytes at 18 given up, the connection is over; 4 bytes at 24 can be read
                                     by the server
                """#
        )
    }

    @Test func `gives up at the end of the capture what never came`() throws {
        let rungs = open + [.client(data, 5, 1, "BBBB")]
        #expect(
            try rows(rungs)
                == #"""
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD
                      3    0.200000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                      4    0.300000  PSH ACK --------------------->          5           1      4    65535
                                     out of order: 4 bytes at 4 wait, 0 is next; "BBBB"
                      -    0.300000  GAP in the server's buffer: 4 bytes at 0 given up, the connection is over;
                                     4 bytes at 4 can be read by the server
                """#
        )
    }
}
