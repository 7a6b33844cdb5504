// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// Case T25 of the contract: bytes that we missed but the receiver acknowledged.
struct GapTests {
    private let kinds: [Event] = [.newData, .gap, .rexmit]
    /// 'AAAA' at 0 is not captured; the server has it.
    private let missed =
        Line.handshake + [.client(.ack, 5, 1, "BBBB"), .server(.ack, 1, 9)]

    @Test func `a hole is given up after three more packets of the flow`() throws {
        let ladder = missed + [.client(.ack, 9, 1), .server(.ack, 1, 9), .client(.ack, 9, 1, "CC")]
        #expect(
            try events(kinds, ladder) == ["8 SVR GAP 0+4", "8 SVR NEW_DATA 'BBBBCC'"]
        )
    }

    @Test func `packets of other flows do not count`() throws {
        let others = (0..<9).map { _ in Line.client(.syn, 0).flow(1) }
        #expect(
            try events([.newData, .gap], missed + others).map { $0.prefix(1) } == ["@", "@"]
        )
    }

    @Test func `or after a tenth of a second, with no packet of the flow`() throws {
        let ladder =
            missed + [.client(.syn, 0).flow(1).at(0.09), .client(.syn, 0).flow(1).at(0.2)]
        // The acknowledgement came at 0.004.
        #expect(
            try events([.newData, .gap], ladder) == [
                "@0.104 SVR GAP 0+4", "@0.104 SVR NEW_DATA 'BBBB'",
            ]
        )
    }

    @Test func `both settings may be changed`() throws {
        let ladder =
            missed + [
                .client(.ack, 9, 1), .client(.ack, 9, 1).at(0.3), .client(.ack, 9, 1).at(0.9),
            ]
        let recorder = try Recorder(ladder) {
            $0.gapPackets = 100
            $0.gapTime = 0.5
        }
        recorder.stream("", kinds)
        #expect(recorder.run() == ["@0.504 SVR GAP 0+4", "@0.504 SVR NEW_DATA 'BBBB'"])
    }

    @Test func `data that comes in time still fills the hole`() throws {
        let ladder = missed + [.client(.ack, 9, 1), .client(.ack, 1, 1, "AAAA")]
        #expect(try events(kinds, ladder) == ["7 SVR NEW_DATA 'AAAABBBB'"])
    }

    @Test func `data that comes later is a repeat`() throws {
        let ladder =
            missed + [
                .client(.ack, 9, 1), .client(.ack, 9, 1), .client(.ack, 9, 1),
                .client(.ack, 1, 1, "AAAA"),
            ]
        #expect(
            try events(kinds, ladder) == [
                "8 SVR GAP 0+4", "8 SVR NEW_DATA 'BBBB'", "9 RCV SVR REXMIT",
            ]
        )
    }

    @Test func `a hole that nobody acknowledged waits for the end`() throws {
        let ladder =
            Line.handshake + [.client(.ack, 5, 1, "BBBB")]
            + (0..<9).map { _ in Line.server(.ack, 1, 1) }
        #expect(try events(kinds, ladder) == ["@0.012 SVR GAP 0+4", "@0.012 SVR NEW_DATA 'BBBB'"])
    }

    @Test func `what was acknowledged with nothing behind it is no gap until something is`() throws
    {
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "AAAA"), .server(.ack, 1, 9), .client(.ack, 9, 1).at(0.5),
                .client(.ack, 9, 1, "CCCC"),
            ]
        #expect(
            try events(kinds, ladder) == [
                "4 SVR NEW_DATA 'AAAA'", "7 SVR GAP 4+4", "7 SVR NEW_DATA 'CCCC'",
            ]
        )
        #expect(try events(kinds, Array(ladder.dropLast())) == ["4 SVR NEW_DATA 'AAAA'"])
    }

    @Test func `two holes under one acknowledgement are given up one by one`() throws {
        let ladder =
            Line.handshake + [
                .client(.ack, 5, 1, "BBBB"), .client(.ack, 13, 1, "DDDD"), .server(.ack, 1, 17),
                .server(.ack, 1, 17).at(1),
            ]
        #expect(
            try events(kinds, ladder) == [
                "@0.105 SVR GAP 0+4", "@0.105 SVR NEW_DATA 'BBBB'", "@0.105 SVR GAP 8+4",
                "@0.105 SVR NEW_DATA 'DDDD'",
            ]
        )
    }

    @Test func `a hole is given up only as far as it was acknowledged`() throws {
        let ladder =
            Line.handshake + [
                .client(.ack, 9, 1, "CCCC"), .server(.ack, 1, 5), .server(.ack, 1, 5).at(1),
                .client(.ack, 5, 1, "BBBB"),
            ]
        #expect(try events(kinds, ladder) == ["@0.104 SVR GAP 0+4", "7 SVR NEW_DATA 'BBBBCCCC'"])
    }

    @Test func `a FIN behind a hole moves its receiver when the hole is given up`() throws {
        let ladder =
            Line.handshake + [
                .client(.finAck, 5, 1), .server(.ack, 1, 5), .server(.ack, 1, 5).at(1),
            ]
        #expect(
            try events([.gap, .stateChange], ladder).dropFirst(5) == [
                "@0.104 SVR GAP 0+4", "@0.104 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
            ]
        )
    }

    @Test func `an end of which nothing was captured has no gaps`() throws {
        let ladder: [Line] = [
            .client(.syn, 0), .client(.ack, 1, 1), .client(.ack, 1, 1001), .client(.ack, 1, 2001),
            .client(.ack, 1, 3001).at(1), .client(.ack, 1, 4001, "bye"),
        ]
        #expect(try events(kinds, ladder) == ["6 SVR NEW_DATA 'bye'"])
    }

    @Test func `long losses end with what both ends agree on`() throws {
        // Nobody can tell the first segment from a forged one; that the server acknowledges it is proof.
        let far: UInt32 = 900_000_000
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "AAAA"), .server(.ack, 1, 5), .client(.ack, far, 1, "XXXX"),
                .server(.ack, 1, far + 4), .client(.ack, far + 4, 1, "YYYY").at(1),
                .server(.ack, 1, far + 8), .client(.ack, far + 8, 1, "ZZZZ"),
            ]
        #expect(
            try events(kinds + [.error], ladder) == [
                "4 SVR NEW_DATA 'AAAA'", "6 SVR ERROR WINDOW 899999999+4",
                "8 SVR GAP 4+899999999", "8 SVR NEW_DATA 'YYYY'", "10 SVR NEW_DATA 'ZZZZ'",
            ]
        )
    }

    @Test func `timestamps that go on tell a loss from a forgery at once`() throws {
        let far: UInt32 = 900_000_000
        func stamps(_ value: UInt32, _ echo: UInt32) -> [TCPOption] {
            [.timestamps(value: value, echo: echo)]
        }
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "AAAA").options(stamps(100, 50)),
                .server(.ack, 1, 5, "a").options(stamps(51, 100)),
                .client(.ack, far, 2, "XXXX").options(stamps(9000, 8951)),
                .client(.ack, far + 4, 2, "????").options(stamps(900_000_000, 8951)),
            ]
        #expect(
            try events([.newData, .error], ladder) == [
                "4 SVR NEW_DATA 'AAAA'", "5 CLI NEW_DATA 'a'", "7 SVR ERROR WINDOW 900000003+4",
                "@0.006 SVR NEW_DATA 'XXXX'",
            ]
        )
    }

    @Test func `a full pool costs the oldest hole`() throws {
        var ladder: [Line] = []
        for flow in 1...3 as ClosedRange<UInt16> {
            ladder += Line.handshake.map { $0.flow(flow) }
        }
        // Room for two blocks: the third hole's bytes find none.
        ladder += [
            .client(.ack, 5, 1, "BBBB").flow(1), .client(.ack, 5, 1, "BBBB").flow(2),
            .client(.ack, 5, 1, "BBBB").flow(3), .client(.ack, 5, 1, "BBBB").flow(3),
            .client(.ack, 1, 1, "AAAA").flow(2),
        ]
        let recorder = try Recorder(ladder) { $0.bufferPool = 512 }
        recorder.stream("", [.newData, .gap])
        #expect(
            recorder.run() == [
                "flow 1: @0.012 SVR GAP 0+4", "flow 1: @0.012 SVR NEW_DATA 'BBBB'",
                // There is no room to join them, but they are next in order.
                "flow 2: 14 SVR NEW_DATA 'AAAA'", "flow 2: 14 SVR NEW_DATA 'BBBB'",
                "flow 3: @0.013 SVR GAP 0+4", "flow 3: @0.013 SVR NEW_DATA 'BBBB'",
            ]
        )
        #expect(recorder.worker.value(.bufferPoolFull) == 2)
        #expect(recorder.bytesHeld == 0)
    }
}
