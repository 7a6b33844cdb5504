// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Flows
import Packets
import Testing

/// Several monitor sockets are a chain of boxes on the wire; the order of all events of one packet.
struct ChainTests {
    private func chain(_ kinds: [Event], _ lines: [Line]) throws -> Recorder {
        let recorder = try Recorder(lines)
        for name in ["A", "B", "C"] { recorder.stream(name, kinds) }
        return recorder
    }

    @Test func `T37 a packet from the client visits all at HK_SND, then all at HK_RCV`() throws {
        #expect(
            try chain([.packetIn, .connStart], [.client(.syn, 0)]).run() == [
                "A 1 SND CLI PKT_IN", "A 1 SND CLI CONN_START",
                "B 1 SND CLI PKT_IN", "B 1 SND CLI CONN_START",
                "C 1 SND CLI PKT_IN", "C 1 SND CLI CONN_START",
                "A 1 RCV SVR PKT_IN", "A 1 RCV SVR CONN_START",
                "B 1 RCV SVR PKT_IN", "B 1 RCV SVR CONN_START",
                "C 1 RCV SVR PKT_IN", "C 1 RCV SVR CONN_START",
            ]
        )
    }

    @Test func `T37 a packet from the server visits them in reverse`() throws {
        let ladder: [Line] = [.client(.syn, 0), .server(.synAck, 0, 1)]
        #expect(
            try chain([.packetIn, .stateChange], ladder).run().dropFirst(12) == [
                "C 2 SND SVR PKT_IN", "B 2 SND SVR PKT_IN", "A 2 SND SVR PKT_IN",
                "C 2 RCV CLI PKT_IN", "C 2 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
                "B 2 RCV CLI PKT_IN", "B 2 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
                "A 2 RCV CLI PKT_IN", "A 2 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
            ]
        )
    }

    @Test func `NEW_DATA of the server goes in creation order, of the client in reverse`() throws {
        let ladder =
            Line.handshake + [.client(.ack, 1, 1, "ping"), .server(.ack, 1, 5, "pong")]
        #expect(
            try chain([.newData], ladder).run() == [
                "A 4 SVR NEW_DATA 'ping'", "B 4 SVR NEW_DATA 'ping'", "C 4 SVR NEW_DATA 'ping'",
                "C 5 CLI NEW_DATA 'pong'", "B 5 CLI NEW_DATA 'pong'", "A 5 CLI NEW_DATA 'pong'",
            ]
        )
    }

    @Test func `CONN_END visits each socket once per hook`() throws {
        let ladder = Line.handshake + [.client(.rst, 1)]
        #expect(
            try chain([.connEnd], ladder).run() == [
                "A 4 SND CLI CONN_END reset", "B 4 SND CLI CONN_END reset",
                "C 4 SND CLI CONN_END reset",
                "A 4 RCV SVR CONN_END reset", "B 4 RCV SVR CONN_END reset",
                "C 4 RCV SVR CONN_END reset",
            ]
        )
    }

    @Test func `RAW comes first, then the sender's hook, the receiver's, NEW_DATA, the end`() throws
    {
        // The FIN fills no hole, but the RST behind it ends the flow: every phase has something.
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 1, 1, "AAAA"), .client(.finAck, 3, 1, "AABB")]
        ) { $0.timeWait = 0 }
        recorder.stream()
        recorder.raw("raw")
        recorder.run()
        #expect(
            recorder.lines.filter { $0.contains("5 ") } == [
                "raw 5 PKT_IN",
                "5 SND CLI PKT_IN",
                "5 SND CLI STATE [FIN_WAIT_1 ESTABLISHED]",
                "5 RCV SVR REXMIT",
                "5 RCV SVR PKT_IN",
                "5 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
                "5 SVR NEW_DATA 'BB'",
            ]
        )
    }

    @Test func `each socket has its own read offset`() throws {
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 1, 1, "abc"), .client(.ack, 4, 1, "def")]
        )
        let quick = recorder.stream("quick", [.newData])
        recorder.stream("slow", [.newData])
        recorder.reads = false
        var seen: [String] = []
        recorder.run { event in
            if event.socket == quick {
                seen.append("quick \(recorder.take(.server))")
            } else {
                seen.append("slow \(recorder.view(.server))")
            }
        }
        #expect(seen == ["quick abc", "slow abc", "quick def", "slow abcdef"])
    }

    @Test func `a socket that peeks early leaves the others their data`() throws {
        let recorder = try Recorder(Line.handshake + [.client(.ack, 1, 1, "data")])
        let eager = recorder.stream("eager", [.connStart])
        recorder.stream("patient", [.newData])
        recorder.run { event in
            if event.socket == eager { #expect(recorder.view(.server) == "") }
        }
        #expect(recorder.lines.last == "patient 4 SVR NEW_DATA 'data'")
    }

    @Test func `what one socket reads at HK_RCV is news for another`() throws {
        let recorder = try Recorder(Line.handshake + [.client(.ack, 1, 1, "data")])
        let first = recorder.stream("first", [.packetIn, .newData])
        recorder.stream("second", [.newData])
        recorder.run { event in
            if event.socket == first, event.number == 4, event.hook == Hook.rcv.number {
                #expect(recorder.take(.server) == "data")
            }
        }
        #expect(
            recorder.lines.suffix(2) == ["first 4 RCV SVR PKT_IN", "second 4 SVR NEW_DATA 'data'"]
        )
    }

    @Test func `T38 the hit of one socket's filter does not affect another`() throws {
        let recorder = try Recorder([.client(.syn, 0), .client(.syn, 0).flow(1)])
        let one = recorder.stream("one", [.connStart])
        let none = recorder.stream("none", [.connStart])
        recorder.stream("all", [.connStart])
        recorder.filter(one, MOS_FILTER_SYN, "tcp src port 40001")
        recorder.filter(none, MOS_FILTER_SYN, "udp")
        #expect(
            recorder.run() == [
                "all 1 SND CLI CONN_START", "all 1 RCV SVR CONN_START",
                "one flow 1: 2 SND CLI CONN_START", "all flow 1: 2 SND CLI CONN_START",
                "one flow 1: 2 RCV SVR CONN_START", "all flow 1: 2 RCV SVR CONN_START",
            ]
        )
    }

    @Test(arguments: [
        ("tcp dst port 80 and (src port 40001 or src port 40002)", ["40001", "40002"]),
        ("tcp[0:2] >= 40002 and tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn", ["40002"]),
        ("not (portrange 40001-40002 or udp) and ip[8] > 0", ["40000"]),
    ])
    func `T39 filters are full libpcap expressions`(expression: String, ports: [String]) throws {
        let recorder = try Recorder([
            .client(.syn, 0), .client(.syn, 0).flow(1), .client(.syn, 0).flow(2),
        ])
        let socket = recorder.stream("", [.connStart])
        recorder.filter(socket, MOS_FILTER_SYN, expression)
        let started = recorder.run().filter { $0.contains("SND") }
        let names = ["40000": "1 SND", "40001": "flow 1: 2 SND", "40002": "flow 2: 3 SND"]
        #expect(started == ports.map { names[$0, default: ""] + " CLI CONN_START" })
    }

    @Test func `T63 a RAW socket that closes another, or itself, takes no packet from a third`()
        throws
    {
        for closed in 0..<2 as Range<Int32> {
            let recorder = try Recorder([.client(.syn, 0), .server(.synAck, 0, 1)])
            for name in ["A", "B", "C"] { recorder.raw(name) }
            recorder.run { event in
                guard event.number == 1, event.socket == 1 else { return }
                #expect(recorder.worker.closeSocket(closed) == 0)
            }
            let other = closed == 0 ? "B" : "A"
            #expect(
                recorder.lines == ["A 1", "B 1", "C 1", "\(other) 2", "C 2"].map { $0 + " PKT_IN" }
            )
        }
    }

    @Test func `T37 thirty-two sockets are visited in order`() throws {
        let recorder = try Recorder([.client(.syn, 0), .server(.synAck, 0, 1)])
        let names = (0..<32).map { "s\($0)" }
        for name in names { recorder.stream(name, [.packetIn]) }
        #expect(recorder.worker.makeSocket(type: Int32(MOS_SOCK_MONITOR_STREAM)) == -23)
        let expected =
            names.map { "\($0) 1 SND CLI PKT_IN" } + names.map { "\($0) 1 RCV SVR PKT_IN" }
            + names.reversed().map { "\($0) 2 SND SVR PKT_IN" }
            + names.reversed().map { "\($0) 2 RCV CLI PKT_IN" }
        #expect(recorder.run() == expected)
    }

    @Test func `T64 a filter bound later serves flows whose SYN comes later`() throws {
        let recorder = try Recorder([
            .client(.syn, 0), .client(.syn, 0).flow(1), .server(.synAck, 0, 1),
            .client(.syn, 0).flow(2),
        ])
        let socket = recorder.stream("", [.packetIn])
        recorder.run { event in
            if event.number == 1 { recorder.filter(socket, MOS_FILTER_SYN, "src port 40002") }
        }
        #expect(
            recorder.lines.filter { $0.contains("SND") } == [
                "1 SND CLI PKT_IN", "3 SND SVR PKT_IN", "flow 2: 4 SND CLI PKT_IN",
            ]
        )
    }
}
