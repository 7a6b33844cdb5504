// SPDX-License-Identifier: BSD-2-Clause
import Synchronization

/// Packets that several workers may take together, each those that it owns.
public final class PacketAllowance: Sendable {
    private let left: Atomic<UInt64>

    /// So many packets.
    public init(_ packets: UInt64) { left = Atomic(packets) }

    /// True when none is left.
    public var isSpent: Bool { left.load(ordering: .relaxed) == 0 }

    /// Takes up to `count` packets from what is left.
    ///
    /// - Parameter count: how many are wanted.
    /// - Returns: how many may be taken.
    public func take(_ count: Int) -> Int {
        var seen = left.load(ordering: .relaxed)
        while true {
            let taken = min(seen, UInt64(count))
            let result = left.compareExchange(
                expected: seen,
                desired: seen - taken,
                ordering: .relaxed
            )
            if result.exchanged { return Int(taken) }
            seen = result.original
        }
    }
}
