// SPDX-License-Identifier: BSD-2-Clause
import Packets
import TCPTracking

extension FuzzTarget {
    /// A stream that somebody edits, on a path that loses and repeats: its receiver gets what ``EditedStream`` says.
    ///
    ///     origin 1 | initial sequence number 1 | steps
    public static let edits = FuzzTarget("edits") { input in
        var bytes = InputBytes(input)
        var stream = EditedStream(&bytes)
        var steps = 0
        while !bytes.isEmpty, steps < 200 {
            steps += 1
            if let problem = stream.step(&bytes) { return "step \(steps): \(problem)" }
        }
        return stream.finish()
    } seeds: { _ in
        let steps: [UInt8] = [
            0, 20, 2, 5, 0, 0, 3, 65, 1, 0, 12, 3, 12, 1, 1, 9, 6, 66, 0, 0, 2, 1, 67, 1,
            3, 9, 20, 2, 2, 1, 4, 4, 70, 2, 4, 0, 3, 30, 0, 1, 6, 0, 0, 30, 4, 1, 1, 2, 3, 4, 5, 6,
            7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 5, 0, 0, 70, 0, 1, 6, 1, 7, 0, 0, 39, 3, 39, 0, 0,
            4,
        ]
        return (0..<16).map { [UInt8($0 & 3), UInt8($0 >> 2)] + steps + steps.reversed() + steps }
    }
}
