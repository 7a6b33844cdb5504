// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// Cases T22, T30 and T32 of the contract: segments that a receiver refuses (RFC 5961, RFC 7323, windows).
struct AcceptanceTests {
    private let kinds: [Event] = [.packetIn, .newData, .error, .rexmit, .stateChange]

    /// The events of a ladder behind the handshake.
    private func after(_ ladder: [Line]) throws -> [String] {
        Array(try events(kinds, Line.handshake + ladder).dropFirst(10))
    }

    @Test func `T30 data far beyond the window is an error once, and is not stored`() throws {
        #expect(
            try after([
                .client(.ack, 10_000_000, 1, "evil"), .client(.ack, 10_000_000, 1, "evil"),
                .client(.ack, 1, 1, "good"),
            ]) == [
                "4 SND CLI PKT_IN invalid", "4 SVR ERROR WINDOW 9999999+4",
                "4 RCV SVR PKT_IN invalid",
                "5 SND CLI PKT_IN invalid", "5 RCV SVR PKT_IN invalid",
                "6 SND CLI PKT_IN", "6 RCV SVR PKT_IN", "6 SVR NEW_DATA 'good'",
            ]
        )
    }

    @Test func `T30 windows are scaled when both ends said so`() throws {
        func handshake(_ client: [TCPOption], _ server: [TCPOption]) -> [Line] {
            [
                .client(.syn, 0).options(client), .server(.synAck, 0, 1).options(server),
                .client(.ack, 1, 1), .server(.ack, 1, 1).window(1000),
                .client(.ack, 100_001, 1, "far"),
            ]
        }
        let scale = [TCPOption.windowScale(8)]
        #expect(try events([.error], handshake(scale, scale)) == [])
        #expect(try events([.error], handshake(scale, [])) == ["5 SVR ERROR WINDOW 100000+3"])
    }

    @Test func `a segment before the beginning of the stream is refused`() throws {
        #expect(
            try after([.client(.ack, 0xF000_0000, 1, "evil")]) == [
                "4 SND CLI PKT_IN invalid", "4 RCV SVR PKT_IN invalid",
            ]
        )
    }

    @Test func `T32 an old timestamp is refused, the good copy is delivered`() throws {
        func stamp(_ value: UInt32) -> [TCPOption] { [.timestamps(value: value, echo: 0)] }
        #expect(
            try after([
                .client(.ack, 1, 1, "one").options(stamp(1000)),
                .client(.ack, 4, 1, "???").options(stamp(500)),
                .client(.ack, 4, 1, "two").options(stamp(1001)),
            ]) == [
                "4 SND CLI PKT_IN", "4 RCV SVR PKT_IN", "4 SVR NEW_DATA 'one'",
                "5 SND CLI PKT_IN invalid", "5 SVR ERROR PAWS 3+3", "5 RCV SVR PKT_IN invalid",
                "6 SND CLI PKT_IN", "6 RCV SVR PKT_IN", "6 SVR NEW_DATA 'two'",
            ]
        )
    }

    @Test func `T32 the first payload of each end is judged by the timestamps of the handshake`()
        throws
    {
        func stamp(_ value: UInt32, _ echo: UInt32) -> [TCPOption] {
            [.timestamps(value: value, echo: echo)]
        }
        let ladder: [Line] = [
            .client(.syn, 0).options(stamp(1000, 0)),
            .server(.synAck, 0, 1).options(stamp(7000, 1000)),
            .client(.ack, 1, 1).options(stamp(1001, 7000)),
            .client(.ack, 1, 1, "???").options(stamp(500, 7000)),
            .client(.ack, 1, 1, "one").options(stamp(1002, 7000)),
            .server(.ack, 1, 4, "???").options(stamp(6000, 1002)),
            .server(.ack, 1, 4, "two").options(stamp(7001, 1002)),
        ]
        #expect(
            try events([.newData, .error, .rexmit], ladder) == [
                "4 SVR ERROR PAWS 0+3", "5 SVR NEW_DATA 'one'",
                "6 CLI ERROR PAWS 0+3", "7 CLI NEW_DATA 'two'",
            ]
        )
    }

    @Test func `T32 a FIN with an old timestamp is refused, its repeat is not`() throws {
        func stamp(_ value: UInt32) -> [TCPOption] { [.timestamps(value: value, echo: 0)] }
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "one").options(stamp(1000)),
                .client(.finAck, 4, 1).options(stamp(500)),
                .client(.finAck, 4, 1).options(stamp(1001)),
                .client(.finAck, 4, 1).options(stamp(900)),
            ]
        #expect(
            try events([.error, .rexmit, .stateChange], ladder).dropFirst(4).prefix(4) == [
                "5 SVR ERROR PAWS 3+0",
                "6 SND CLI STATE [FIN_WAIT_1 ESTABLISHED]",
                "6 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
                "7 RCV SVR REXMIT",
            ]
        )
    }

    @Test func `T32 timestamps wrap, and a tick of disorder is let pass`() throws {
        func stamp(_ value: UInt32) -> [TCPOption] { [.timestamps(value: value, echo: 0)] }
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "a").options(stamp(0xFFFF_FFF0)),
                .client(.ack, 2, 1, "b").options(stamp(5)),
                .client(.ack, 3, 1, "c").options(stamp(4)),
            ]
        #expect(
            try events([.newData, .error], ladder) == [
                "4 SVR NEW_DATA 'a'", "5 SVR NEW_DATA 'b'", "6 SVR NEW_DATA 'c'",
            ]
        )
    }

    @Test func `after 24 days of silence any timestamp counts`() throws {
        func stamp(_ value: UInt32) -> [TCPOption] { [.timestamps(value: value, echo: 0)] }
        let recorder = try Recorder(
            Line.handshake + [
                .client(.ack, 1, 1, "a").options(stamp(0x7000_0000)),
                .client(.ack, 2, 1, "b").options(stamp(5)).at(25 * 86400),
                .client(.ack, 3, 1, "c").options(stamp(6)).at(25 * 86400 + 1),
            ]
        ) { $0.idleTimeout = 1e8 }
        recorder.stream("", [.newData, .error])
        #expect(recorder.run().map { $0.suffix(3) } == ["'a'", "'b'", "'c'"])
    }

    @Test func `RFC 5961 a RST within the window but not at its edge is refused`() throws {
        #expect(
            try after([.client(.ack, 1, 1, "data"), .client(.rst, 100), .client(.ack, 5, 1, "!")])
                .dropFirst(3) == [
                    "5 SND CLI PKT_IN invalid", "5 RCV SVR PKT_IN invalid",
                    "6 SND CLI PKT_IN", "6 RCV SVR PKT_IN", "6 SVR NEW_DATA '!'",
                ]
        )
    }

    @Test(arguments: [1, 5, 9] as [UInt32])
    func `a RST at what was delivered, acknowledged or sent ends the flow`(seq: UInt32) throws {
        // 'AAAA' is missing, the server has acknowledged it, 'BBBB' is on its way.
        let ladder =
            Line.handshake + [
                .client(.ack, 5, 1, "BBBB"), .server(.ack, 1, 5), .client(.rst, seq),
            ]
        #expect(
            try events([.connEnd], ladder) == [
                "6 SND CLI CONN_END reset", "6 RCV SVR CONN_END reset",
            ]
        )
    }

    @Test func `RFC 5961 data that acknowledges what was never sent is refused`() throws {
        #expect(
            try after([.client(.ack, 1, 1_000_000, "evil"), .client(.ack, 1, 1, "good")]) == [
                "4 SND CLI PKT_IN invalid", "4 RCV SVR PKT_IN invalid",
                "5 SND CLI PKT_IN", "5 RCV SVR PKT_IN", "5 SVR NEW_DATA 'good'",
            ]
        )
    }

    @Test func `RFC 5961 data that acknowledges long before the last acknowledgement is refused`()
        throws
    {
        #expect(
            try after([
                .client(.ack, 1, 1, "x"), .client(.ack, 2, 0xF000_0000, "evil"),
                .client(.ack, 2, 1, "good"),
            ]).dropFirst(3) == [
                "5 SND CLI PKT_IN invalid", "5 RCV SVR PKT_IN invalid",
                "6 SND CLI PKT_IN", "6 RCV SVR PKT_IN", "6 SVR NEW_DATA 'good'",
            ]
        )
    }

    @Test func `an older segment's window is not believed`() throws {
        let recorder = try Recorder(
            Line.handshake + [
                .server(.ack, 1, 1, "abcd"), .client(.ack, 1, 5).window(700),
                .client(.ack, 1, 1).window(9),
            ]
        )
        recorder.stream("", [.connEnd])
        var window: UInt16?
        recorder.run { window = $0.connection?.cli.wnd }
        #expect(window == 700)
    }
}
