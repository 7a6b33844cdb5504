// SPDX-License-Identifier: BSD-2-Clause
import Flows
import Packets

/// The timers that scripts set: in order of deadline, then of creation; re-armed without drift; cancellable.
///
/// A timer's number is its place and how often that was used before, so that it is found at once and no number ever
/// means two timers. A cancelled one stays in the heap until it is due, or until most of the heap is such.
struct ScriptTimers: ~Copyable {
    struct Timer: BitwiseCopyable {
        /// What the pool links free places with.
        var link: Int32 = 0
        /// How many timers had this place before.
        var uses: UInt32 = 0
        /// Its place in the order of creation; 0 = the place is free.
        var order: UInt64 = 0
        var interval: Int64 = 0
    }

    private var heap: DeadlineHeap
    private var pool: SlotPool<Timer>
    private var created: UInt64 = 0
    /// The order of creation of the timer that was taken last.
    private(set) var takenOrder: UInt64 = 0
    /// Those set before the first packet: their delay counts from it.
    private var waiting: [(id: Int64, delay: Int64)] = []

    /// Timers that there may be at the same time.
    static var most: Int { 1 << 20 }

    /// No timers; `room` is for those that wait and those cancelled that are not due yet.
    init?(room: Int = 4 * Self.most) {
        guard let heap = DeadlineHeap(capacity: room),
            let pool = SlotPool<Timer>(capacity: Self.most)
        else { return nil }
        self.heap = heap
        self.pool = pool
    }

    /// The earliest deadline in nanoseconds, `Int64.max` without one.
    var earliest: Int64 {
        @inline(__always) get { heap.earliest }
    }

    /// Sets a timer; nil when there are too many.
    ///
    /// - Parameters:
    ///   - delay: nanoseconds from now on.
    ///   - interval: nanoseconds between repetitions, 0 = once.
    ///   - now: the clock, nil while no packet has started it.
    ///   - packet: the number of the packet in hand: the order of creation is that of packets first.
    /// - Returns: its number.
    mutating func set(
        delay: Int64,
        interval: Int64,
        now: Timestamp?,
        packet: UInt64 = 0
    ) -> Int64? {
        let place = pool.take()
        guard place >= 0 else { return nil }
        created = max(created + 1, (packet & 0xFFFF_FFFF_FFFF) << 12)
        // A place that was never used is zero; its count of uses stays when it is given back.
        pool[place].order = created
        pool[place].interval = interval
        let id = Int64(pool[place].uses) << 21 | Int64(place + 1)
        if let now {
            arm(id, at: now.advanced(nanoseconds: delay).nanoseconds)
        } else {
            waiting.append((id, delay))
        }
        return id
    }

    /// The clock starts: what waited for it is armed.
    mutating func start(at now: Timestamp) {
        for (id, delay) in waiting where isSet(id) {
            arm(id, at: now.advanced(nanoseconds: delay).nanoseconds)
        }
        waiting = []
    }

    /// The clock goes back to `new`: every timer keeps what is left of its time.
    mutating func restart(from old: Timestamp, to new: Timestamp) {
        for place in 0..<heap.count {
            let left = heap[place].deadline - old.nanoseconds
            heap[place].deadline = new.advanced(nanoseconds: left).nanoseconds
        }
        heap.restore(count: heap.count)
    }

    /// Removes a timer.
    ///
    /// - Returns: false when there is none of that number (any more).
    mutating func cancel(_ id: Int64) -> Bool {
        guard isSet(id) else { return false }
        giveBack(id)
        return true
    }

    /// Takes the timer with the earliest deadline and re-arms it when it repeats.
    ///
    /// - Returns: its number; nil when it was cancelled meanwhile.
    mutating func takeFirst() -> Int64? {
        let entry = heap.removeFirst()
        guard isSet(entry.item) else { return nil }
        takenOrder = pool[place(entry.item)].order
        let interval = pool[place(entry.item)].interval
        if interval > 0 {
            let next = Timestamp(nanoseconds: entry.deadline).advanced(nanoseconds: interval)
            arm(entry.item, at: next.nanoseconds)
        } else {
            giveBack(entry.item)
        }
        return entry.item
    }

    private func place(_ id: Int64) -> Int32 { Int32(truncatingIfNeeded: id & 0x1F_FFFF) - 1 }

    private mutating func isSet(_ id: Int64) -> Bool {
        let place = place(id)
        return place >= 0 && Int(place) < pool.highWater && pool[place].order != 0
            && Int64(pool[place].uses) == id >> 21
    }

    private mutating func giveBack(_ id: Int64) {
        pool[place(id)].order = 0
        pool[place(id)].uses &+= 1
        pool.give(place(id))
    }

    private mutating func arm(_ id: Int64, at deadline: Int64) {
        // Each timer has one entry; the others are of cancelled ones.
        if heap.count >= min(2 * pool.count + 1024, heap.capacity) { forgetCancelled() }
        let order = pool[place(id)].order
        _ = heap.insert(.init(deadline: deadline, order: order, item: id))
    }

    private mutating func forgetCancelled() {
        var kept = 0
        for place in 0..<heap.count where isSet(heap[place].item) {
            heap[kept] = heap[place]
            kept += 1
        }
        heap.restore(count: kept)
    }
}
