// SPDX-License-Identifier: BSD-2-Clause
import Flows
import Packets

/// The timers that scripts set: in order of deadline, then of creation; re-armed without drift; cancellable.
struct ScriptTimers: ~Copyable {
    private struct Timer {
        var deadline: Int64
        let interval: Int64
    }

    private var heap: DeadlineHeap
    private var timers: [Int64: Timer] = [:]
    private var lastID: Int64 = 0
    /// Those set before the first packet: their delay counts from it.
    private var waiting: [(id: Int64, delay: Int64)] = []

    /// No timers; `room` is for those that wait and those cancelled that are not due yet.
    init?(room: Int = 1 << 22) {
        guard let heap = DeadlineHeap(capacity: room) else { return nil }
        self.heap = heap
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
    /// - Returns: its number.
    mutating func set(delay: Int64, interval: Int64, now: Timestamp?) -> Int64? {
        guard timers.count < 1 << 20 else { return nil }
        lastID += 1
        guard let now else {
            timers[lastID] = Timer(deadline: .max, interval: interval)
            waiting.append((lastID, delay))
            return lastID
        }
        return arm(lastID, at: now.advanced(nanoseconds: delay).nanoseconds, interval)
            ? lastID : nil
    }

    /// The clock starts: what waited for it is armed.
    mutating func start(at now: Timestamp) {
        for (id, delay) in waiting {
            guard let timer = timers[id] else { continue }
            _ = arm(id, at: now.advanced(nanoseconds: delay).nanoseconds, timer.interval)
        }
        waiting = []
    }

    /// The clock goes back to `new`: every timer keeps what is left of its time.
    mutating func restart(from old: Timestamp, to new: Timestamp) {
        heap.removeAll()
        for (id, timer) in timers where timer.deadline != .max {
            let left = timer.deadline - old.nanoseconds
            _ = arm(id, at: new.advanced(nanoseconds: left).nanoseconds, timer.interval)
        }
    }

    /// Removes a timer.
    ///
    /// - Returns: false when there is none of that number (any more).
    mutating func cancel(_ id: Int64) -> Bool { timers.removeValue(forKey: id) != nil }

    /// Takes the timer with the earliest deadline and re-arms it when it repeats.
    ///
    /// - Returns: its number; nil when it was cancelled meanwhile.
    mutating func takeFirst() -> Int64? {
        let entry = heap.removeFirst()
        guard let timer = timers[entry.item], timer.deadline == entry.deadline else { return nil }
        if timer.interval > 0 {
            let next = Timestamp(nanoseconds: timer.deadline).advanced(nanoseconds: timer.interval)
            _ = arm(entry.item, at: next.nanoseconds, timer.interval)
        } else {
            timers[entry.item] = nil
        }
        return entry.item
    }

    private mutating func arm(_ id: Int64, at deadline: Int64, _ interval: Int64) -> Bool {
        timers[id] = Timer(deadline: deadline, interval: interval)
        let entry = DeadlineHeap.Entry(deadline: deadline, order: UInt64(id), item: id)
        if heap.insert(entry) { return true }
        // Cancelled timers stay in the heap until they are due: only when it is full are they worth a search. There is
        // room for four times the timers that may be set, so the next search is far away.
        heap.removeAll()
        for (id, timer) in timers where timer.deadline != .max {
            _ = heap.insert(.init(deadline: timer.deadline, order: UInt64(id), item: id))
        }
        return true
    }
}
