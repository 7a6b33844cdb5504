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
            let problem = ByteView.of([0] + input, FuzzTarget.edits.problem)
            try #require(problem == nil, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `frames with some random bytes are changed as they should be`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let seeds = FuzzTarget.edits.seeds([]).filter { $0[0] == 128 }
        for round in 0..<100 {
            var input = seeds[Int(random.below(UInt64(seeds.count)))]
            for _ in 0..<random.below(5) {
                let place = 1 + Int(random.below(UInt64(input.count - 1)))
                input[place] = UInt8(truncatingIfNeeded: random.next())
            }
            let problem = ByteView.of(input, FuzzTarget.edits.problem)
            try #require(problem == nil, "seed \(seed), round \(round)")
        }
    }
}
