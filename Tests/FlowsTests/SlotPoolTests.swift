// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Flows

struct SlotPoolTests {
    @Test func `records are dense, and those given back are used first`() throws {
        guard var pool = SlotPool<UInt64>(capacity: 4) else { throw NoMemory() }
        #expect((0..<4).map { _ in pool.take() } == [0, 1, 2, 3])
        #expect(pool.take() == -1)
        pool.give(1)
        pool.give(3)
        #expect(pool.count == 2)
        #expect([pool.take(), pool.take(), pool.take()] == [3, 1, -1])
        #expect(pool.highWater == 4)
    }

    @Test func `nobody gets a record that another has`() throws {
        let seed: UInt64 = 6
        var random = SplitMix64(seed: seed)
        guard var pool = SlotPool<UInt64>(capacity: 64) else { throw NoMemory() }
        var held: [Int32: UInt64] = [:]
        for step in 0..<5000 as Range<UInt64> {
            if random.chance(0.5) {
                let slot = pool.take()
                try #require((slot < 0) == (held.count == 64))
                if slot < 0 { continue }
                try #require(held[slot] == nil)
                pool[slot] = step
                held[slot] = step
            } else if let slot = held.keys.min() {
                try #require(pool[slot] == held[slot], "seed \(seed)")
                pool.give(slot)
                held[slot] = nil
            }
            try #require(pool.count == held.count)
        }
    }
}
