// SPDX-License-Identifier: BSD-2-Clause

/// Deadlines in order: a binary heap of (deadline, order) with a payload.
///
/// Entries are never searched or removed from the middle: whoever takes one out checks whether it still holds.
public struct DeadlineHeap: ~Copyable {
    /// One deadline.
    public struct Entry: BitwiseCopyable, Sendable {
        /// Nanoseconds since 1970-01-01 UTC.
        public var deadline: Int64
        /// Decides between equal deadlines: the smaller comes first.
        public var order: UInt64
        /// What is due.
        public var item: Int64

        /// A deadline of `item`.
        @inlinable
        public init(deadline: Int64, order: UInt64, item: Int64) {
            self.deadline = deadline
            self.order = order
            self.item = item
        }

        @inlinable @inline(__always)
        static func before(_ a: Entry, _ b: Entry) -> Bool {
            a.deadline != b.deadline ? a.deadline < b.deadline : a.order < b.order
        }
    }

    @usableFromInline var entries: ReservedMemory<Entry>
    @usableFromInline var used = 0

    /// A heap for up to `capacity` entries; nil when the address space is refused.
    public init?(capacity: Int) {
        guard let entries = ReservedMemory<Entry>(capacity: capacity) else { return nil }
        self.entries = entries
    }

    /// Entries in the heap.
    @inlinable public var count: Int { used }

    /// The earliest deadline, `Int64.max` when there is none.
    @inlinable @inline(__always)
    public var earliest: Int64 { used == 0 ? .max : entries[0].deadline }

    /// The earliest entry; the heap must not be empty.
    @inlinable public var first: Entry { entries[0] }

    /// Adds an entry; false when the heap is full.
    @inlinable
    public mutating func insert(_ entry: Entry) -> Bool {
        guard used < entries.capacity else { return false }
        var place = used
        used &+= 1
        while place > 0 {
            let parent = (place &- 1) / 2
            if !Entry.before(entry, entries[parent]) { break }
            entries[place] = entries[parent]
            place = parent
        }
        entries[place] = entry
        return true
    }

    /// Forgets all entries.
    @inlinable
    public mutating func removeAll() { used = 0 }

    /// Takes out the earliest entry; the heap must not be empty.
    @inlinable
    public mutating func removeFirst() -> Entry {
        precondition(used > 0)
        let result = entries[0]
        used &-= 1
        guard used > 0 else { return result }
        let moved = entries[used]
        var place = 0
        while true {
            var child = 2 &* place &+ 1
            if child >= used { break }
            if child &+ 1 < used, Entry.before(entries[child &+ 1], entries[child]) { child &+= 1 }
            if !Entry.before(entries[child], moved) { break }
            entries[place] = entries[child]
            place = child
        }
        entries[place] = moved
        return result
    }
}
