// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

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
