// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// "Clock" in section 2 of the contract; cases T54 and T55.
struct ClockTests {
    private let day = 86_400.0

    /// A recorder with timers that are set before the first packet.
    private func timed(_ timers: [(Double, Double)], _ lines: [Line]) throws -> Recorder {
        let recorder = try Recorder(lines)
        recorder.stream("", [.packetIn, .connEnd])
        for (delay, interval) in timers {
            #expect(recorder.worker.setTimer(seconds: delay, interval: interval) > 0)
        }
        return recorder
    }

    @Test func `T54 timers fire in order of deadline, before the packet, at their deadline`() throws
    {
        let recorder = try timed(
            [(3, 0), (1, 0), (2, 0)],
            [.client(.syn, 0), .server(.synAck, 0, 1).at(2.5)]
        )
        #expect(
            recorder.run() == [
                "1 SND CLI PKT_IN", "1 RCV SVR PKT_IN",
                "@1.0 TIMER 2", "@2.0 TIMER 3",
                "2 SND SVR PKT_IN", "2 RCV CLI PKT_IN",
                // The third was not due by the last packet.
                "@2.5 SND CLI CONN_END shutdown", "@2.5 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T54 equal deadlines fire in order of creation, one due with its packet first`()
        throws
    {
        let recorder = try timed(
            [(1, 0), (1, 0), (1, 0)],
            [.client(.syn, 0), .server(.synAck, 0, 1).at(1)]
        )
        #expect(
            recorder.run()[2..<6] == [
                "@1.0 TIMER 1", "@1.0 TIMER 2", "@1.0 TIMER 3", "2 SND SVR PKT_IN",
            ]
        )
    }

    @Test func `T54 a timer that repeats does not drift`() throws {
        let recorder = try timed([(0.25, 0.25)], [.client(.syn, 0), .client(.syn, 0).at(1.1)])
        #expect(
            recorder.run().filter { $0.contains("TIMER") } == [
                "@0.25 TIMER 1", "@0.5 TIMER 1", "@0.75 TIMER 1", "@1.0 TIMER 1",
            ]
        )
    }

    @Test func `T54 a cancelled timer does not fire, a repeating one stops from within`() throws {
        let recorder = try timed(
            [(1, 0), (0.5, 0.5)],
            [.client(.syn, 0), .client(.syn, 0).at(5)]
        )
        #expect(recorder.worker.cancelTimer(1) == 1)
        #expect(recorder.worker.cancelTimer(1) == 0)
        #expect(recorder.worker.cancelTimer(99) == 0)
        recorder.run { event in
            if event.event == nil, event.clock == "@1.5" { _ = recorder.worker.cancelTimer(2) }
        }
        #expect(
            recorder.lines.filter { $0.contains("TIMER") } == [
                "@0.5 TIMER 2", "@1.0 TIMER 2", "@1.5 TIMER 2",
            ]
        )
    }

    @Test func `T54 a timer set in a callback counts from its time`() throws {
        let recorder = try timed([(1, 0)], [.client(.syn, 0), .client(.syn, 0).at(10)])
        var expected = 1.0
        recorder.run { event in
            guard event.event == nil else { return }
            #expect(event.timer == expected)
            if event.clock < "@3" {
                expected = recorder.worker.setTimer(seconds: 1, interval: 0)
                #expect(expected > 0)
            }
        }
        #expect(
            recorder.lines.filter { $0.contains("TIMER") }.map { $0.prefix(4) } == [
                "@1.0", "@2.0", "@3.0",
            ]
        )
    }

    @Test(arguments: [1, 64])
    func `timers do not depend on the bursts`(burst: Int) throws {
        let recorder = try Recorder(
            (0..<10).map { .client(.syn, 0).flow(UInt16($0)).at(Double($0)) },
            burstLength: burst
        )
        recorder.stream("", [.connStart])
        _ = recorder.worker.setTimer(seconds: 2.5, interval: 2.5)
        recorder.run()
        #expect(
            recorder.lines.filter { !$0.contains("RCV") }.map { $0.suffix(12) }.joined(
                separator: ","
            )
                == [
                    "I CONN_START", "I CONN_START", "I CONN_START", "@2.5 TIMER 1",
                    "I CONN_START", "I CONN_START", "@5.0 TIMER 1",
                    "I CONN_START", "I CONN_START", "I CONN_START", "@7.5 TIMER 1",
                    "I CONN_START", "I CONN_START",
                ].joined(separator: ",")
        )
    }

    @Test func `a timer of a time out of range is EINVAL`() throws {
        let recorder = try Recorder([])
        #expect(recorder.worker.setTimer(seconds: -1, interval: 0) == -22)
        #expect(recorder.worker.setTimer(seconds: .nan, interval: 0) == -22)
        #expect(recorder.worker.setTimer(seconds: 1, interval: 1e-9) == -22)
        #expect(recorder.worker.setTimer(seconds: .infinity, interval: 0) == -22)
    }

    @Test func `T55 an active old flow does not delay an idle young one`() throws {
        let old = (0..<70).map { Line.client(.ack, 1, 1).at(Double($0) * 10 + 1) }
        let young = Line.handshake.map { $0.flow(1) }
        let recorder = try Recorder(Line.handshake + young + old)
        recorder.stream("", [.connEnd])
        #expect(
            recorder.run() == [
                // 300 s behind its last packet.
                "flow 1: @300.005 SND CLI CONN_END timeout",
                "flow 1: @300.005 RCV SVR CONN_END timeout",
                "@691.0 SND CLI CONN_END shutdown",
                "@691.0 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `each phase has its time-out`() throws {
        let ladder: [Line] =
            [.client(.syn, 0).flow(9).at(0)]  // a handshake that nobody answers: 30 s
            + Line.handshake.map { $0.flow(1).at(1) }  // established: 300 s
            + Line.handshake.map { $0.flow(2).at(2) }
            + [.client(.finAck, 1, 1).flow(2).at(3)]  // closing: 30 s
            + [.client(.syn, 0).flow(7).at(500)]
        #expect(
            try events([.connEnd], ladder).filter { $0.contains("SND") } == [
                "flow 9: @30.0 SND CLI CONN_END handshake-timeout",
                "flow 2: @33.0 SND CLI CONN_END timeout",
                "flow 1: @301.0 SND CLI CONN_END timeout",
                "flow 7: @500.0 SND CLI CONN_END shutdown",
            ]
        )
    }

    @Test func `time-outs at one time fire in order of the flows' start`() throws {
        let starts = (0..<20).map { Line.client(.syn, 0).flow(UInt16(19 - $0)).at(0) }
        let lines = try events([.connEnd], starts + [.client(.syn, 0).flow(50).at(31)])
        #expect(
            lines.filter { $0.contains("SND") && $0.contains("@30") }
                == (0..<20).map {
                    let name = 19 - $0 == 0 ? "" : "flow \(19 - $0): "
                    return name + "@30.0 SND CLI CONN_END handshake-timeout"
                }
        )
    }

    @Test func `timers and time-outs fire in one order, before the packet`() throws {
        let recorder = try timed(
            [(29, 0), (30, 0), (31, 0)],
            [.client(.syn, 0), .client(.syn, 0).flow(1).at(32)]
        )
        #expect(
            recorder.run().dropFirst(2).prefix(5) == [
                "@29.0 TIMER 1",
                "@30.0 SND CLI CONN_END handshake-timeout",
                "@30.0 RCV SVR CONN_END handshake-timeout",
                "@30.0 TIMER 2",
                "@31.0 TIMER 3",
            ]
        )
    }

    @Test func `an older packet keeps its own time and does not move the clock back`() throws {
        let recorder = try timed(
            [(5.2, 0)],
            [
                .client(.syn, 0).at(0), .server(.synAck, 0, 1).at(5), .client(.ack, 1, 1).at(4),
                .client(.ack, 1, 1).at(5.1),
            ]
        )
        var clocks: [String] = []
        var times: [String] = []
        recorder.run { event in
            guard event.hook == Hook.snd.number, let packet = event.packet else { return }
            clocks.append(event.clock)
            var at = event
            at.now = Timestamp(packet.time)
            times.append(at.clock)
        }
        #expect(clocks == ["@0.0", "@5.0", "@5.0", "@5.1"])
        #expect(times == ["@0.0", "@5.0", "@4.0", "@5.1"])
        #expect(recorder.lines.filter { $0.contains("TIMER") } == [])
    }

    @Test func `one packet more than a day ahead moves nothing`() throws {
        let recorder = try timed(
            [(10, 0)],
            [
                .client(.syn, 0), .client(.syn, 0).flow(1).at(3 * day),
                .server(.synAck, 0, 1).at(1),
            ]
        )
        #expect(recorder.run().contains { $0.contains("TIMER") } == false)
        #expect(recorder.lines.filter { $0.contains("timeout") } == [])
        #expect(recorder.lines.last == "flow 1: @1.0 RCV SVR CONN_END shutdown")
        #expect(recorder.worker.value(.clockSteps) == 0)
    }

    @Test func `a second packet there confirms the jump`() throws {
        let recorder = try timed(
            [(10, 0)],
            [
                .client(.syn, 0), .client(.syn, 0).flow(1).at(3 * day),
                .client(.syn, 0).flow(2).at(3 * day + 1),
            ]
        )
        recorder.run()
        #expect(
            recorder.lines.filter { !$0.contains("PKT_IN") } == [
                "@10.0 TIMER 1",
                "@30.0 SND CLI CONN_END handshake-timeout",
                "@30.0 RCV SVR CONN_END handshake-timeout",
                "flow 1: @259201.0 SND CLI CONN_END shutdown",
                "flow 1: @259201.0 RCV SVR CONN_END shutdown",
                "flow 2: @259201.0 SND CLI CONN_END shutdown",
                "flow 2: @259201.0 RCV SVR CONN_END shutdown",
            ]
        )
        #expect(recorder.worker.value(.clockSteps) == 1)
    }

    @Test func `a flow with a packet from far ahead still times out`() throws {
        let recorder = try timed(
            [],
            Line.handshake + [
                .client(.ack, 1, 1).at(3 * day), .client(.syn, 0).flow(1).at(1),
                .client(.syn, 0).flow(1).at(400),
            ]
        )
        #expect(
            recorder.run().contains("@300.002 SND CLI CONN_END timeout"),
            "\(recorder.lines)"
        )
    }

    @Test func `a file that begins before the clock ends all flows and restarts it`() throws {
        let recorder = try Recorder(files: [
            [.client(.syn, 0).at(1000), .server(.synAck, 0, 1).at(1001)],
            [.client(.syn, 0).flow(1).at(10), .client(.syn, 0).flow(1).at(12)],
        ])
        recorder.stream("", [.connStart, .connEnd])
        _ = recorder.worker.setTimer(seconds: 2, interval: 0)
        #expect(
            recorder.run() == [
                "1 SND CLI CONN_START", "1 RCV SVR CONN_START",
                "@1001.0 SND CLI CONN_END shutdown", "@1001.0 RCV SVR CONN_END shutdown",
                "flow 1: 3 SND CLI CONN_START", "flow 1: 3 RCV SVR CONN_START",
                // The timer had one second left.
                "@11.0 TIMER 1",
                "flow 1: @12.0 SND CLI CONN_END shutdown",
                "flow 1: @12.0 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `a file that begins later continues its flows`() throws {
        let recorder = try Recorder(files: [
            [.client(.syn, 0)], [.server(.synAck, 0, 1).at(1), .client(.ack, 1, 1, "x").at(1)],
        ])
        recorder.stream("", [.newData])
        #expect(recorder.run() == ["3 SVR NEW_DATA 'x'"])
    }

    @Test func `a flow whose clock lags is not silent while its packets come`() throws {
        // One capture point is 100 s behind the other.
        let late = (1...60).map { Line.client(.ack, 1, 1).at(Double($0) * 10 - 100) }
        let other = (1...60).map { Line.client(.syn, 0).flow(1).at(Double($0) * 10) }
        let ladder =
            [Line.client(.syn, 0).flow(1).at(0)] + Line.handshake.map { $0.at(-99) }
            + zip(late, other).flatMap { [$0, $1] }
        #expect(
            try events([.connEnd], ladder) == [
                "flow 1: @600.0 SND CLI CONN_END shutdown",
                "flow 1: @600.0 RCV SVR CONN_END shutdown",
                "@600.0 SND CLI CONN_END shutdown",
                "@600.0 RCV SVR CONN_END shutdown",
            ]
        )
    }
}
