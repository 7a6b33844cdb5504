// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// Time-outs of connections: a wheel of 4096 buckets of 0.27 s, and a heap that orders those of the bucket in hand.
///
///     packet arrives ─► only conn.last moves              (nothing here is touched)
///     bucket's time comes ─► each entry: due within it? ─► heap, else ─► the bucket of its real deadline
///     heap's first ≤ clock ─► due, in order of (deadline, start of the flow)
///
/// Lazy on purpose: a packet costs the wheel nothing, and an active old flow never delays an idle young one (case T55).
/// The real deadline is the caller's to tell: it knows states and settings. Deadlines farther than the wheel reaches
/// wait in its last bucket and are looked at again there. The start of a flow is told by the low half of its serial
/// number: right but for ties across the 2^32nd flow of a run.
public struct TimeoutWheel: ~Copyable {
    /// Nanoseconds of a bucket, as a power of two.
    @usableFromInline static var shift: Int64 { 28 }
    @usableFromInline static var buckets: Int64 { 4096 }

    /// Where a connection's time-out waits, as ``mos_conn/timer`` says.
    @usableFromInline enum Place {
        @usableFromInline static var none: UInt8 { 0 }
        @usableFromInline static var wheel: UInt8 { 1 }
        @usableFromInline static var heap: UInt8 { 2 }
    }

    @usableFromInline var heads: ReservedMemory<Int32>
    @usableFromInline var heap: DeadlineHeap
    @usableFromInline var tick: Int64 = .min

    /// A wheel for up to `capacity` connections; nil when the address space is refused.
    public init?(capacity: Int) {
        guard var heads = ReservedMemory<Int32>(capacity: Int(Self.buckets)),
            let heap = DeadlineHeap(capacity: 2 * capacity + 64)
        else { return nil }
        for bucket in 0..<Int(Self.buckets) { heads[bucket] = -1 }
        self.heads = heads
        self.heap = heap
    }

    /// True when no time-out can be due at `now` without a look at another bucket.
    @inlinable @inline(__always)
    public func isQuiet(at now: Timestamp) -> Bool {
        now.nanoseconds < heap.earliest && now.nanoseconds &>> Self.shift <= tick
    }

    /// Starts the wheel's clock anew; it must hold nothing.
    public mutating func restart(at now: Timestamp) {
        heap.removeAll()
        tick = now.nanoseconds >> Self.shift
    }

    /// Notes that the connection's deadline is `deadline`, unless it waits at an earlier place already.
    ///
    /// A later deadline needs no call: the old place is looked at first.
    @inlinable
    public mutating func schedule(
        _ slot: Int32,
        deadline: Timestamp,
        in conns: inout SlotPool<mos_conn>
    ) {
        if conns[slot].timer == Place.wheel { unlink(slot, in: &conns) }
        // A clock that was ahead of the last packet made the place a later one.
        conns[slot].armed = conns[slot].lag == 0 ? conns[slot].phase : Self.unknown
        let due = deadline.nanoseconds &>> Self.shift
        if due <= tick {
            conns[slot].timer = Place.heap
            // A full heap (it has room for two entries a connection) leaves the entry to the next bucket.
            if heap.insert(entry(slot, deadline, conns)) { return }
        }
        link(slot, tick: max(due, tick &+ 1), in: &conns)
    }

    /// True when the place where the connection waits is looked at before a time-out of `span` from now on is due.
    ///
    /// Then nothing need be done when it applies: the real deadline is found there. Of the four time-outs that a connection
    /// goes through two need no new place, which spares as many cache misses.
    ///
    /// - Parameters:
    ///   - slot: the connection.
    ///   - span: nanoseconds.
    ///   - conns: the connections.
    ///   - spans: the nanoseconds of each time-out, by ``mos_conn/phase``.
    /// - Returns: false when it may wait too long.
    @inlinable @inline(__always)
    public func waitsEarlier(
        _ slot: Int32,
        than span: Int64,
        in conns: borrowing SlotPool<mos_conn>,
        spans: (UInt8) -> Int64
    ) -> Bool {
        let armed = conns[slot].armed
        return conns[slot].timer != Place.none && armed != Self.unknown && span >= spans(armed)
    }

    /// Of ``mos_conn/armed``: nothing is known.
    @usableFromInline static var unknown: UInt8 { 7 }

    /// Asks the cache for the connections that are due next but one.
    ///
    /// - Returns: the one that is due next, -1 without any.
    @inlinable @inline(__always)
    public func prefetchDue(in conns: borrowing SlotPool<mos_conn>) -> Int32 {
        guard heap.count > 2 else { return -1 }
        conns.prefetch(Int32(truncatingIfNeeded: heap[1].item))
        conns.prefetch(Int32(truncatingIfNeeded: heap[2].item))
        return Int32(truncatingIfNeeded: heap.first.item)
    }

    /// Takes the connection out; what the heap holds of it is recognized as stale later.
    @inlinable
    public mutating func cancel(_ slot: Int32, in conns: inout SlotPool<mos_conn>) {
        if conns[slot].timer == Place.wheel { unlink(slot, in: &conns) }
        conns[slot].timer = Place.none
    }

    /// The earliest deadline that is due at `now`, after moving the wheel there; `Int64.max` when none is.
    ///
    /// - Parameters:
    ///   - now: how far the clock may go.
    ///   - conns: the connections.
    ///   - deadline: the real deadline of a connection, by its state.
    /// - Returns: nanoseconds since 1970.
    @inlinable
    public mutating func earliestDue(
        at now: Timestamp,
        in conns: inout SlotPool<mos_conn>,
        deadline: (mos_conn) -> Timestamp
    ) -> Int64 {
        let target = now.nanoseconds &>> Self.shift
        if target > tick {
            // Farther than once around, every bucket is looked at once.
            let first = max(tick &+ 1, target &- Self.buckets &+ 1)
            tick = target
            for visited in first...target { drain(visited, in: &conns, deadline: deadline) }
        }
        while heap.count > 0 {
            let first = heap.first
            guard first.deadline <= now.nanoseconds else { return .max }
            let slot = Int32(truncatingIfNeeded: first.item)
            guard UInt64(conns[slot].generation) == first.order, conns[slot].timer == Place.heap
            else {
                _ = heap.removeFirst()
                continue
            }
            let real = deadline(conns[slot])
            if real.nanoseconds <= first.deadline { return first.deadline }
            _ = heap.removeFirst()
            conns[slot].timer = Place.none
            schedule(slot, deadline: real, in: &conns)
        }
        return .max
    }

    /// Takes out the connection that ``earliestDue(at:in:deadline:)`` found.
    @inlinable
    public mutating func takeDue(in conns: inout SlotPool<mos_conn>) -> Int32 {
        let slot = Int32(truncatingIfNeeded: heap.removeFirst().item)
        conns[slot].timer = Place.none
        return slot
    }

    /// When the next bucket that may hold something comes, for a source that would wait.
    public var nextDeadline: Int64 { min(heap.earliest, (tick &+ 1) &<< Self.shift) }

    @usableFromInline
    mutating func drain(
        _ visited: Int64,
        in conns: inout SlotPool<mos_conn>,
        deadline: (mos_conn) -> Timestamp
    ) {
        let bucket = Int(visited & (Self.buckets &- 1))
        var slot = heads[bucket]
        heads[bucket] = -1
        while slot >= 0 {
            let next = conns[slot].wheel_next
            if next >= 0 { conns.prefetch(next) }
            conns[slot].timer = Place.none
            schedule(slot, deadline: deadline(conns[slot]), in: &conns)
            slot = next
        }
    }

    @usableFromInline
    func entry(_ slot: Int32, _ deadline: Timestamp, _ conns: borrowing SlotPool<mos_conn>)
        -> DeadlineHeap.Entry
    {
        DeadlineHeap.Entry(
            deadline: deadline.nanoseconds,
            order: UInt64(conns[slot].generation),
            item: Int64(slot)
        )
    }

    @usableFromInline
    mutating func link(_ slot: Int32, tick due: Int64, in conns: inout SlotPool<mos_conn>) {
        let bucket = Int(min(due, tick &+ Self.buckets &- 1) & (Self.buckets &- 1))
        let head = heads[bucket]
        conns[slot].timer = Place.wheel
        conns[slot].wheel_next = head
        // A head of a bucket keeps the bucket's number instead of a predecessor.
        conns[slot].wheel_prev = ~Int32(bucket)
        if head >= 0 { conns[head].wheel_prev = slot }
        heads[bucket] = slot
    }

    @usableFromInline
    mutating func unlink(_ slot: Int32, in conns: inout SlotPool<mos_conn>) {
        let next = conns[slot].wheel_next
        let previous = conns[slot].wheel_prev
        if previous < 0 { heads[Int(~previous)] = next } else { conns[previous].wheel_next = next }
        if next >= 0 { conns[next].wheel_prev = previous }
        conns[slot].timer = Place.none
    }
}
