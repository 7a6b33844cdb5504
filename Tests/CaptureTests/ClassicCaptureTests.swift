// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture

struct ClassicCaptureTests {
    @Test(arguments: [false, true])
    func `microseconds are read in both byte orders`(isBigEndian: Bool) {
        var file = FileBytes.classic(isBigEndian: isBigEndian)
        file.record(frame(60), seconds: 1_700_000_000, fraction: 999_999)
        file.record(frame(40, tag: 1), seconds: 4_000_000_000, fraction: 1, wireLength: 1500)
        #expect(
            read(file.bytes).frames == [
                OwnedFrame(
                    bytes: frame(60),
                    time: Timestamp(nanoseconds: 1_700_000_000_999_999_000)
                ),
                OwnedFrame(
                    bytes: frame(40, tag: 1),
                    wireLength: 1500,
                    time: Timestamp(nanoseconds: 4_000_000_000_000_001_000)
                ),
            ]
        )
    }

    @Test(arguments: [false, true])
    func `nanoseconds are read in both byte orders`(isBigEndian: Bool) {
        var file = FileBytes.classic(magic: 0xA1B2_3C4D, isBigEndian: isBigEndian)
        file.record(frame(60), seconds: 1, fraction: 999_999_999)
        let time = Timestamp(nanoseconds: 1_999_999_999)
        #expect(read(file.bytes) == Delivery(frames: [OwnedFrame(bytes: frame(60), time: time)]))
    }

    @Test(arguments: [false, true])
    func `the longer records of patched libpcap are read`(isBigEndian: Bool) {
        var file = FileBytes.classic(magic: 0xA1B2_CD34, isBigEndian: isBigEndian)
        for tag in 0..<3 {
            file.record(
                frame(61, tag: tag),
                seconds: 2,
                fraction: 3,
                patch: [9, 9, 9, 9, 8, 8, 7, 7]
            )
        }
        let time = Timestamp(nanoseconds: 2_000_003_000)
        #expect(
            read(file.bytes).frames
                == (0..<3).map { OwnedFrame(bytes: frame(61, tag: $0), time: time) }
        )
    }

    @Test func `the length of frame check sequences is no part of the link type`() {
        var file = FileBytes.classic(linkType: 0x5400_0071)
        file.record(frame(20))
        #expect(read(file.bytes).frames.map(\.linkType) == [.linuxCooked])
    }

    @Test func `an empty frame is a frame`() {
        var file = FileBytes.classic()
        file.record([], wireLength: 60)
        file.record(frame(14))
        #expect(read(file.bytes).frames.map(\.bytes.count) == [0, 14])
    }

    @Test func `more bytes captured than sent is damage at that record`() {
        var file = FileBytes.classic()
        file.record(frame(60))
        file.record(frame(60), wireLength: 59)
        let delivery = read(file.bytes)
        #expect(delivery.frames.count == 1)
        #expect(
            delivery.error
                == .damaged(
                    name: "test",
                    offset: 100,
                    reason: "a record claims 60 captured bytes of 59 on the wire"
                )
        )
    }

    @Test func `before version 2 4 the two lengths stand in either order`() {
        var file = FileBytes.classic(version: (2, 2))
        file.record(frame(60), captured: 1500, wireLength: 60)
        file.record(frame(50))
        #expect(read(file.bytes).frames.map(\.wireLength) == [1500, 50])
        #expect(read(file.bytes).frames.map(\.bytes.count) == [60, 50])
    }

    @Test(arguments: [16 * 1024 * 1024 + 1, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32])
    func `a frame of more than 16 MiB is damage`(captured: UInt32) {
        var file = FileBytes.classic()
        file.record(frame(60), captured: captured, wireLength: .max)
        #expect(
            read(file.bytes).error
                == .damaged(
                    name: "test",
                    offset: 24,
                    reason: "a record claims \(captured) captured bytes"
                )
        )
    }

    @Test func `an unknown version is damage`() {
        let file = FileBytes.classic(version: (3, 0))
        #expect(
            read(file.bytes).error
                == .damaged(
                    name: "test",
                    offset: 0,
                    reason: "the file has the unknown version 3.0"
                )
        )
    }
}
