// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Engine

struct ScriptTimersTests {
    private let start = Timestamp(nanoseconds: 1_000)

    @Test func `timers fire in order of deadline, then of creation`() throws {
        var timers = try #require(ScriptTimers())
        let late = timers.set(delay: 20, interval: 0, now: start)
        let first = timers.set(delay: 10, interval: 0, now: start)
        let second = timers.set(delay: 10, interval: 0, now: start)
        #expect(timers.earliest == 1_010)
        let fired = [timers.takeFirst(), timers.takeFirst(), timers.takeFirst()]
        #expect(fired == [first, second, late])
        #expect(timers.earliest == .max)
    }

    @Test func `one that repeats does not drift`() throws {
        var timers = try #require(ScriptTimers())
        _ = timers.set(delay: 10, interval: 10, now: start)
        for round in 1...5 {
            #expect(timers.earliest == 1_000 + Int64(round) * 10)
            _ = timers.takeFirst()
        }
    }

    @Test func `cancelled ones do not crowd out those that wait`() throws {
        var timers = try #require(ScriptTimers(room: 16))
        let repeating = try #require(timers.set(delay: 5, interval: 5, now: start))
        for _ in 0..<1000 {
            let id = try #require(timers.set(delay: 1_000_000, interval: 0, now: start))
            #expect(timers.cancel(id))
        }
        #expect(timers.takeFirst() == repeating)
        #expect(timers.takeFirst() == repeating)
    }

    @Test func `what was set before the first packet counts from it`() throws {
        var timers = try #require(ScriptTimers())
        _ = timers.set(delay: 7, interval: 0, now: nil)
        #expect(timers.earliest == .max)
        timers.start(at: start)
        #expect(timers.earliest == 1_007)
    }
}
