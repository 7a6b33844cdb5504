// SPDX-License-Identifier: BSD-2-Clause

/// Where a line stands in the order of a run, so that the lines of several workers can be merged.
public struct RecordKey: Comparable, Sendable {
    /// The number of the packet that brought it about; or a time.
    public var number: UInt64
    /// The order of what came about before that packet, ``Swift/Int64/max`` for the packet itself.
    public var deadline: Int64
    /// The order of what came about at the same time.
    public var rank: UInt64

    /// A key.
    public init(number: UInt64, deadline: Int64 = .max, rank: UInt64 = 0) {
        self.number = number
        self.deadline = deadline
        self.rank = rank
    }

    /// Behind all others.
    public static var last: Self { Self(number: .max, deadline: .max, rank: .max) }

    /// By number, then deadline, then rank.
    public static func < (a: Self, b: Self) -> Bool {
        if a.number != b.number { return a.number < b.number }
        if a.deadline != b.deadline { return a.deadline < b.deadline }
        return a.rank < b.rank
    }
}
