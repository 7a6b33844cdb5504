// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Flows

struct DeadlineHeapTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `what comes out is sorted by deadline, then order`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        guard var heap = DeadlineHeap(capacity: 500) else { throw NoMemory() }
        var model: [(Int64, UInt64)] = []
        for step in 0..<2000 {
            if heap.count < 500, random.chance(0.55) {
                let deadline = Int64(random.below(50))
                let entry = DeadlineHeap.Entry(
                    deadline: deadline,
                    order: UInt64(step),
                    item: Int64(step)
                )
                try #require(heap.insert(entry) == true)
                model.append((deadline, UInt64(step)))
            } else if heap.count > 0 {
                model.sort { $0 < $1 }
                try #require(heap.earliest == model[0].0)
                try #require(heap.first.order == model[0].1)
                let first = heap.removeFirst()
                try #require((first.deadline, first.order) == model.removeFirst(), "seed \(seed)")
                try #require(first.item == Int64(first.order))
            }
            try #require(heap.count == model.count)
        }
    }

    @Test func `a full heap says so, an empty one has no deadline`() throws {
        guard var heap = DeadlineHeap(capacity: 2) else { throw NoMemory() }
        #expect(heap.earliest == .max)
        #expect(heap.insert(.init(deadline: 2, order: 0, item: 0)) == true)
        #expect(heap.insert(.init(deadline: 1, order: 0, item: 1)) == true)
        #expect(heap.insert(.init(deadline: 0, order: 0, item: 2)) == false)
        #expect(heap.removeFirst().item == 1)
        #expect(heap.removeFirst().item == 0)
        #expect(heap.earliest == .max)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `entries that are left out or changed leave a heap of the others`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        guard var heap = DeadlineHeap(capacity: 300) else { throw NoMemory() }
        var model: [(Int64, UInt64)] = []
        for order in 0..<300 as Range<UInt64> {
            let deadline = Int64(random.below(90))
            let entry = DeadlineHeap.Entry(deadline: deadline, order: order, item: 0)
            try #require(heap.insert(entry) == true)
            if deadline % 3 != 0 { model.append((90 - deadline, order)) }
        }
        var kept = 0
        for place in 0..<heap.count where heap[place].deadline % 3 != 0 {
            heap[kept] = heap[place]
            heap[kept].deadline = 90 - heap[place].deadline
            kept += 1
        }
        heap.restore(count: kept)
        for expected in (model.sorted { $0 < $1 }) {
            let first = heap.removeFirst()
            try #require((first.deadline, first.order) == expected, "seed \(seed)")
        }
        #expect(heap.count == 0)
    }
}
