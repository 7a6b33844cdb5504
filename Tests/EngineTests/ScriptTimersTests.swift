// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Engine

struct ScriptTimersTests {
    private let start = Timestamp(nanoseconds: 1_000)

    /// Runs `body` with fresh timers, which cannot be copied and so not be required.
    private func withTimers(room: Int = 1 << 10, _ body: (inout ScriptTimers) -> Void) {
        guard var timers = ScriptTimers(room: room) else {
            Issue.record("no memory for timers")
            return
        }
        body(&timers)
    }

    @Test func `timers fire in order of deadline, then of creation`() {
        withTimers { timers in
            let late = timers.set(delay: 20, interval: 0, now: start)
            let first = timers.set(delay: 10, interval: 0, now: start)
            let second = timers.set(delay: 10, interval: 0, now: start)
            let earliest = timers.earliest
            let fired = [timers.takeFirst(), timers.takeFirst(), timers.takeFirst()]
            let rest = timers.earliest
            #expect(earliest == 1_010)
            #expect(fired == [first, second, late])
            #expect(rest == .max)
        }
    }

    @Test func `one that repeats does not drift`() {
        withTimers { timers in
            _ = timers.set(delay: 10, interval: 10, now: start)
            var deadlines: [Int64] = []
            for _ in 1...4 {
                deadlines.append(timers.earliest)
                _ = timers.takeFirst()
            }
            #expect(deadlines == [1_010, 1_020, 1_030, 1_040])
        }
    }

    @Test func `cancelled ones do not crowd out those that wait`() {
        withTimers(room: 16) { timers in
            let repeating = timers.set(delay: 5, interval: 5, now: start)
            var cancelled = 0
            for _ in 0..<1000 {
                guard let id = timers.set(delay: 1_000_000, interval: 0, now: start) else {
                    continue
                }
                if timers.cancel(id) { cancelled += 1 }
            }
            let fired = [timers.takeFirst(), timers.takeFirst(), timers.takeFirst()]
            #expect(cancelled == 1000)
            #expect(fired == [repeating, repeating, repeating])
        }
    }

    @Test func `what was set before the first packet counts from it`() {
        withTimers { timers in
            _ = timers.set(delay: 7, interval: 0, now: nil)
            let before = timers.earliest
            timers.start(at: start)
            let after = timers.earliest
            #expect(before == .max)
            #expect(after == 1_007)
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `T54 of fifty thousand none is lost, and they come in order`(seed: UInt64) {
        withTimers(room: 1 << 22) { timers in
            var random = SplitMix64(seed: seed)
            var model: [(deadline: Int64, id: Int64, order: Int)] = []
            for order in 0..<50_000 {
                let delay = Int64(random.below(10_000))
                guard let id = timers.set(delay: delay, interval: 0, now: start) else {
                    Issue.record("refused, seed \(seed)")
                    return
                }
                if random.chance(0.2) {
                    #expect(timers.cancel(id) == true)
                    #expect(timers.cancel(id) == false)
                } else {
                    model.append((1_000 + delay, id, order))
                }
            }
            model.sort { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
            var fired: [Int64] = []
            while timers.earliest != .max {
                if let id = timers.takeFirst() { fired.append(id) }
            }
            #expect(fired == model.map(\.id), "seed \(seed)")
        }
    }

    @Test func `T54 a number never means another timer`() {
        withTimers { timers in
            let first = timers.set(delay: 5, interval: 0, now: start) ?? 0
            #expect(timers.cancel(first) == true)
            let second = timers.set(delay: 9, interval: 0, now: start) ?? 0
            #expect(first != second)
            #expect(timers.cancel(first) == false)
            // What the first left behind is due, but nothing fires.
            #expect(timers.takeFirst() == nil)
            #expect(timers.takeFirst() == second)
            #expect(timers.cancel(second) == false)
            for id in [-1, 0, 1 << 20, 1 << 21, 1 << 40, .min] as [Int64] {
                #expect(timers.cancel(id) == false)
            }
        }
    }

    @Test func `when the clock starts anew each keeps what is left of its time`() {
        withTimers { timers in
            let long = timers.set(delay: 900, interval: 0, now: start)
            let short = timers.set(delay: 300, interval: 100, now: start)
            let gone = timers.set(delay: 400, interval: 0, now: start) ?? 0
            #expect(timers.cancel(gone) == true)
            timers.restart(from: Timestamp(nanoseconds: 1_100), to: Timestamp(nanoseconds: 50))
            var fired: [[Int64?]] = []
            while timers.earliest < 900 {
                let deadline = timers.earliest
                if let id = timers.takeFirst() { fired.append([deadline, id]) }
            }
            #expect(fired.prefix(2) == [[250, short], [350, short]])
            #expect(fired.contains([850, long]))
        }
    }

    @Test func `there are a million and no more`() {
        withTimers(room: 1 << 22) { timers in
            var last: Int64?
            for _ in 0..<ScriptTimers.most { last = timers.set(delay: 1, interval: 0, now: start) }
            #expect(timers.set(delay: 1, interval: 0, now: start) == nil)
            #expect(timers.cancel(last ?? 0) == true)
            #expect(timers.set(delay: 1, interval: 0, now: start) != nil)
        }
    }
}
