// SPDX-License-Identifier: BSD-2-Clause
import Capture

/// What a path does to data segments: some are lost, some come behind the next one.
struct PathFaults: Equatable {
    /// What happens to a segment.
    enum Fate {
        case arrives, isLost, isLate
    }

    var loss = 0.0
    var reordering = 0.0
    /// The numbers are the share of all data segments that was asked for.
    ///
    /// Otherwise they are the chance of a segment with four more behind it, while the receiver waits for no other.
    var areShares = false

    /// The faults of one conversation that are still to happen: one at a time is enough for it.
    struct Owed {
        private var lost = 0
        private var late = 0

        /// Decides over one more data segment.
        mutating func draw(_ faults: PathFaults, _ random: inout SplitMix64) {
            guard faults.areShares else { return }
            if random.chance(faults.loss) {
                lost += 1
            } else if random.chance(faults.reordering) {
                late += 1
            }
        }

        /// What happens to the segment in hand, behind which `left` octets of `mss` each are to be sent.
        mutating func take(
            _ faults: PathFaults,
            left: Int,
            mss: Int,
            _ random: inout SplitMix64
        ) -> Fate {
            guard faults.areShares else {
                guard left > 4 * mss else { return .arrives }
                if random.chance(faults.loss) { return .isLost }
                return random.chance(faults.reordering) ? .isLate : .arrives
            }
            if lost > 0 {
                lost -= 1
                return .isLost
            }
            guard late > 0, left > 0 else { return .arrives }
            late -= 1
            return .isLate
        }
    }
}
