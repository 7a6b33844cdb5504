// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Glibc
import Packets
import Testing

@testable import Scripting

private let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

private func capture(_ name: String) throws -> CaptureFileSource {
    try CaptureFileSource(path: "\(folder)/examples/captures/\(name).pcap")
}

/// Two connections whose packets take turns.
private let interleaved: [Rung] = [
    .client([.syn], 0), .client([.syn], 0).port(40001), .server([.rst, .ack], 0, 1),
    .client([.ack], 1, 1).port(40001),
]

@Suite struct `The options of mos explain` {
    @Test func `show flows one after the other, by their end`() throws {
        let (lines, report) = try explain(Rung.frames(interleaved))
        #expect(
            lines.filter { $0.hasPrefix("flow ") }.map { String($0.prefix(30)) } == [
                "flow 1  tcp 10.0.0.1:40000 > 1", "flow 2  tcp 10.0.0.1:40001 > 1",
            ]
        )
        #expect(lines.allSatisfy { $0.count <= 100 })
        #expect(report == "explained 2 flows of 2")
    }

    @Test func `show packets as they come, tagged with their flow`() throws {
        let lines = try explain(Rung.frames(interleaved)) { $0.isInterleaved = true }.lines
        let packets = lines.filter { $0.contains("--") }.map { String($0.prefix(12)) }
        #expect(packets == ["   1       1", "   2       2", "   1       3", "   2       4"])
        #expect(lines.allSatisfy { $0.count <= 100 })
    }

    @Test func `show one flow only, by its number`() throws {
        let (lines, report) = try explain(capture("web")) { $0.flows = [3] }
        #expect(lines.filter { $0.hasPrefix("flow ") }.count == 1)
        #expect(lines[0] == "flow 3  tcp 10.0.0.1:40020 > 10.0.0.2:80")
        // Others had begun before it was over.
        #expect(report == "explained 1 flow of 8")
    }

    @Test func `stop behind the last flow that is wanted`() throws {
        let (lines, report) = try explain(capture("web")) { $0.maxFlows = 2 }
        #expect(lines.filter { $0.hasPrefix("flow ") }.count == 2)
        #expect(report == "explained 2 flows of 8")
    }

    @Test func `select flows by their first packet, and packets of none`() throws {
        let (lines, report) = try explain(capture("web")) { $0.filter = "port 40010" }
        #expect(
            lines.filter { $0.hasPrefix("flow ") } == ["flow 1  tcp 10.0.0.1:40010 > 10.0.0.2:80"]
        )
        #expect(report == "explained 1 flow of 1 that the filter selects")
        let nothing = try explain(capture("web")) { $0.filter = "port 9" }
        #expect(nothing.lines == [])
        #expect(nothing.report.contains("it judges a flow by its first packet alone"))
    }

    @Test(arguments: [1, 2, 10, 12, 25])
    func `keep the first and the last rows of a flow, and say how many are left out`(most: Int)
        throws
    {
        var rungs = Rung.handshake
        for place in 0..<UInt32(100) { rungs.append(.client([.ack, .psh], 1 + place, 1, "x")) }
        let lines = try explain(Rung.frames(rungs)) { $0.packets = most }.lines
        let numbers = lines.filter { $0.contains("---") }
            .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        let last = (most + 9) / 10
        // The row of the end, which has no packet, shows nothing.
        #expect(numbers == Array(1..<(1 + most - last)) + Array((104 - last)...103))
        #expect(lines.contains { $0.hasPrefix("    ... \(103 - most) rows left out") })
    }

    @Test func `keep all rows when asked to`() throws {
        var rungs = Rung.handshake
        for place in 0..<UInt32(1200) { rungs.append(.client([.ack, .psh], 1 + place, 1, "x")) }
        let lines = try explain(Rung.frames(rungs)) { $0.packets = 0 }.lines
        #expect(lines.filter { $0.contains("--") }.count == 1203)
        #expect(!lines.contains { $0.contains("left out") })
    }

    @Test func `write a record for each packet and each end`() throws {
        let frames = Rung.frames([.client([.syn], 0), .server([.rst, .ack], 0, 1)])
        let lines = try explain(frames) { $0.writesRecords = true }.lines
        #expect(
            lines.joined(separator: "\n")
                == #"""
                {"client":"10.0.0.1:40000","client_state":"SYN_SENT","events":[{"hook":"HK_SND","name":"ON_PKT_IN","side":"client"},{"hook":"HK_SND","name":"ON_CONN_START","side":"client"},{"client":"SYN_SENT","hook":"HK_SND","name":"ON_TCP_STATE_CHANGE","side":"client"},{"hook":"HK_RCV","name":"ON_PKT_IN","side":"server"},{"hook":"HK_RCV","name":"ON_CONN_START","side":"server"},{"client":"SYN_SENT","hook":"HK_RCV","name":"ON_TCP_STATE_CHANGE","server":"SYN_RCVD","side":"server"}],"flags":"SYN","flow":1,"from":"client","len":0,"offset":0,"packet":1,"proto":"tcp","raw_window":65535,"said":["client SYN_SENT, server SYN_RCVD"],"seq":0,"server":"10.0.0.2:80","server_state":"SYN_RCVD","since":0,"time":1700000000,"type":"packet","window":65535}
                {"ack":1,"client":"10.0.0.1:40000","client_state":"CLOSED","decided":["reset"],"events":[{"hook":"HK_SND","name":"ON_PKT_IN","side":"server"},{"client":"SYN_SENT","hook":"HK_SND","name":"ON_TCP_STATE_CHANGE","server":"CLOSED","side":"server"},{"hook":"HK_RCV","name":"ON_PKT_IN","side":"client"},{"client":"CLOSED","hook":"HK_RCV","name":"ON_TCP_STATE_CHANGE","server":"CLOSED","side":"client"},{"hook":"HK_SND","name":"ON_CONN_END","reason":"refused","side":"client"},{"hook":"HK_RCV","name":"ON_CONN_END","reason":"refused","side":"server"}],"flags":"RST ACK","flow":1,"from":"server","len":0,"packet":2,"proto":"tcp","raw_window":65535,"said":["client CLOSED, server CLOSED","resets the connection"],"seq":5000,"server":"10.0.0.2:80","server_state":"CLOSED","since":0.1,"time":1700000000.1,"type":"packet","window":65535}
                {"client":"10.0.0.1:40000","client_sent":{"bytes":0,"dup_acks":0,"gap_bytes":0,"gaps":0,"isn":1000,"out_of_order":0,"packets":1,"retransmitted":0,"rexmit_fast":0,"rexmit_probe":0,"rexmit_rto":0,"rexmit_spurious":0,"rtt_samples":0,"state":"CLOSED","unique_bytes":0,"zero_windows":0},"duration":0.1,"flow":1,"proto":"tcp","reason":"refused","server":"10.0.0.2:80","server_sent":{"bytes":0,"dup_acks":0,"gap_bytes":0,"gaps":0,"out_of_order":0,"packets":1,"retransmitted":0,"rexmit_fast":0,"rexmit_probe":0,"rexmit_rto":0,"rexmit_spurious":0,"rtt_samples":0,"state":"CLOSED","unique_bytes":0,"zero_windows":0},"type":"end"}
                """#
        )
    }

    @Test(arguments: ["web", "web-loss", "slow-reader", "datagrams", "ipv6", "web-duplicates"])
    func `write records of everything in the examples' captures`(name: String) throws {
        let lines = try explain(capture(name)) { $0.writesRecords = true }.lines
        #expect(lines.count > 10)
        #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }

    @Test func `colour text when they are told to, and not else`() throws {
        let plain = try explain(capture("web")).lines
        #expect(!plain.contains { $0.contains("\u{1B}") })
        let coloured = try explain(capture("web")) { $0.hasColour = true }.lines
        #expect(
            coloured.contains {
                $0.contains("\u{1B}[36mclient SYN_SENT, server SYN_RCVD; \u{1B}[0m")
            }
        )
        let stripped = coloured.map { $0.replacing(/\u{1B}\[[0-9]*m/, with: "") }
        #expect(stripped == plain)
    }

    @Test func `say of packets of no flow why there is none`() throws {
        let ip = PacketBuilder()
        let frames: [Rung] = [
            .frame(ip.frame(etherType: 0x0806, [UInt8](repeating: 0, count: 28))),
            .frame(ip.frame(47, [0, 0, 1, 2])), .frame(ip.frame(132, [1, 2, 3, 4])),
            .client([.syn, .fin], 0), .client([.syn], 0), .client([.rst], 1),
            .server([.ack], 1, 1), .client([.ack], 9, 9).checksum(.bad).port(41000),
        ]
        let lines = try explain(Rung.frames(frames)).lines
        let strays = lines.filter {
            $0.hasPrefix("   ") && !$0.contains("--") && !$0.contains("began")
                && !$0.contains("packets")
        }
        #expect(
            strays.joined(separator: "\n")
                == #"""
                      1    0.000000  ARP, 42 bytes; not IP: seen by RAW sockets alone
                      2    0.100000  ip protocol 47 10.0.0.1 > 10.0.0.2, 38 bytes; orphan: neither TCP, UDP nor
                                     ICMP
                      3    0.200000  ip protocol 132 10.0.0.1 > 10.0.0.2, 38 bytes; orphan: neither TCP, UDP nor
                                     ICMP
                      4    0.300000  tcp 10.0.0.1:40000 > 10.0.0.2:80 SYN FIN, 54 bytes; orphan: a SYN with FIN
                                     or RST starts no connection
                                     client SYN_SENT, server SYN_RCVD
                                     client CLOSED, server CLOSED; resets the connection
                        end     reset: an RST ended it; lasted 0.100000 s; client CLOSED, server CLOSED
                      7    0.600000  tcp 10.0.0.2:80 > 10.0.0.1:40000 ACK, 54 bytes; orphan: its flow, 1, is
                                     over
                      8    0.700000  tcp 10.0.0.1:41000 > 10.0.0.2:80 ACK, 54 bytes; wrong checksum: not
                                     believed, no event
                """#
        )
    }

    @Test func `show UDP and ICMP flows with a line a packet`() throws {
        let lines = try explain(capture("datagrams")).lines
        #expect(
            lines.prefix(9).joined(separator: "\n")
                == #"""
                flow 1  udp 10.0.0.1:40400 > 10.0.0.2:53
                        began 2026-11-22 14:08:09.660966 UTC with packet 1
                      1    0.000000  ----------------------------->  33 bytes; "\x00\x01\x01\x00\x00\x01\x00"...
                      2    0.010191  <-----------------------------  49 bytes; "\x00\x01\x81\x80\x00\x01\x00"...
                      3    0.010255  ----------------------------->  33 bytes; "\x00\x02\x01\x00\x00\x01\x00"...
                      4    0.020340  <-----------------------------  49 bytes; "\x00\x02\x81\x80\x00\x01\x00"...
                        end     shutdown: the capture ended; lasted 0.020340 s
                        client  2 packets, 66 bytes
                        server  2 packets, 98 bytes
                """#
        )
        #expect(lines.contains { $0.contains("type 3 code 3, an error about udp") })
    }

    @Test func `say that the table is full`() throws {
        let frames = Rung.frames([.client([.syn], 0), .client([.syn], 0).port(40001)])
        let lines = try explain(frames, settings: ["max_flows=1"]).lines
        let text = lines.joined().split(separator: " ").joined(separator: " ")
        #expect(
            text.contains("40001 > 10.0.0.2:80 SYN, 54 bytes; orphan: the table of flows is full")
        )
    }

    @Test(arguments: 0..<20)
    func `hold for any segments at all`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var frames: [Rung] = []
        for _ in 0..<200 {
            var bytes = PacketBuilder().frame(
                TCPSegment(
                    sourcePort: 40000 + UInt16(random.next() % 3),
                    seq: 1000 &+ UInt32(random.next() % 64),
                    ack: 5000 &+ UInt32(random.next() % 64),
                    flags: TCPFlags(rawValue: UInt8(truncatingIfNeeded: random.next())),
                    window: UInt16(random.next() % 3) * 20,
                    payload: (0..<random.next() % 40).map { UInt8(truncatingIfNeeded: $0) }
                )
            )
            // Headers stay sound: a test must not throw below a compiled loop of Lua.
            let place = 54 + Int(random.next() % 40)
            if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
            frames.append(.frame(bytes).captured(random.next() % 16 == 0 ? max(54, place) : .max))
        }
        let isMidstream = seed % 2 == 0
        let lines = try explain(
            Rung.frames(frames),
            settings: ["checksums=off", "midstream=\(isMidstream ? "on" : "off")"]
        ) { $0.showsEvents = true }.lines
        #expect(lines.count > 200, "seed \(seed)")
        #expect(lines.filter { $0.count > 100 } == [], "seed \(seed)")
    }
}
