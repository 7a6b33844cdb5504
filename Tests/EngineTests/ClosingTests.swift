// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// Cases T14 to T22 of the contract: FIN, RST, TIME-WAIT.
struct ClosingTests {
    private let close: [Line] = [
        .client(.finAck, 1, 1), .server(.ack, 1, 2), .server(.finAck, 1, 2), .client(.ack, 2, 2),
    ]

    /// The events of a ladder where connections are forgotten as soon as they are closed.
    private func eventsWithoutTimeWait(_ kinds: [Event], _ ladder: [Line]) throws -> [String] {
        let recorder = try Recorder(ladder) { $0.timeWait = 0 }
        recorder.stream("", kinds)
        return recorder.run()
    }

    @Test func `T14 a FIN again is a repeat that moves nothing`() throws {
        let ladder = Line.handshake + [.client(.finAck, 1, 1), .client(.finAck, 1, 1)]
        #expect(
            try events([.packetIn, .stateChange, .rexmit], ladder).suffix(5) == [
                "4 RCV SVR PKT_IN",
                "4 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
                "5 SND CLI PKT_IN",
                "5 RCV SVR REXMIT",
                "5 RCV SVR PKT_IN",
            ]
        )
    }

    @Test func `T15 a normal close`() throws {
        let lines = try eventsWithoutTimeWait(
            [.packetIn, .stateChange, .connEnd],
            Line.handshake + close
        )
        #expect(
            lines.filter { $0 >= "4" && !$0.hasPrefix("@") } == [
                "4 SND CLI PKT_IN",
                "4 SND CLI STATE [FIN_WAIT_1 ESTABLISHED]",
                "4 RCV SVR PKT_IN",
                "4 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
                "5 SND SVR PKT_IN",
                "5 RCV CLI PKT_IN",
                "5 RCV CLI STATE [FIN_WAIT_2 CLOSE_WAIT]",
                "6 SND SVR PKT_IN",
                "6 SND SVR STATE [FIN_WAIT_2 LAST_ACK]",
                "6 RCV CLI PKT_IN",
                "6 RCV CLI STATE [TIME_WAIT LAST_ACK]",
                "7 SND CLI PKT_IN",
                "7 RCV SVR PKT_IN",
                "7 RCV SVR STATE [TIME_WAIT CLOSED]",
                "7 SND CLI CONN_END fin",
                "7 RCV SVR CONN_END fin",
            ]
        )
    }

    @Test func `T15 the server may close first`() throws {
        let ladder =
            Line.handshake + [
                .server(.finAck, 1, 1), .client(.finAck, 1, 2), .server(.ack, 2, 2),
            ]
        #expect(
            try eventsWithoutTimeWait([.stateChange, .connEnd], ladder).dropFirst(4) == [
                "4 SND SVR STATE [ESTABLISHED FIN_WAIT_1]",
                "4 RCV CLI STATE [CLOSE_WAIT FIN_WAIT_1]",
                "5 SND CLI STATE [LAST_ACK FIN_WAIT_1]",
                "5 RCV SVR STATE [LAST_ACK TIME_WAIT]",
                "6 RCV CLI STATE [CLOSED TIME_WAIT]",
                "6 SND CLI CONN_END fin",
                "6 RCV SVR CONN_END fin",
            ]
        )
    }

    @Test func `T16 CONN_END comes a second after the last packet`() throws {
        // The ACK at 0.5 s restarts the timer, the other flow moves the clock.
        let recorder = try Recorder(
            Line.handshake + close + [
                .client(.ack, 2, 2).at(0.5), .client(.syn, 0).flow(1).at(1.4),
                .client(.syn, 0).flow(1).at(1.6),
            ]
        )
        recorder.stream("", [.packetIn, .stateChange, .connEnd])
        #expect(
            recorder.run().dropFirst(24) == [
                "8 SND CLI PKT_IN",
                "8 RCV SVR PKT_IN",
                "flow 1: 9 SND CLI PKT_IN",
                "flow 1: 9 SND CLI STATE [SYN_SENT -]",
                "flow 1: 9 RCV SVR PKT_IN",
                "flow 1: 9 RCV SVR STATE [SYN_SENT SYN_RCVD]",
                "@1.5 SND CLI CONN_END fin",
                "@1.5 RCV SVR CONN_END fin",
                "flow 1: 10 SND CLI PKT_IN",
                "flow 1: 10 RCV SVR PKT_IN",
                "flow 1: @1.6 SND CLI CONN_END shutdown",
                "flow 1: @1.6 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T16 a new SYN in TIME-WAIT ends the old flow and starts a new one`() throws {
        let recorder = try Recorder(
            Line.handshake + close + [.client(.syn, 70000).at(0.5), .server(.synAck, 90000, 70001)]
        )
        recorder.stream("", [.connStart, .connEnd, .stateChange])
        #expect(
            recorder.run().suffix(9) == [
                "8 SND CLI CONN_END fin",
                "8 RCV SVR CONN_END fin",
                "8 SND CLI CONN_START",
                "8 SND CLI STATE [SYN_SENT -]",
                "8 RCV SVR CONN_START",
                "8 RCV SVR STATE [SYN_SENT SYN_RCVD]",
                "9 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
                "@0.501 SND CLI CONN_END shutdown",
                "@0.501 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T17 data with a FIN is readable when the state moves, NEW_DATA follows`() throws {
        let recorder = try Recorder(Line.handshake + [.client(.finAck, 1, 1, "bye")])
        recorder.stream("", [.stateChange, .newData])
        var seen: [String] = []
        recorder.reads = false
        recorder.run { event in
            if event.number == 4 { seen.append("\(event): '\(recorder.view(.server))'") }
        }
        #expect(
            seen == [
                "4 SND CLI STATE [FIN_WAIT_1 ESTABLISHED]: ''",
                "4 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]: 'bye'",
                "4 SVR NEW_DATA: 'bye'",
            ]
        )
    }

    @Test func `T18 a FIN before its data moves the receiver when the hole is filled`() throws {
        let ladder =
            Line.handshake + [
                .client(.finAck, 5, 1), .client(.ack, 1, 1, "data"), .server(.ack, 1, 6),
            ]
        #expect(
            try events([.stateChange, .newData], ladder).dropFirst(4) == [
                "4 SND CLI STATE [FIN_WAIT_1 ESTABLISHED]",
                "5 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
                "5 SVR NEW_DATA 'data'",
                "6 RCV CLI STATE [FIN_WAIT_2 CLOSE_WAIT]",
            ]
        )
    }

    @Test func `T18 a FIN with data behind a hole`() throws {
        let ladder =
            Line.handshake + [.client(.finAck, 5, 1, "tail"), .client(.ack, 1, 1, "head")]
        #expect(
            try events([.stateChange, .newData], ladder).dropFirst(4) == [
                "4 SND CLI STATE [FIN_WAIT_1 ESTABLISHED]",
                "5 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
                "5 SVR NEW_DATA 'headtail'",
            ]
        )
    }

    @Test func `T19 after a half-close the server's data is delivered`() throws {
        let ladder =
            Line.handshake + [
                .client(.finAck, 1, 1), .server(.ack, 1, 2), .server(.ack, 1, 2, "late answer"),
                .client(.ack, 2, 12), .server(.finAck, 12, 2, "end"), .client(.ack, 2, 16),
            ]
        #expect(
            try eventsWithoutTimeWait([.stateChange, .newData, .connEnd], ladder).dropFirst(6) == [
                "5 RCV CLI STATE [FIN_WAIT_2 CLOSE_WAIT]",
                "6 CLI NEW_DATA 'late answer'",
                "8 SND SVR STATE [FIN_WAIT_2 LAST_ACK]",
                "8 RCV CLI STATE [TIME_WAIT LAST_ACK]",
                "8 CLI NEW_DATA 'end'",
                "9 RCV SVR STATE [TIME_WAIT CLOSED]",
                "9 SND CLI CONN_END fin",
                "9 RCV SVR CONN_END fin",
            ]
        )
    }

    @Test func `T19 data in FIN-WAIT-1 is delivered`() throws {
        let ladder =
            Line.handshake + [.client(.finAck, 1, 1), .server(.ack, 1, 1, "crossing the FIN")]
        #expect(
            try events([.newData], ladder) == ["5 CLI NEW_DATA 'crossing the FIN'"]
        )
    }

    @Test func `T20 a simultaneous close goes through CLOSING`() throws {
        let ladder =
            Line.handshake + [
                .client(.finAck, 1, 1), .server(.finAck, 1, 1), .client(.ack, 2, 2),
                .server(.ack, 2, 2),
            ]
        #expect(
            try eventsWithoutTimeWait([.stateChange, .connEnd], ladder).dropFirst(4) == [
                "4 SND CLI STATE [FIN_WAIT_1 ESTABLISHED]",
                "4 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
                "5 SND SVR STATE [FIN_WAIT_1 CLOSING]",
                "5 RCV CLI STATE [CLOSING CLOSING]",
                "6 RCV SVR STATE [CLOSING TIME_WAIT]",
                "7 RCV CLI STATE [TIME_WAIT TIME_WAIT]",
                "7 SND CLI CONN_END fin",
                "7 RCV SVR CONN_END fin",
            ]
        )
    }

    @Test func `T21 data before a RST in one burst comes before CONN_END, then an orphan`() throws {
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "last words"), .client(.rst, 11), .server(.ack, 1, 11),
            ]
        #expect(
            try events([.stateChange, .newData, .connEnd, .orphan], ladder).dropFirst(4) == [
                "4 SVR NEW_DATA 'last words'",
                "5 SND CLI STATE [CLOSED ESTABLISHED]",
                "5 RCV SVR STATE [CLOSED CLOSED]",
                "5 SND CLI CONN_END reset",
                "5 RCV SVR CONN_END reset",
                "6 ORPHAN",
            ]
        )
    }

    @Test func `a RST delivers what waited behind a hole before CONN_END`() throws {
        let ladder =
            Line.handshake + [.client(.ack, 5, 1, "BBBB"), .client(.rst, 9)]
        #expect(
            try events([.gap, .newData, .connEnd], ladder) == [
                "5 SVR GAP 0+4",
                "5 SVR NEW_DATA 'BBBB'",
                "5 SND CLI CONN_END reset",
                "5 RCV SVR CONN_END reset",
            ]
        )
    }

    @Test(arguments: [500_000, 0xFFFF_0000] as [UInt32])
    func `T22 a RST outside the window is seen and changes nothing`(seq: UInt32) throws {
        let ladder =
            Line.handshake + [.client(.rst, seq), .client(.ack, 1, 1, "alive")]
        #expect(
            try events([.packetIn, .stateChange, .newData, .connEnd], ladder).dropFirst(10) == [
                "4 SND CLI PKT_IN invalid",
                "4 RCV SVR PKT_IN invalid",
                "5 SND CLI PKT_IN",
                "5 RCV SVR PKT_IN",
                "5 SVR NEW_DATA 'alive'",
                "@0.004 SND CLI CONN_END shutdown",
                "@0.004 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `a RST in the middle of the closing ends the flow as reset`() throws {
        let ladder = Line.handshake + [.client(.finAck, 1, 1), .server(.rst, 1)]
        #expect(
            try events([.stateChange, .connEnd], ladder).dropFirst(6) == [
                "5 SND SVR STATE [FIN_WAIT_1 CLOSED]",
                "5 RCV CLI STATE [CLOSED CLOSED]",
                "5 SND CLI CONN_END reset",
                "5 RCV SVR CONN_END reset",
            ]
        )
    }

    @Test func `a RST in TIME-WAIT ends the flow at once; it had closed, so as fin`() throws {
        let ladder = Line.handshake + close + [.server(.rstAck, 2, 2)]
        #expect(
            try events([.stateChange, .connEnd], ladder).suffix(3) == [
                "8 RCV CLI STATE [CLOSED CLOSED]",
                "8 SND CLI CONN_END fin",
                "8 RCV SVR CONN_END fin",
            ]
        )
    }

    @Test func `T65 late segments in TIME-WAIT are repeats, restart the timer and move nothing`()
        throws
    {
        // Data and FIN of the client again; a second after each other, but never a second of silence.
        let recorder = try Recorder(
            Line.handshake + [
                .client(.ack, 1, 1, "data"), .client(.finAck, 5, 1), .server(.finAck, 1, 6),
                .client(.ack, 6, 2), .client(.ack, 1, 1, "data").at(0.8),
                .server(.finAck, 1, 6).at(1.6), .client(.syn, 0).flow(1).at(2.7),
            ]
        )
        recorder.stream("", [.rexmit, .stateChange, .connEnd])
        #expect(
            recorder.run().dropFirst(8).prefix(5) == [
                "7 RCV SVR STATE [TIME_WAIT CLOSED]", "8 RCV SVR REXMIT", "9 RCV CLI REXMIT",
                "@2.6 SND CLI CONN_END fin", "@2.6 RCV SVR CONN_END fin",
            ]
        )
    }

    @Test func `states, buffers and the end's reason are readable in CONN_END`() throws {
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 1, 1, "unread"), .client(.rst, 7)]
        )
        recorder.stream("", [.newData, .connEnd])
        recorder.reads = false
        var seen: [String] = []
        recorder.run { event in
            if event.event == .connEnd { seen.append("\(event.states) \(recorder.take(.server))") }
        }
        #expect(seen == ["[CLOSED CLOSED] unread", "[CLOSED CLOSED] "])
    }

    @Test func `nothing counts behind a FIN`() throws {
        let ladder =
            Line.handshake + [.client(.finAck, 1, 1, "all"), .client(.ack, 4, 1, "xmore")]
        #expect(try events([.newData], ladder) == ["4 SVR NEW_DATA 'all'"])
    }
}
