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

    /// Entries that there is room for.
    @inlinable public var capacity: Int { entries.capacity }

    /// An entry, in no particular order; whoever changes one calls ``restore(count:)``.
    @inlinable
    public subscript(place: Int) -> Entry {
        get { entries[place] }
        set { entries[place] = newValue }
    }

    /// Makes a heap of the first `count` entries, whatever was done to them; forgets the others.
    @inlinable
    public mutating func restore(count: Int) {
        precondition(count >= 0 && count <= used)
        used = count
        for place in stride(from: count / 2 - 1, through: 0, by: -1) {
            sink(entries[place], from: place)
        }
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
        sink(entries[used], from: 0)
        return result
    }

    /// Puts an entry at `start` or below, where it belongs.
    @inlinable
    mutating func sink(_ moved: Entry, from start: Int) {
        var place = start
        while true {
            var child = 2 &* place &+ 1
            if child >= used { break }
            if child &+ 1 < used, Entry.before(entries[child &+ 1], entries[child]) { child &+= 1 }
            if !Entry.before(entries[child], moved) { break }
            entries[place] = entries[child]
            place = child
        }
        entries[place] = moved
    }
}
