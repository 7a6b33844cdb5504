// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture
@testable import Engine

/// A live source that says what it lost; it is asked for that with every 1024th burst.
private final class LossySource: PacketSource {
    /// Packets, and what was lost up to the look before them.
    struct Step {
        var lost: UInt64
        var lines: [Line]

        init(lost: UInt64, _ lines: [Line]) {
            self.lost = lost
            self.lines = lines
        }
    }

    let name = "lossy"
    let isLive = true
    private(set) var statistics = SourceStatistics()
    private var bursts: [(frames: ArraySlice<OwnedFrame>, lost: UInt64)] = []
    private var next = 0
    private var store = FrameStore()

    init(_ steps: [Step]) {
        let all = Line.frames(steps.flatMap(\.lines), Wire())
        var first = 0
        for step in steps {
            let frames = all[first..<first + step.lines.count]
            first += step.lines.count
            // What fills the bursts between is at the time of what follows: the clock of the look.
            let filler = OwnedFrame(
                bytes: Array(repeating: 0, count: 60),
                time: frames.first?.time ?? Timestamp(nanoseconds: 0)
            )
            for _ in 0..<1023 { bursts.append(([filler], step.lost)) }
            bursts.append((frames, step.lost))
        }
    }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        guard next < bursts.count else { return .ended }
        statistics.dropped = bursts[next].lost
        store.replace(by: bursts[next].frames, in: &burst)
        next += 1
        return .frames
    }
}

@Suite struct `Under overload` {
    private func run(_ shedding: Shedding, reads: Bool = true, _ steps: [LossySource.Step]) throws
        -> Recorder
    {
        let recorder = try Recorder(inputs: Inputs([LossySource(steps)])) {
            $0.shedding = shedding
        }
        recorder.reads = reads
        recorder.stream("", [.newData, .orphan, .gap])
        _ = recorder.run()
        return recorder
    }

    private func counts(_ recorder: Recorder) -> [Double] {
        [Counter.flows, .flowsShed, .segmentsShed, .flowsRefused, .bufferPoolFull].map {
            recorder.worker.value($0)
        }
    }

    /// A new flow at a time.
    private func flow(_ number: UInt16, _ time: Double) -> Line {
        Line.client(.syn, 0).flow(number).at(time)
    }

    @Test func `new flows are not started until a second has no loss; open ones go on`() throws {
        let recorder = try run(
            .flows,
            [
                .init(lost: 0, [Line.handshake[0].at(0)] + Line.handshake.dropFirst()),
                .init(lost: 5, [flow(1, 0.2), .client(.ack, 1, 1, "on").at(0.21)]),
                .init(lost: 5, [flow(2, 1.1)]),
                .init(lost: 5, [flow(3, 1.3)]),
            ]
        )
        #expect(counts(recorder) == [2, 2, 0, 0, 0])
        #expect(recorder.worker.value(.orphans) == 2)
        #expect(recorder.lines.contains { $0.hasSuffix("NEW_DATA 'on'") })
    }

    @Test func `bytes behind holes are not kept; new flows start, but at level 2`() throws {
        let recorder = try run(
            .buffers,
            [
                .init(lost: 0, [Line.handshake[0].at(0)] + Line.handshake.dropFirst()),
                .init(lost: 1, [flow(1, 0.1), .client(.ack, 5, 1, "late").at(0.11)]),
                .init(lost: 2, [flow(2, 0.2)]),
                .init(lost: 2, [flow(3, 1.3)]),
                .init(lost: 2, [.client(.ack, 9, 1, "kept").at(2.4)]),
                .init(lost: 2, [.client(.ack, 1, 1, "12345678").at(2.5)]),
            ]
        )
        // Flow 3: a second after level 2 there is level 1, at which flows start.
        #expect(counts(recorder) == [3, 1, 1, 0, 0])
        #expect(recorder.lines.contains { $0.hasSuffix("NEW_DATA '12345678kept'") })
    }

    @Test func `what readers leave unread is lost to them and counted`() throws {
        let steps: [LossySource.Step] = [
            .init(lost: 0, [Line.handshake[0].at(0)] + Line.handshake.dropFirst()),
            .init(lost: 1, [.client(.ack, 1, 1, "unread").at(0.1)]),
        ]
        let recorder = try run(.buffers, reads: false, steps)
        #expect(counts(recorder) == [1, 0, 1, 0, 0])
        #expect(recorder.worker.value(.overrunBytes) == 6)
        #expect(counts(try run(.flows, reads: false, steps)) == [1, 0, 0, 0, 0])
    }

    @Test func `nothing is given up unless asked for`() throws {
        let recorder = try run(
            .none,
            [
                .init(lost: 0, [flow(0, 0)]), .init(lost: 9, [flow(1, 0.1)]),
                .init(lost: 99, [flow(2, 0.2)]),
            ]
        )
        #expect(counts(recorder) == [3, 0, 0, 0, 0])
        #expect(recorder.worker.value(.sourceDropped) == 99)
    }

    @Test func `every look with losses raises the level, every second without lowers it`() {
        var overload = Overload(.flows)
        func level(_ lost: UInt64, _ milliseconds: Int64) -> Int {
            overload.note(lost: lost, at: Timestamp(nanoseconds: milliseconds * 1_000_000))
            return overload.level
        }
        let looks: [(UInt64, Int64)] = [
            (0, 0), (1, 10), (1, 20), (2, 30), (3, 40), (3, 1039), (3, 1040), (3, 1050), (3, 2040),
            (3, 9000), (4, 9001),
        ]
        #expect(looks.map { level($0.0, $0.1) } == [0, 1, 1, 2, 2, 2, 1, 1, 0, 0, 1])
    }
}
