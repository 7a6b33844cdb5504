// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct TimestampTests {
    @Test(arguments: [0, 1, 999_999_999, 1_000_000_000, 1_500_000_000_123_456_789])
    func `the shared layout and back is the same time`(nanoseconds: Int64) {
        let time = Timestamp(nanoseconds: nanoseconds)
        #expect(Timestamp(time.shared) == time)
    }

    @Test func `times that the shared layout cannot hold are clamped`() {
        #expect(Timestamp(Timestamp(nanoseconds: -1).shared).nanoseconds == 0)
        let last = Timestamp(nanoseconds: .max).shared
        #expect(last.sec == UInt32.max && last.nsec == 999_999_999)
    }

    @Test func `advancing stays within the range of the type`() {
        #expect(Timestamp(nanoseconds: .max).advanced(nanoseconds: 1).nanoseconds == .max)
        #expect(Timestamp(nanoseconds: .min).advanced(nanoseconds: -1).nanoseconds == .min)
        #expect(Timestamp(nanoseconds: 5).advanced(nanoseconds: -7).nanoseconds == -2)
    }

    @Test func `times are ordered and convert to seconds`() {
        #expect(Timestamp(nanoseconds: 1) < Timestamp(nanoseconds: 2))
        #expect(Timestamp(nanoseconds: 2_500_000_000).seconds == 2.5)
    }
}
