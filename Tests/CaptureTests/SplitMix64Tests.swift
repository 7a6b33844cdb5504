// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Capture

struct SplitMix64Tests {
    @Test func `a seed gives the published numbers`() {
        var random = SplitMix64(seed: 1_234_567)
        #expect(
            (0..<5).map { _ in random.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ]
        )
    }

    @Test func `numbers below a bound reach all values and no other`() {
        var random = SplitMix64(seed: 1)
        #expect(Set((0..<1000).map { _ in random.below(7) }) == Set(0..<7))
        #expect(random.below(1) == 0)
    }

    @Test func `a chance of 0 never comes and one of 1 always`() {
        var random = SplitMix64(seed: 1)
        #expect(!(0..<1000).contains { _ in random.chance(0) })
        #expect((0..<1000).allSatisfy { _ in random.chance(1) })
    }
}
