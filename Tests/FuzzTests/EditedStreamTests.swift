// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

struct EditedStreamTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `random edits of random segments on a bad path reach the receiver as they were made`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        for round in 0..<250 {
            let input = (0..<(20 + random.below(700))).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            let problem = ByteView.of(input, FuzzTarget.edits.problem)
            try #require(problem == nil, "seed \(seed), round \(round)")
        }
    }
}
