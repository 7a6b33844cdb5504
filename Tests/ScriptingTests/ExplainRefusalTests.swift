// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Scripting

private let open = Rung.handshake
private let data: TCPFlags = [.psh, .ack]

@Suite struct `A ladder of what is out of the ordinary` {
    @Test func `says why a segment is refused`() throws {
        let rungs =
            open + [
                .client([.rst], 500), .client([.syn], 77), .client([], 1, 0, "flags"),
                .client(data, 400_000, 1, "far"), .client(data, 1, 900_000, "ack"),
                .client(data, 1, 1, "fine"), .server([.rst], 1),
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
                      4    0.300000  RST ------------------------->        500                  0    65535
                                     RST refused: it is 500, the next number is 1 (RFC 5961)
                      5    0.400000  SYN ------------------------->         77                  0    65535
                                     SYN refused: the connection is established, it may be forged (RFC 5961)
                      6    0.500000  none ------------------------>          1                  5    65535
                                     refused: neither SYN, RST nor ACK is set; "flags"
                      7    0.600000  PSH ACK --------------------->     400000           1      3    65535
                                     refused: data far beyond the window, 0 is next; "far"
                      8    0.700000  PSH ACK --------------------->          1      900000      3    65535
                                     refused: it acknowledges what was never sent, or is older than any window
                                     (RFC 5961); "ack"
                      9    0.800000  PSH ACK --------------------->          1           1      4    65535
                                     in order: 4 bytes at 0; "fine"
                     10    0.900000  <------------------------- RST          1                  0    65535
                                     client CLOSED, server CLOSED; resets the connection
                """#
        )
    }

    @Test func `says that a timestamp is older than the last one`() throws {
        func time(_ value: UInt32) -> [TCPOption] { [.timestamps(value: value, echo: 1)] }
        let rungs: [Rung] = [
            .client([.syn], 0).options(time(100)), .server([.syn, .ack], 0, 1).options(time(900)),
            .client([.ack], 1, 1).options(time(110)),
            .client(data, 1, 1, "new").options(time(120)),
            .client(data, 4, 1, "old").options(time(50)),
        ]
        #expect(
            try rows(rungs)
                == #"""
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD; timestamps
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD; timestamps
                      3    0.200000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                      4    0.300000  PSH ACK --------------------->          1           1      3    65535
                                     in order: 3 bytes at 0; "new"
                      5    0.400000  PSH ACK --------------------->          4           1      3    65535
                                     refused: timestamp 50 is older than 120 (PAWS, RFC 7323); "old"
                """#
        )
    }

    @Test func `says that both ends close at once`() throws {
        let rungs =
            open + [
                .client([.fin, .ack], 1, 1), .server([.fin, .ack], 1, 1), .client([.ack], 2, 2),
                .server([.ack], 2, 2),
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
                      4    0.300000  FIN ACK --------------------->          1           1      0    65535
                                     client FIN_WAIT_1, server CLOSE_WAIT
                      5    0.400000  <--------------------- FIN ACK          1           1      0    65535
                                     client CLOSING, server CLOSING
                      6    0.500000  ACK ------------------------->          2           2      0    65535
                                     client CLOSING, server TIME_WAIT
                      7    0.600000  <------------------------- ACK          2           2      0    65535
                                     client TIME_WAIT, server TIME_WAIT
                """#
        )
    }

    @Test func `says that a SYN was refused`() throws {
        let lines = try explain(Rung.frames([.client([.syn], 0), .server([.rst, .ack], 0, 1)]))
            .lines
        #expect(
            lines.joined(separator: "\n")
                == #"""
                flow 1  tcp 10.0.0.1:40000 > 10.0.0.2:80
                        began 2023-11-14 22:13:20.000000 UTC with packet 1
                 packet        time  client                  server         seq         ack    len   window
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                      2    0.100000  <--------------------- RST ACK       5000           1      0    65535
                                     client CLOSED, server CLOSED; resets the connection
                        end     refused: an RST answered the SYN; lasted 0.100000 s; client CLOSED,
                                server CLOSED
                        client  1 packet, 0 bytes
                        server  1 packet, 0 bytes

                """#
        )
    }

    @Test func `shows a window that closes, what probes it, and that it opens`() throws {
        let rungs =
            open + [
                .client(data, 1, 1, "full"), .server([.ack], 1, 5).window(0),
                .client([.ack], 4, 1), .server([.ack], 1, 5).window(0),
                .client(data, 5, 1, "x"), .server([.ack], 1, 6).window(1000),
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
                                     in order: 4 bytes at 0; "full"
                      5    0.400000  <------------------------- ACK          1           5      0        0
                                     closes its window
                      6    0.500000  ACK ------------------------->          4           1      0    65535
                                     probe of a closed window, nothing new
                      7    0.600000  <------------------------- ACK          1           5      0        0
                      8    0.700000  PSH ACK --------------------->          5           1      1    65535
                                     sent to a closed window; in order: 1 byte at 4; "x"
                      9    0.800000  <------------------------- ACK          1           6      0     1000
                                     opens its window again after 0.400000 s
                """#
        )
    }

    @Test func `says what a keep-alive is, and data behind a FIN`() throws {
        let rungs =
            open + [
                .client(data, 1, 1, "abc"), .server([.ack], 1, 4), .client([.ack], 3, 1, "c"),
                .client([.fin, .ack], 7, 1), .client(data, 8, 1, "no"), .client(data, 4, 1, "def"),
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
                      4    0.300000  PSH ACK --------------------->          1           1      3    65535
                                     in order: 3 bytes at 0; "abc"
                      5    0.400000  <------------------------- ACK          1           4      0    65535
                      6    0.500000  ACK ------------------------->          3           1      1    65535
                                     keep-alive, nothing new; "c"
                      7    0.600000  FIN ACK --------------------->          7           1      0    65535
                                     client FIN_WAIT_1, server ESTABLISHED; the FIN waits for 3 bytes before it
                      8    0.700000  PSH ACK --------------------->          8           1      2    65535
                                     behind the FIN: does not count; "no"
                      9    0.800000  PSH ACK --------------------->          4           1      3    65535
                                     client FIN_WAIT_1, server CLOSE_WAIT; in order: 3 bytes at 3; "def"
                """#
        )
    }

    @Test func `shows in its place a packet with a wrong checksum, and one that was cut`() throws {
        let rungs =
            open + [
                .client(data, 1, 1, "abcd").checksum(.bad), .client(data, 1, 1, "abcd"),
                .client(data, 5, 1, "efghijkl").captured(58), .client(data, 13, 1, "mn"),
            ]
        #expect(
            try rows(rungs) { $0.showsEvents = true }
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
                      4    0.300000  [PSH ACK] ------------------->          1           1      4    65535
                                     wrong checksum: not believed, no event; "abcd"
                      5    0.400000  PSH ACK --------------------->          1           1      4    65535
                                     in order: 4 bytes at 0; "abcd"
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN
                                     NULL   server  ON_CONN_NEW_DATA 4 bytes at 0
                      6    0.500000  PSH ACK --------------------->          5           1      8    65535
                                     in order: 4 bytes at 4; 4 bytes of it were not captured; GAP in the
                                     server's buffer: 4 bytes at 8 given up, the capture cut the packet; "efgh"
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN
                                     NULL   server  ON_CONN_NEW_DATA 4 bytes at 4, ON_GAP 4 bytes at 8, cut
                      7    0.600000  PSH ACK --------------------->         13           1      2    65535
                                     in order: 2 bytes at 12; "mn"
                                     HK_SND client  ON_PKT_IN
                                     HK_RCV server  ON_PKT_IN
                                     NULL   server  ON_CONN_NEW_DATA 2 bytes at 12
                      -    0.600000  no packet in hand
                                     HK_SND client  ON_CONN_END shutdown
                                     HK_RCV server  ON_CONN_END shutdown
                """#
        )
    }

    @Test func `says that the server started anew with another number`() throws {
        let rungs: [Rung] = [
            .client([.syn], 0), .server([.syn, .ack], 0, 1), .server([.syn, .ack], 70_000, 1),
            .client([.ack], 1, 70_001),
        ]
        #expect(
            try rows(rungs)
                == #"""
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD
                      3    0.200000  <--------------------- SYN ACK          0           1      0    65535
                                     another ISN: the server has started anew
                      4    0.300000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                """#
        )
    }

    @Test func `escapes what could steer a terminal`() throws {
        let rungs = open + [.client(data, 1, 1, "\u{1B}[2Ja\"\\\t\u{9B}")]
        #expect(
            try rows(rungs)
                == #"""
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                      2    0.100000  <--------------------- SYN ACK          0           1      0    65535
                                     client ESTABLISHED, server SYN_RCVD
                      3    0.200000  ACK ------------------------->          1           1      0    65535
                                     client ESTABLISHED, server ESTABLISHED
                      4    0.300000  PSH ACK --------------------->          1           1     10    65535
                                     in order: 10 bytes at 0; "\x1b[2Ja\"\\\t\xc2\x9b"
                """#
        )
    }

    @Test func `names tags and tunnels, and brackets IPv6 addresses`() throws {
        var builder = PacketBuilder(ip: .ipv6)
        builder.vlanTags = [VLANTag(7)]
        let lines = try explain(Rung.frames([.client([.syn], 0)], builder)).lines
        #expect(
            lines.joined(separator: "\n")
                == #"""
                flow 1  tcp [2001:db8::1]:40000 > [2001:db8::2]:80
                        began 2023-11-14 22:13:20.000000 UTC with packet 1; vlan 7
                 packet        time  client                  server         seq         ack    len   window
                      1    0.000000  SYN ------------------------->          0                  0    65535
                                     client SYN_SENT, server SYN_RCVD
                        end     shutdown: the capture ended; lasted 0.000000 s; client SYN_SENT, server SYN_RCVD
                        client  1 packet, 0 bytes
                        server  0 packets, 0 bytes

                """#
        )
        builder = PacketBuilder(tunnels: [BuiltTunnel(.vxlan(42))])
        let inner = try explain(Rung.frames([.client([.syn], 0)], builder)).lines
        #expect(
            inner.prefix(3).joined(separator: "\n")
                == #"""
                flow 1  tcp 10.0.0.1:40000 > 10.0.0.2:80
                        began 2023-11-14 22:13:20.000000 UTC with packet 1; in vxlan 42 192.0.2.1 > 192.0.2.2
                 packet        time  client                  server         seq         ack    len   window
                """#
        )
    }

    @Test func `begins in the middle when the setting says so`() throws {
        let rungs: [Rung] = [.client(data, 100, 50, "mid"), .server(data, 50, 103, "dle")]
        #expect(
            try rows(rungs, settings: ["midstream=on"])
                == #"""
                      1    0.000000  PSH ACK --------------------->          1           1      3    65535
                                     client ESTABLISHED, server ESTABLISHED; in order: 3 bytes at 0; "mid"
                      2    0.100000  <--------------------- PSH ACK          1           4      3    65535
                                     in order: 3 bytes at 0; "dle"
                """#
        )
        let lines = try explain(Rung.frames(rungs)).lines
        #expect(
            lines.joined(separator: "\n")
                == #"""
                      1    0.000000  tcp 10.0.0.1:40000 > 10.0.0.2:80 PSH ACK, 57 bytes; orphan: its SYN was not
                                     seen (--set midstream=on)
                      2    0.100000  tcp 10.0.0.2:80 > 10.0.0.1:40000 PSH ACK, 57 bytes; orphan: its SYN was not
                                     seen (--set midstream=on)
                """#
        )
    }
}
