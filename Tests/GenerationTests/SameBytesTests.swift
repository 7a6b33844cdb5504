// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Generation

/// Figures of different days can be compared only while a seed means the same bytes.
@Suite struct SameBytesTests {
    /// FNV-1a over times and bytes.
    private func checksum(_ frames: [OwnedFrame]) -> UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ value: UInt64) { sum = (sum ^ value) &* 0x100_0000_01B3 }
        for frame in frames {
            add(UInt64(bitPattern: frame.time.nanoseconds))
            frame.bytes.forEach { add(UInt64($0)) }
        }
        return sum
    }

    private static let sums: [(Profile, UInt64)] = [
        (.small, 6_398_324_242_021_048_396), (.mixed, 2_254_508_283_221_988_638),
        (.bulk, 1_026_365_963_526_127_303), (.syn, 1_885_728_356_306_697_555),
        (.tiny, 3_725_987_771_325_795_054), (.open, 8_810_961_529_987_213_798),
    ]

    @Test(arguments: sums)
    func `seed 1 gives the bytes that it always gave`(_ profile: Profile, sum: UInt64) {
        var options = TrafficOptions(profile)
        if profile == .open || profile == .tiny { options.flows = 500 }
        #expect(checksum(frames(options, count: 3000)) == sum)
    }

    @Test func `every option has a part in the bytes`() {
        var options = TrafficOptions(.mixed)
        options.seed = 9
        options.flows = 50
        options.ipv6 = 0.5
        options.vlan = 0.5
        options.loss = 0.05
        options.reordering = 0.05
        options.rate = .bits(perSecond: 1e9)
        #expect(checksum(frames(options, count: 3000)) == 6_456_130_684_230_830_501)
    }
}
