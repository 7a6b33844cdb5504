// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Flows

struct FlowIndexTests {
    /// Entries whose homes lie so close that they form clusters, some over the end of the table.
    private func crowdedHash(_ random: inout SplitMix64) -> UInt32 {
        // 4096 places: homes 4060 to 4095 and 0 to 29, in two versions that share a home.
        UInt32(4060 + random.below(66)) + UInt32(random.below(2)) << 12
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `whatever is removed, all others are still found`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        guard var index = FlowIndex() else { throw NoMemory() }
        var inside: [Int32: UInt32] = [:]
        for step in 0..<400 {
            if inside.count < 50 || random.chance(0.5) && inside.count < 90 {
                let hash = crowdedHash(&random)
                if index.insert(Int32(step), hash: hash) { inside[Int32(step)] = hash }
            } else {
                let slots = inside.keys.sorted()
                let slot = slots[Int(random.below(UInt64(slots.count)))]
                index.remove(slot, hash: inside[slot] ?? 0)
                inside[slot] = nil
            }
            try #require(index.count == inside.count, "seed \(seed)")
            for (slot, hash) in inside {
                try #require(find(slot, hash, index) == true, "seed \(seed) step \(step)")
            }
        }
        for (slot, hash) in inside { index.remove(slot, hash: hash) }
        for place in 0..<4096 { try #require(index.entry(place) == 0, "seed \(seed)") }
    }

    private func find(_ slot: Int32, _ hash: UInt32, _ index: borrowing FlowIndex) -> Bool {
        var place = index.start(hash)
        while index.entry(place) != 0 {
            if index.entry(place) == UInt64(hash) << 32 | UInt64(slot + 1) { return true }
            place = index.after(place)
        }
        return false
    }

    @Test func `a probe longer than the limit is refused, room makes it welcome`() throws {
        guard var index = FlowIndex() else { throw NoMemory() }
        var taken = 0
        while index.insert(Int32(taken), hash: 5) { taken += 1 }
        #expect(taken == FlowIndex.probeLimit)
        index.remove(3, hash: 5)
        #expect(index.insert(1000, hash: 5) == true)
        #expect(index.insert(1001, hash: 5) == false)
        #expect(index.insert(1002, hash: 4000) == true)
    }

    @Test func `growth keeps every entry`() throws {
        guard var index = FlowIndex() else { throw NoMemory() }
        var random = SplitMix64(seed: 9)
        let hashes = (0..<10_000).map { _ in UInt32(truncatingIfNeeded: random.next()) }
        for (slot, hash) in hashes.enumerated() {
            try #require(index.insert(Int32(slot), hash: hash) == true)
        }
        for (slot, hash) in hashes.enumerated() {
            try #require(find(Int32(slot), hash, index) == true)
        }
        #expect(index.mask == 16383)
    }

    @Test func `removing what is not there changes nothing`() throws {
        guard var index = FlowIndex() else { throw NoMemory() }
        _ = index.insert(1, hash: 7)
        index.remove(2, hash: 7)
        index.remove(1, hash: 8)
        #expect(index.count == 1)
        #expect(index.guess(7) == 1)
        #expect(index.guess(8) == -1)
    }
}

/// The kernel refused the address space.
struct NoMemory: Error {}
