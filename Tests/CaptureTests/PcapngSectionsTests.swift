// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture

struct PcapngSectionsTests {
    @Test(arguments: [false, true])
    func `packet blocks of all kinds are read in both byte orders`(isBigEndian: Bool) {
        var file = FileBytes.pcapng(isBigEndian: isBigEndian)
        file.interface()
        file.enhanced(frame(61), ticks: 1_700_000_000_000_001, wireLength: 1500)
        file.obsolete(frame(62), ticks: 1_700_000_000_000_002)
        file.simple(frame(63))
        let times = [1, 2, 2].map { Timestamp(nanoseconds: 1_700_000_000_000_000_000 + $0 * 1000) }
        #expect(
            read(file.bytes)
                == Delivery(frames: [
                    OwnedFrame(bytes: frame(61), wireLength: 1500, time: times[0]),
                    OwnedFrame(bytes: frame(62), time: times[1]),
                    OwnedFrame(bytes: frame(63), time: times[2]),
                ])
        )
    }

    @Test func `each interface has its own link type, resolution and offset`() {
        var file = FileBytes.pcapng()
        file.interface(linkType: 1)
        file.interface(linkType: 113, resolution: 9)
        file.interface(linkType: 101, resolution: 0x8A, offset: 100)
        file.enhanced(frame(60), interface: 0, ticks: 5)
        file.enhanced(frame(60), interface: 1, ticks: 5)
        file.enhanced(frame(60), interface: 2, ticks: 512)
        file.interface(linkType: 0, resolution: 3)
        file.enhanced(frame(60), interface: 3, ticks: 5)
        let frames = read(file.bytes).frames
        #expect(frames.map(\.linkType) == [.ethernet, .linuxCooked, .raw, .null])
        #expect(frames.map(\.time.nanoseconds) == [5000, 5, 100_500_000_000, 5_000_000])
    }

    @Test func `a section begins anew with its own byte order and interfaces`() {
        var file = FileBytes.pcapng(isBigEndian: false)
        file.interface(linkType: 113)
        file.enhanced(frame(60))
        file.section(isBigEndian: true)
        file.interface(linkType: 1)
        file.enhanced(frame(61), ticks: 0x1_0000_0002)
        file.section(isBigEndian: false)
        let start = UInt64(file.bytes.count)
        file.enhanced(frame(62))
        let delivery = read(file.bytes)
        #expect(delivery.frames.map(\.linkType) == [.linuxCooked, .ethernet])
        #expect(delivery.frames.last?.time == Timestamp(nanoseconds: 4_294_967_298_000))
        #expect(
            delivery.error
                == .damaged(
                    name: "test",
                    offset: start,
                    reason: "a packet came from interface 0, never described"
                )
        )
    }

    @Test func `simple packets are cut to the snapshot length of the first interface`() {
        var file = FileBytes.pcapng()
        file.interface(snapLength: 40)
        file.simple(frame(40), wireLength: 1500)
        file.simple(frame(20))
        let frames = read(file.bytes).frames
        #expect(frames.map(\.bytes.count) == [40, 20])
        #expect(frames.map(\.wireLength) == [1500, 20])
    }

    @Test func `unknown blocks are skipped`() {
        var file = FileBytes.pcapng()
        file.block(5) { $0.raw(frame(20)) }
        file.interface()
        file.block(0x8000_0001) { $0.raw(frame(300_000)) }
        file.enhanced(frame(60))
        file.block(4) { _ in }
        #expect(read(file.bytes) == Delivery(frames: [OwnedFrame(frame(60))]))
    }

    @Test(arguments: [0, 4, 8, 11, 13, 0x7FFF_FFFC, 0xFFFF_FFFF] as [UInt32])
    func `a block of an impossible length is damage`(length: UInt32) {
        var file = FileBytes.pcapng()
        let start = UInt64(file.bytes.count)
        file.u32(5)
        file.u32(length)
        file.raw(frame(60))
        #expect(
            read(file.bytes).error
                == .damaged(
                    name: "test",
                    offset: start,
                    reason: "a block claims the impossible length \(length)"
                )
        )
    }

    @Test func `a block whose two lengths differ is damage`() {
        var file = FileBytes.pcapng()
        let start = UInt64(file.bytes.count)
        file.block(5) { $0.raw(frame(20)) }
        file.bytes[file.bytes.count - 4] = 36
        #expect(
            read(file.bytes).error
                == .damaged(
                    name: "test",
                    offset: start,
                    reason: "a block begins with the length 32 and ends with 36"
                )
        )
    }

    @Test(
        arguments: [
            (100, 60, "a record claims 100 captured bytes of 60 on the wire"),
            (100, 100, "a block claims 100 captured bytes, more than it holds"),
            (.max, .max, "a block claims 4294967295 captured bytes, more than it holds"),
        ] as [(UInt32, UInt32, String)]
    )
    func `lengths that do not fit the block are damage`(
        captured: UInt32,
        wireLength: UInt32,
        reason: String
    ) {
        var file = FileBytes.pcapng()
        file.interface()
        let start = UInt64(file.bytes.count)
        file.enhanced(frame(60), captured: captured, wireLength: wireLength)
        #expect(
            read(file.bytes).error == .damaged(name: "test", offset: start, reason: reason)
        )
    }

    @Test func `an option that overruns its interface is damage`() {
        var file = FileBytes.pcapng()
        let start = UInt64(file.bytes.count)
        file.block(1) {
            $0.u32(1)
            $0.u32(0)
            $0.u16(9)
            $0.u16(1000)
        }
        #expect(
            read(file.bytes).error
                == .damaged(
                    name: "test",
                    offset: start,
                    reason: "an option of an interface is longer than its block"
                )
        )
    }

    @Test func `a section of another major version is damage`() {
        var file = FileBytes()
        file.section(isBigEndian: true, version: 2)
        #expect(
            read(file.bytes).error
                == .damaged(
                    name: "test",
                    offset: 0,
                    reason: "the file has the unknown version 2.0"
                )
        )
    }

    @Test func `a section without a byte order is damage`() {
        var file = FileBytes.pcapng()
        file.bytes[8] = 0
        #expect(
            read(file.bytes).error
                == .damaged(
                    name: "test",
                    offset: 0,
                    reason: "a section has the byte-order mark 0x3c2b1a"
                )
        )
    }
}

extension OwnedFrame {
    /// An Ethernet frame at the beginning of time.
    fileprivate init(_ bytes: [UInt8]) {
        self.init(bytes: bytes, time: Timestamp(nanoseconds: 0))
    }
}
