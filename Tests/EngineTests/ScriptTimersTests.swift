// SPDX-License-Identifier: BSD-2-Clause
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
}
