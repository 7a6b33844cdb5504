// SPDX-License-Identifier: BSD-2-Clause
import Flows

/// When holes whose bytes the receiver has acknowledged are given up, in order of time (case T25).
///
/// An entry whose hole was filled meanwhile is recognized as stale by who looks it up: the stream's mark is gone, or the
/// deadline is another.
struct Suspects: ~Copyable {
    private var heap: DeadlineHeap

    init?(capacity: Int) {
        guard let heap = DeadlineHeap(capacity: 2 * capacity + 64) else { return nil }
        self.heap = heap
    }

    /// A hole must be given up before the next packet, whatever the time: the pool of bytes is full.
    var isUrgent = false {
        didSet { earliest = isUrgent ? .min : heap.earliest }
    }

    /// The earliest deadline, `Int64.max` without one.
    private(set) var earliest = Int64.max

    /// Notes a hole of a flow; false when there are too many: then packets alone give it up.
    mutating func add(_ slot: Int32, _ side: Side, generation: UInt32, deadline: Int64) -> Bool {
        defer { earliest = isUrgent ? .min : heap.earliest }
        return heap.insert(
            DeadlineHeap.Entry(
                deadline: deadline,
                order: UInt64(generation),
                item: Int64(slot) << 1 | Int64(side.rawValue)
            )
        )
    }

    /// Takes out the earliest.
    mutating func takeFirst() -> (slot: Int32, side: Side, generation: UInt32, deadline: Int64) {
        defer { earliest = isUrgent ? .min : heap.earliest }
        let entry = heap.removeFirst()
        return (
            Int32(truncatingIfNeeded: entry.item >> 1), entry.item & 1 == 0 ? .client : .server,
            UInt32(truncatingIfNeeded: entry.order), entry.deadline
        )
    }

    mutating func removeAll() {
        heap.removeAll()
        earliest = isUrgent ? .min : .max
    }
}
