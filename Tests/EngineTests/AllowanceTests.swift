// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture
@testable import Engine

@Suite struct `A limit for several workers` {
    /// What workers with frames of their own counted, one after the other, and whether they were stopped.
    private func run(_ frames: [Int], limit: UInt64, filter: String? = nil) throws
        -> (packets: [Double], stopped: Bool)
    {
        let stop = StopRequests()
        let allowance = PacketAllowance(limit)
        var packets: [Double] = []
        for (index, count) in frames.enumerated() {
            let lines = (0..<count).map { Line.client(.syn, 0).flow(UInt16($0 % 2)) }
            let source = FrameList(Line.frames(lines, Wire()), burstLength: 7)
            var inputs = Inputs([source], stop: stop)
            inputs.allowance = allowance
            if let filter { inputs.filter = try FrameFilter(filter) }
            var worker = try Worker(
                inputs: inputs,
                settings: Settings(),
                seed: .fixed,
                share: WorkerShare(index: index, of: frames.count)
            )
            while worker.next() != 0 {}
            packets.append(worker.value(.packets))
        }
        return (packets, stop.endsRun)
    }

    @Test func `is that of all together`() throws {
        #expect(try run([10, 10, 10], limit: 25) == ([10, 10, 5], true))
        #expect(try run([10, 10, 10], limit: 10) == ([10, 0, 0], true))
        #expect(try run([10, 10], limit: 1) == ([1, 0], true))
        #expect(try run([10, 10], limit: 21) == ([10, 10], false))
    }

    @Test func `counts what passes the filter alone`() throws {
        // Every other frame passes.
        #expect(try run([1, 20], limit: 4, filter: "port 40000") == ([1, 3], true))
    }

    @Test func `is never taken from beyond its end`() {
        let allowance = PacketAllowance(10)
        #expect([4, 4, 4, 4].map { allowance.take($0) } == [4, 4, 2, 0])
        #expect(allowance.isSpent)
    }
}
