// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// What a live run gives up first when its sources lose packets.
public enum Shedding: String, CaseIterable, Sendable {
    /// Nothing.
    case none
    /// New flows, for the sake of those that are open.
    case flows
    /// Bytes that would have to be kept, for the sake of seeing every flow.
    case buffers
}

/// How far a worker is behind its sources, and what it gives up for that.
struct Overload {
    private let order: Shedding
    /// 0 = it keeps up, 1 = it gives up the first, 2 = both.
    private(set) var level = 0
    private var lost: UInt64 = 0
    /// When packets were lost last, or the level was lowered.
    private var since = Timestamp(nanoseconds: 0)
    /// New flows are not started.
    private(set) var shedsFlows = false
    /// Bytes are not kept.
    private(set) var shedsBuffers = false

    init(_ order: Shedding) { self.order = order }

    /// True when losses mean anything.
    var isWatched: Bool { order != .none }

    /// Looks at what the sources have lost in all, at a time of the packets' clock.
    mutating func note(lost total: UInt64, at now: Timestamp) {
        if total > lost {
            lost = total
            since = now
            level = min(level + 1, 2)
        } else if level > 0, now.nanoseconds &- since.nanoseconds >= 1_000_000_000 {
            since = now
            level -= 1
        } else {
            return
        }
        shedsFlows = level >= (order == .flows ? 1 : 2)
        shedsBuffers = level >= (order == .buffers ? 1 : 2)
    }
}
