// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// "End of the run" in section 2 of the contract.
struct EndOfRunTests {
    @Test func `open flows end in order of their start`() throws {
        let recorder = try Recorder([
            .client(.syn, 0).flow(2), .client(.syn, 0), .client(.syn, 0).flow(1),
            .server(.synAck, 0, 1).flow(2),
        ])
        recorder.stream("", [.connEnd])
        #expect(
            recorder.run() == [
                "flow 2: @0.003 SND CLI CONN_END shutdown",
                "flow 2: @0.003 RCV SVR CONN_END shutdown",
                "@0.003 SND CLI CONN_END shutdown",
                "@0.003 RCV SVR CONN_END shutdown",
                "flow 1: @0.003 SND CLI CONN_END shutdown",
                "flow 1: @0.003 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `the order of start holds where a slot was used again`() throws {
        let recorder = try Recorder([
            .client(.syn, 0), .client(.syn, 0).flow(1), .server(.rstAck, 0, 1),
            .client(.syn, 0).flow(2),
        ])
        recorder.stream("", [.connEnd])
        let last = recorder.run().suffix(4)
        #expect(
            last == [
                "flow 1: @0.003 SND CLI CONN_END shutdown",
                "flow 1: @0.003 RCV SVR CONN_END shutdown",
                "flow 2: @0.003 SND CLI CONN_END shutdown",
                "flow 2: @0.003 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `what waits behind holes is delivered first, gap by gap`() throws {
        let ladder =
            Line.handshake + [
                .client(.ack, 5, 1, "BBBB"), .client(.ack, 13, 1, "DDDD"),
                .server(.ack, 4, 1, "yy"),
            ]
        let recorder = try Recorder(ladder)
        recorder.stream("", [.gap, .newData, .connEnd])
        #expect(
            recorder.run() == [
                "@0.005 SVR GAP 0+4",
                "@0.005 SVR NEW_DATA 'BBBB'",
                "@0.005 SVR GAP 8+4",
                "@0.005 SVR NEW_DATA 'DDDD'",
                "@0.005 CLI GAP 0+3",
                "@0.005 CLI NEW_DATA 'yy'",
                "@0.005 SND CLI CONN_END shutdown",
                "@0.005 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `a reader that leaves bytes before a gap gets them, then those behind it`() throws {
        let ladder =
            Line.handshake + [.client(.ack, 1, 1, "AAAA"), .client(.ack, 9, 1, "CCCC")]
        let recorder = try Recorder(ladder)
        recorder.stream("", [.newData, .connEnd])
        recorder.reads = false
        var seen: [String] = []
        recorder.run { event in
            // The first packet is left unread.
            if event.number == 0, event.event == .newData { seen.append(recorder.take(.server)) }
        }
        #expect(seen == ["AAAA", "CCCC"])
    }

    @Test func `several sockets get the flush in their order`() throws {
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 5, 1, "BB"), .server(.ack, 3, 1, "zz")]
        )
        for name in ["A", "B"] { recorder.stream(name, [.newData, .gap]) }
        #expect(
            recorder.run() == [
                "A @0.004 SVR GAP 0+4", "B @0.004 SVR GAP 0+4",
                "A @0.004 SVR NEW_DATA 'BB'", "B @0.004 SVR NEW_DATA 'BB'",
                "B @0.004 CLI GAP 0+2", "A @0.004 CLI GAP 0+2",
                "B @0.004 CLI NEW_DATA 'zz'", "A @0.004 CLI NEW_DATA 'zz'",
            ]
        )
    }

    @Test func `bytes before a FIN that never came are a gap without data behind it`() throws {
        let ladder = Line.handshake + [.client(.finAck, 9, 1)]
        #expect(
            try events([.gap, .newData, .connEnd], ladder) == [
                "@0.003 SVR GAP 0+8",
                "@0.003 SND CLI CONN_END shutdown",
                "@0.003 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `a closed flow keeps its reason`() throws {
        let ladder =
            Line.handshake + [
                .client(.finAck, 1, 1), .server(.finAck, 1, 2), .client(.ack, 2, 2),
                .client(.syn, 0).flow(1),
            ]
        #expect(
            try events([.connEnd], ladder) == [
                "@0.006 SND CLI CONN_END fin",
                "@0.006 RCV SVR CONN_END fin",
                "flow 1: @0.006 SND CLI CONN_END shutdown",
                "flow 1: @0.006 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `a packet limit ends the run before the next packet`() throws {
        let recorder = try Recorder(files: [Line.handshake], inputs: { $0.packetLimit = 2 })
        recorder.stream("", [.packetIn, .connEnd])
        #expect(
            recorder.run().suffix(3) == [
                "2 RCV CLI PKT_IN",
                "@0.001 SND CLI CONN_END shutdown",
                "@0.001 RCV SVR CONN_END shutdown",
            ]
        )
        #expect(recorder.worker.value(.packets) == 2)
    }

    @Test func `a duration ends the run before the packet that lies behind it`() throws {
        let recorder = try Recorder(
            files: [[.client(.syn, 0), .server(.synAck, 0, 1), .client(.ack, 1, 1).at(2)]],
            inputs: { $0.duration = 1 }
        )
        recorder.stream("", [.connEnd, .packetIn])
        #expect(
            recorder.run().suffix(2) == [
                "@0.001 SND CLI CONN_END shutdown", "@0.001 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `a stop that was asked for ends the run at the next burst`() throws {
        let stop = StopRequests()
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 1, 1, "never seen")],
            burstLength: 3,
            stop: stop
        )
        recorder.stream("", [.newData, .connStart, .connEnd])
        recorder.run { event in
            if event.number == 1 { stop.raise() }
        }
        #expect(
            recorder.lines.suffix(2) == [
                "@0.002 SND CLI CONN_END shutdown", "@0.002 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `without packets nothing happens`() throws {
        let recorder = try Recorder([])
        recorder.stream()
        #expect(recorder.run() == [])
    }

    @Test func `everything is given back at the end`() throws {
        let recorder = try Recorder(
            (0..<20).flatMap { flow in
                (Line.handshake + [.client(.ack, 5, 1, "BBBB"), .server(.ack, 9, 1, "x")])
                    .map { $0.flow(flow) }
            }
        )
        recorder.stream("", [.connEnd])
        recorder.stream("reader", [.newData])
        recorder.reads = false
        recorder.run()
        #expect(recorder.worker.value(.flows) == 20)
        #expect(recorder.worker.value(.flowsOpen) == 0)
        #expect(recorder.bytesHeld == 0)
        #expect(recorder.readersHeld == 0)
    }
}
