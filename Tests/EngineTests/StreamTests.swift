// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// Cases T02 to T05, T08, T09, T11, T34 of the contract, and its rules about NEW_DATA.
struct StreamTests {
    private let request = Line.handshake + [.client(.ack, 1, 1, "GET /")]

    @Test func `T02 at HK_SND nothing of the packet is readable, at HK_RCV all of it`() throws {
        let recorder = try Recorder(request)
        recorder.stream("", [.packetIn, .newData])
        recorder.reads = false
        var seen: [String] = []
        recorder.run { event in
            if event.number == 4 { seen.append("\(event): '\(recorder.view(.server))'") }
        }
        #expect(
            seen == [
                "4 SND CLI PKT_IN: ''",
                "4 RCV SVR PKT_IN: 'GET /'",
                "4 SVR NEW_DATA: 'GET /'",
            ]
        )
    }

    @Test func `T03 what was peeked is gone, and raises no NEW_DATA`() throws {
        let recorder = try Recorder(request)
        recorder.stream("", [.packetIn, .newData])
        var taken: [String] = []
        recorder.run { event in
            guard event.number == 4, event.hook == Hook.rcv.number else { return }
            taken = [recorder.take(.server), recorder.take(.server)]
        }
        #expect(taken == ["GET /", ""])
        #expect(recorder.lines.filter { $0.contains("NEW_DATA") } == [])
    }

    @Test func `NEW_DATA comes for what a callback at HK_RCV left`() throws {
        let recorder = try Recorder(request)
        recorder.stream("", [.packetIn, .newData])
        recorder.run { event in
            if event.number == 4, event.hook == Hook.rcv.number {
                #expect(recorder.take(.server, 3) == "GET")
            }
        }
        #expect(recorder.lines.last == "4 SVR NEW_DATA ' /'")
    }

    @Test(arguments: [1, 2, 64])
    func `T04 three segments raise three NEW_DATA, whatever the bursts`(burst: Int) throws {
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "one"), .client(.ack, 4, 1, "two"),
                .client(.ack, 7, 1, "three"),
            ]
        let recorder = try Recorder(ladder, burstLength: burst)
        recorder.stream("", [.newData])
        #expect(
            recorder.run() == [
                "4 SVR NEW_DATA 'one'", "5 SVR NEW_DATA 'two'", "6 SVR NEW_DATA 'three'",
            ]
        )
    }

    /// B@4, D@12, A@0, C@8.
    private let shuffled =
        Line.handshake + [
            .client(.ack, 5, 1, "BBBB"), .client(.ack, 13, 1, "DDDD"), .client(.ack, 1, 1, "AAAA"),
            .client(.ack, 9, 1, "CCCC"),
        ]

    @Test func `T05 out of order segments come in order`() throws {
        #expect(
            try events([.newData, .rexmit, .gap, .error], shuffled) == [
                "6 SVR NEW_DATA 'AAAABBBB'", "7 SVR NEW_DATA 'CCCCDDDD'",
            ]
        )
    }

    @Test func `T05 fragments show what is held, unread bytes included`() throws {
        let recorder = try Recorder(shuffled)
        recorder.stream("", [.packetIn, .newData])
        recorder.reads = false
        var fragments: [String] = []
        recorder.run { event in
            guard event.number > 3, event.event == .packetIn, event.hook == Hook.rcv.number else {
                return
            }
            fragments.append(recorder.fragments(.server))
            if event.number == 4 {
                #expect(recorder.ppeek(.server, at: 4, 8) == "BBBB")
                #expect(recorder.ppeek(.server, at: 5, 2) == "BB")
                #expect(recorder.ppeek(.server, at: 0, 8) == nil)
            }
        }
        #expect(fragments == ["[4+4]", "[4+4][12+4]", "[0+8][12+4]", "[0+16]"])
    }

    @Test func `what was read and is not kept is no fragment`() throws {
        let recorder = try Recorder(shuffled)
        recorder.stream("", [.packetIn, .newData])
        var fragments: [String] = []
        recorder.run { event in
            if event.number == 7, event.hook == Hook.snd.number {
                fragments.append(recorder.fragments(.server))
            }
        }
        #expect(fragments == ["[12+4]"])
    }

    @Test func `T08 of a partial overlap only the new tail is news`() throws {
        let ladder =
            Line.handshake + [.client(.ack, 1, 1, "AAAA"), .client(.ack, 3, 1, "AABB")]
        #expect(
            try events([.packetIn, .rexmit, .newData], ladder).suffix(5) == [
                "4 SVR NEW_DATA 'AAAA'",
                "5 SND CLI PKT_IN",
                "5 RCV SVR REXMIT",
                "5 RCV SVR PKT_IN",
                "5 SVR NEW_DATA 'BB'",
            ]
        )
    }

    @Test func `T09 what came first stays, a stored fragment too`() throws {
        let ladder =
            Line.handshake + [.client(.ack, 5, 1, "BBBB"), .client(.ack, 1, 1, "AAAAxxxxCC")]
        #expect(
            try events([.rexmit, .newData], ladder) == [
                "5 RCV SVR REXMIT", "5 SVR NEW_DATA 'AAAABBBBCC'",
            ]
        )
    }

    @Test func `the same bytes again are a repeat and no news`() throws {
        let ladder = Line.handshake + [.client(.ack, 1, 1, "AAAA"), .client(.ack, 1, 1, "AAAA")]
        #expect(
            try events([.packetIn, .rexmit, .newData], ladder).suffix(3) == [
                "5 SND CLI PKT_IN", "5 RCV SVR REXMIT", "5 RCV SVR PKT_IN",
            ]
        )
    }

    @Test(arguments: [0xFFFF_FFF0, 0xFFFF_FFFF, 0x7FFF_FFFE] as [UInt32])
    func `T11 offsets run on where sequence numbers wrap`(isn: UInt32) throws {
        let parts = (0..<8).map { "part \($0)." }
        let ladder =
            Line.handshake
            + parts.enumerated().map { .client(.ack, 1 + UInt32($0.offset) * 7, 1, $0.element) }
        let recorder = try Recorder(ladder, wire: Wire(clientISN: isn, serverISN: isn))
        recorder.stream("", [.newData])
        var offsets: [Int] = []
        recorder.run { event in offsets.append(Int(event.packet?.offset ?? -1)) }
        #expect(
            recorder.lines == parts.enumerated().map { "\($0 + 4) SVR NEW_DATA '\($1)'" }
        )
        #expect(offsets == (0..<8).map { $0 * 7 })
    }

    @Test func `T11 out of order over the wrap`() throws {
        let wire = Wire(clientISN: 0xFFFF_FFF8)
        #expect(
            try events([.newData, .rexmit], shuffled, wire: wire) == [
                "6 SVR NEW_DATA 'AAAABBBB'", "7 SVR NEW_DATA 'CCCCDDDD'",
            ]
        )
    }

    @Test func `T34 data on the third ACK is delivered`() throws {
        let ladder: [Line] = [
            .client(.syn, 0), .server(.synAck, 0, 1), .client(.ack, 1, 1, "GET /"),
        ]
        #expect(
            try events([.packetIn, .stateChange, .newData], ladder).suffix(4) == [
                "3 SND CLI PKT_IN",
                "3 RCV SVR PKT_IN",
                "3 RCV SVR STATE [ESTABLISHED ESTABLISHED]",
                "3 SVR NEW_DATA 'GET /'",
            ]
        )
    }

    @Test func `T31 keep-alives are marked, with a byte they are repeats`() throws {
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "data"), .client(.ack, 4, 1), .client(.ack, 4, 1, "?"),
                .client(.ack, 5, 1, "more"),
            ]
        #expect(
            try events([.packetIn, .rexmit, .newData], ladder).dropFirst(9) == [
                "5 SND CLI PKT_IN keepalive",
                "5 RCV SVR PKT_IN keepalive",
                "6 SND CLI PKT_IN keepalive",
                "6 RCV SVR REXMIT",
                "6 RCV SVR PKT_IN keepalive",
                "7 SND CLI PKT_IN",
                "7 RCV SVR PKT_IN",
                "7 SVR NEW_DATA 'more'",
            ]
        )
    }

    @Test func `unread bytes wait, and each segment says so again`() throws {
        let ladder = Line.handshake + [.client(.ack, 1, 1, "one"), .client(.ack, 4, 1, "two")]
        let recorder = try Recorder(ladder)
        recorder.stream("", [.newData])
        recorder.reads = false
        var seen: [String] = []
        recorder.run { _ in seen.append(recorder.view(.server)) }
        #expect(seen == ["one", "onetwo"])
    }

    @Test func `a segment that is not captured whole leaves a gap where it was cut`() throws {
        // 54 bytes of headers, then four of eight bytes.
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "AAAABBBB").captured(58), .client(.ack, 9, 1, "CCCC"),
            ]
        #expect(
            try events([.newData, .gap], ladder) == [
                "4 SVR NEW_DATA 'AAAA'", "4 SVR GAP 4+4", "5 SVR NEW_DATA 'CCCC'",
            ]
        )
    }

    @Test func `each direction has its own stream`() throws {
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "ping"), .server(.ack, 1, 5, "pong"),
                .client(.ack, 5, 5, "bye"),
            ]
        #expect(
            try events([.newData], ladder) == [
                "4 SVR NEW_DATA 'ping'", "5 CLI NEW_DATA 'pong'", "6 SVR NEW_DATA 'bye'",
            ]
        )
    }
}
