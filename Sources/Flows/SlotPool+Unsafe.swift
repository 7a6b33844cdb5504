// SPDX-License-Identifier: BSD-2-Clause

/// Records of one kind, handed out and taken back by number.
///
/// Records lie densely and never move; those given back are used again first, so memory follows the most that were ever
/// in use. A record given back keeps its bytes but for the first four, which link the free ones.
@safe
public struct SlotPool<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var memory: ReservedMemory<Element>
    @usableFromInline var firstFree: Int32 = -1
    @usableFromInline var touched = 0
    @usableFromInline var used = 0

    /// A pool of up to `capacity` records; nil when the address space is refused.
    public init?(capacity: Int, hugePages: Bool = false) {
        precondition(MemoryLayout<Element>.size >= 4, "the free list lives in the records")
        guard capacity < Int(Int32.max),
            let memory = ReservedMemory<Element>(capacity: capacity, hugePages: hugePages)
        else { return nil }
        self.memory = memory
    }

    /// Records ever handed out at the same time: numbers are below it.
    @inlinable public var highWater: Int { touched }

    /// Records handed out now.
    @inlinable public var count: Int { used }

    /// Records that can be handed out in all.
    @inlinable public var capacity: Int { memory.capacity }

    /// The address of record 0, for the shared layout.
    @unsafe @inlinable public var base: UnsafeMutablePointer<Element> { unsafe memory.base }

    /// Hands out a record with whatever bytes it has; -1 when all are in use.
    @inlinable
    public mutating func take() -> Int32 {
        if firstFree >= 0 {
            let slot = firstFree
            firstFree = unsafe UnsafeRawPointer(memory.base + Int(slot)).load(as: Int32.self)
            // The next one's link is wanted with the next record.
            memory.prefetch(Int(firstFree))
            used &+= 1
            return slot
        }
        guard highWater < memory.capacity else { return -1 }
        let slot = Int32(truncatingIfNeeded: highWater)
        touched &+= 1
        used &+= 1
        return slot
    }

    /// Takes a record back.
    @inlinable
    public mutating func give(_ slot: Int32) {
        precondition(slot >= 0 && Int(slot) < highWater)
        unsafe UnsafeMutableRawPointer(memory.base + Int(slot)).storeBytes(
            of: firstFree,
            as: Int32.self
        )
        firstFree = slot
        used &-= 1
    }

    /// The record with that number, in place.
    @inlinable
    public subscript(slot: Int32) -> Element {
        @inline(__always) unsafeAddress {
            precondition(slot >= 0 && Int(slot) < highWater)
            return unsafe UnsafePointer(memory.base + Int(slot))
        }
        @inline(__always) unsafeMutableAddress {
            precondition(slot >= 0 && Int(slot) < highWater)
            return unsafe memory.base + Int(slot)
        }
    }

    /// `slot` as an index behind ``base``, when it is one.
    @inlinable @inline(__always)
    public func checked(_ slot: Int32) -> Int {
        precondition(slot >= 0 && Int(slot) < highWater)
        return Int(slot)
    }

    /// Asks the cache for the line of the record that holds its byte `offset`.
    @inlinable @inline(__always)
    public func prefetch(_ slot: Int32, byte offset: Int) {
        memory.prefetch(Int(slot), byte: offset)
    }

    /// Asks the cache for the record.
    @inlinable @inline(__always)
    public func prefetch(_ slot: Int32) { memory.prefetch(Int(slot)) }
}
