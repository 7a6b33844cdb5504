// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets
import Testing

@testable import Flows

struct TimeoutWheelTests {
    /// Seconds of silence, by phase.
    private static let spans: [Double] = [30, 300, 5, 0.1, 3000]

    private static func deadline(_ conn: mos_conn) -> Timestamp {
        Timestamp(conn.last).advanced(nanoseconds: Int64(spans[Int(conn.phase)] * 1e9))
    }

    /// A wheel, its connections, and what a list of deadlines would say.
    private struct Bench: ~Copyable {
        var wheel: TimeoutWheel
        var conns: SlotPool<mos_conn>
        var now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        var alive: [Int32] = []
        var serial: UInt32 = 0

        init() throws {
            guard let wheel = TimeoutWheel(capacity: 64),
                let conns = SlotPool<mos_conn>(capacity: 64)
            else { throw NoMemory() }
            self.wheel = wheel
            self.conns = conns
            self.wheel.restart(at: now)
        }

        mutating func start(phase: UInt8) {
            let slot = conns.take()
            guard slot >= 0 else { return }
            serial += 1
            conns[slot] = mos_conn()
            conns[slot].generation = serial
            conns[slot].last = now.shared
            conns[slot].phase = phase
            alive.append(slot)
            wheel.schedule(slot, deadline: deadline(conns[slot]), in: &conns)
        }

        mutating func end(_ slot: Int32) {
            wheel.cancel(slot, in: &conns)
            conns[slot].generation = 0
            conns.give(slot)
            alive.removeAll { $0 == slot }
        }

        /// Deadline and serial of all that is due, in order.
        func expected() -> [String] {
            alive.map { (deadline(conns[$0]), conns[$0].generation) }
                .filter { $0.0 <= now }
                .sorted { $0 < $1 }
                .map { "\($0.0.nanoseconds) \($0.1)" }
        }

        /// The same as the wheel fires it.
        mutating func fired() -> [String] {
            var fired: [String] = []
            while true {
                let due = wheel.earliestDue(at: now, in: &conns) { deadline($0) }
                if due == .max { return fired }
                let slot = wheel.takeDue(in: &conns)
                fired.append("\(due) \(conns[slot].generation)")
                end(slot)
            }
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `it fires what a list of deadlines would, in order`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bench = try Bench()
        var total = 0
        for _ in 0..<1500 {
            switch random.below(6) {
            case 0, 1:
                bench.start(phase: UInt8(random.below(5)))
            case 2 where !bench.alive.isEmpty:
                // A packet: only the time moves, the wheel is not told.
                let slot = bench.alive[Int(random.below(UInt64(bench.alive.count)))]
                bench.conns[slot].last = bench.now.shared
            case 3 where !bench.alive.isEmpty:
                // Another phase: the deadline may lie earlier now.
                let slot = bench.alive[Int(random.below(UInt64(bench.alive.count)))]
                bench.conns[slot].last = bench.now.shared
                bench.conns[slot].phase = UInt8(random.below(5))
                let due = Self.deadline(bench.conns[slot])
                bench.wheel.schedule(slot, deadline: due, in: &bench.conns)
            case 4 where !bench.alive.isEmpty && random.chance(0.2):
                bench.end(bench.alive[Int(random.below(UInt64(bench.alive.count)))])
            default:
                let steps: [Double] = [0.0001, 0.01, 0.3, 2, 20, 200, 2000, 100_000]
                let step = steps[Int(random.below(UInt64(steps.count)))]
                let part = Double(random.below(1000)) / 1000
                bench.now = bench.now.advanced(nanoseconds: Int64(step * part * 1e9))
                let expected = bench.expected()
                if bench.wheel.isQuiet(at: bench.now) {
                    try #require(expected == [], "seed \(seed)")
                }
                try #require(bench.fired() == expected, "seed \(seed)")
                total += expected.count
            }
        }
        #expect(total > 100, "seed \(seed)")
    }

    @Test func `one that ended is not fired, nor is who has its slot now`() throws {
        var bench = try Bench()
        bench.start(phase: 3)
        bench.now = bench.now.advanced(nanoseconds: 50_000_000)
        _ = bench.fired()
        bench.end(bench.alive[0])
        bench.start(phase: 0)
        bench.now = bench.now.advanced(nanoseconds: 1_000_000_000)
        #expect(bench.fired() == [])
        bench.now = bench.now.advanced(nanoseconds: 29_000_000_000)
        #expect(bench.fired().count == 1)
    }

    @Test func `a deadline beyond the wheel's reach is kept`() throws {
        var bench = try Bench()
        bench.start(phase: 4)
        for _ in 0..<299 {
            bench.now = bench.now.advanced(nanoseconds: 10_000_000_000)
            try #require(bench.fired() == [])
        }
        bench.now = bench.now.advanced(nanoseconds: 10_000_000_000)
        #expect(bench.fired().count == 1)
    }
}
