// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// Where in the order of a run the engine is: records of several workers are merged by it.
///
/// Before a packet comes what is due by its time, ordered by deadline, then holes before flows before timers, then by
/// the flow's start or the timer's making; so it is the same for any number of workers.
public struct RunPosition: Equatable, Sendable {
    /// The packet's number; nanoseconds of packet time where every worker has numbers of its own.
    public var number: UInt64
    /// The deadline of what is due before the packet; ``Swift/Int64/max`` for the packet itself.
    public var deadline: Int64
    /// The order of what is due at the same time.
    public var rank: UInt64

    /// A position.
    public init(number: UInt64, deadline: Int64 = .max, rank: UInt64 = 0) {
        self.number = number
        self.deadline = deadline
        self.rank = rank
    }

    /// Behind all flows: what scripts do at the very end.
    public static var end: Self { Self(number: .max) }
}

/// What is due, as a part of a ``RunPosition``.
struct DueOrder {
    var deadline: Int64
    var rank: UInt64

    /// Nothing: the packet itself is in hand.
    static var packet: Self { Self(deadline: .max, rank: 0) }

    static func hole(at deadline: Int64) -> Self { Self(deadline: deadline, rank: 0) }
    static func flow(_ serial: UInt64, at deadline: Int64) -> Self {
        Self(deadline: deadline, rank: 1 << 62 | serial)
    }
    static func timer(_ order: UInt64, at deadline: Int64) -> Self {
        Self(deadline: deadline, rank: 2 << 62 | order)
    }
}

extension Worker {
    /// Where the worker is; what it hands out later is never before it.
    public var position: RunPosition {
        mutating get {
            if phase == .ended { return .end }
            if endsRun { return RunPosition(number: .max - 1, deadline: 0, rank: due.rank) }
            return RunPosition(number: place, deadline: due.deadline, rank: due.rank)
        }
    }

    /// True when a packet has the same number for all workers: they are all shown the same captures.
    var sharesNumbers: Bool { leavesOut || share.isWhole && !inputs.isLive }

    /// The number of the packet in hand, or of the next; live its time.
    var place: UInt64 {
        mutating get {
            if !sharesNumbers { return UInt64(max(0, clock?.nanoseconds ?? 0)) }
            return UInt64(current < burstCount ? packets[current].number : walked)
        }
    }
}
