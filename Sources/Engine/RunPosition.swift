// SPDX-License-Identifier: BSD-2-Clause

/// Where in the order of a run the engine is: records of several workers are merged by it.
///
/// Before a packet comes what is due by its time, ordered by deadline, then holes before flows before timers, then by
/// the flow's start or the timer's making; so it is the same for any number of workers.
public struct RunPosition: Comparable, Sendable {
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

    /// Before everything.
    public static var start: Self { Self(number: 0, deadline: .min) }
    /// Behind all flows: what scripts do at the very end.
    public static var end: Self { Self(number: .max) }
    /// Behind everything.
    public static var last: Self { Self(number: .max, deadline: .max, rank: .max) }

    /// By number, then deadline, then rank.
    public static func < (a: Self, b: Self) -> Bool {
        (a.number, a.deadline, a.rank) < (b.number, b.deadline, b.rank)
    }
}
