// SPDX-License-Identifier: BSD-2-Clause
// A limit of packets for all workers of a live run together: it is taken from once a burst.
import Packets

extension Worker {
    /// How many frames of the burst may be looked at; the run of all workers ends with the last of them.
    @inline(never)
    mutating func allowedFrames() -> Int {
        guard let allowance = inputs.allowance else { return burst.count }
        var wanted = 0
        for index in 0..<burst.count where counts(burst[index]) { wanted += 1 }
        let allowed = allowance.take(wanted)
        if allowance.isSpent {
            reachedLimit = true
            inputs.stop.halt()
        }
        if allowed == wanted { return burst.count }
        var left = allowed
        var end = 0
        while end < burst.count {
            if counts(burst[end]) {
                if left == 0 { break }
                left -= 1
            }
            end += 1
        }
        return end
    }

    /// True for a frame that passes the filter and is not a copy of what worker 0 counts.
    private mutating func counts(_ frame: Frame) -> Bool {
        if let filter = inputs.filter, !filter.matches(frame) { return false }
        return isFirst || share.owner(of: frame) != WorkerShare.everyone
    }
}
