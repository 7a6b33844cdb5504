// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Capture

struct TickScaleTests {
    @Test(
        arguments: [
            (0, 7, 7_000_000_000), (3, 7, 7_000_000), (6, 7, 7000), (9, 7, 7), (10, 79, 7),
            (12, 7999, 7), (28, UInt64.max, 1), (29, .max, 0), (127, .max, 0),
        ] as [(UInt8, UInt64, Int64)]
    )
    func `powers of ten become nanoseconds`(resolution: UInt8, ticks: UInt64, expected: Int64) {
        #expect(
            TickScale(resolution: resolution, offset: 0).time(ticks).nanoseconds == expected
        )
    }

    @Test(
        arguments: [
            (0x80, 7, 7_000_000_000), (0x81, 7, 3_500_000_000), (0x9E, 1 << 30, 1_000_000_000),
            (0xA0, (1_700_000_000 << 32) | (1 << 31), 1_700_000_000_500_000_000),
            (0xBF, 1 << 63, 1_000_000_000), (0xC0, 1 << 63, 500_000_000),
            (0xC1, 1 << 63, 250_000_000),
            (0xFF, .max, 0),
        ] as [(UInt8, UInt64, Int64)]
    )
    func `powers of two become nanoseconds`(resolution: UInt8, ticks: UInt64, expected: Int64) {
        #expect(
            TickScale(resolution: resolution, offset: 0).time(ticks).nanoseconds == expected
        )
    }

    @Test(arguments: [(0, 0), (6, 0), (9, .max), (0x80, 1)] as [(UInt8, Int64)])
    func `what is too late is kept at the end of time`(resolution: UInt8, offset: Int64) {
        #expect(
            TickScale(resolution: resolution, offset: offset).time(.max).nanoseconds == .max
        )
    }

    @Test(arguments: [(1, 1_000_005_000), (-1, -999_995_000), (.min, .min + 5000)])
    func `the offset is in seconds`(offset: Int64, expected: Int64) {
        #expect(TickScale(resolution: 6, offset: offset).time(5).nanoseconds == expected)
    }
}
