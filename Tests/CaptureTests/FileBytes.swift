// SPDX-License-Identifier: BSD-2-Clause
import Packets

@testable import Capture

/// Bytes of a capture file, built number by number in one byte order.
struct FileBytes {
    var isBigEndian = false
    var bytes: [UInt8] = []
    /// Where each record or block ends: the places at which a file may be cut cleanly.
    var boundaries: [Int] = []
    /// Where each frame's record ends.
    var frameEnds: [Int] = []

    mutating func u16(_ value: UInt16) { number(UInt64(value), 2) }
    mutating func u32(_ value: UInt32) { number(UInt64(value), 4) }
    mutating func u64(_ value: UInt64) { number(value, 8) }

    mutating func raw(_ more: [UInt8], paddedTo unit: Int = 1) {
        bytes += more
        bytes += [UInt8](repeating: 0, count: (unit - more.count % unit) % unit)
    }

    mutating func endRecord() { boundaries.append(bytes.count) }

    private mutating func number(_ value: UInt64, _ length: Int) {
        let little = (0..<length).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        bytes += isBigEndian ? little.reversed() : little
    }
}

/// Classic captures.
extension FileBytes {
    static func classic(
        magic: UInt32 = 0xA1B2_C3D4,
        isBigEndian: Bool = false,
        version: (UInt16, UInt16) = (2, 4),
        linkType: UInt32 = 1
    ) -> FileBytes {
        var file = FileBytes(isBigEndian: isBigEndian)
        file.u32(magic)
        file.u16(version.0)
        file.u16(version.1)
        file.u64(0)
        file.u32(65535)
        file.u32(linkType)
        file.endRecord()
        return file
    }

    mutating func record(
        _ frame: [UInt8],
        seconds: UInt32 = 1,
        fraction: UInt32 = 0,
        captured: UInt32? = nil,
        wireLength: UInt32? = nil,
        patch: [UInt8] = []
    ) {
        u32(seconds)
        u32(fraction)
        u32(captured ?? UInt32(frame.count))
        u32(wireLength ?? UInt32(frame.count))
        raw(patch)
        raw(frame)
        endRecord()
        frameEnds.append(bytes.count)
    }
}

/// Blocks of pcapng.
extension FileBytes {
    static func pcapng(isBigEndian: Bool = false) -> FileBytes {
        var file = FileBytes()
        file.section(isBigEndian: isBigEndian)
        return file
    }

    mutating func block(_ type: UInt32, _ body: (inout FileBytes) -> Void) {
        var inner = FileBytes(isBigEndian: isBigEndian)
        body(&inner)
        u32(type)
        u32(UInt32(12 + inner.bytes.count))
        raw(inner.bytes)
        u32(UInt32(12 + inner.bytes.count))
        endRecord()
        if [2, 3, 6].contains(type) { frameEnds.append(bytes.count) }
    }

    mutating func section(isBigEndian: Bool, version: UInt16 = 1) {
        self.isBigEndian = isBigEndian
        block(0x0A0D_0D0A) {
            $0.u32(0x1A2B_3C4D)
            $0.u16(version)
            $0.u16(0)
            $0.u64(.max)
            $0.option(4, Array("a writer".utf8))
            $0.option(0, [])
        }
    }

    mutating func option(_ code: UInt16, _ value: [UInt8]) {
        u16(code)
        u16(UInt16(value.count))
        raw(value, paddedTo: 4)
    }

    mutating func interface(
        linkType: UInt16 = 1,
        snapLength: UInt32 = 0,
        resolution: UInt8? = nil,
        offset: Int64? = nil
    ) {
        block(1) {
            $0.u16(linkType)
            $0.u16(0)
            $0.u32(snapLength)
            $0.option(2, Array("eth0".utf8))
            if let resolution { $0.option(9, [resolution]) }
            if let offset {
                $0.u16(14)
                $0.u16(8)
                $0.u64(UInt64(bitPattern: offset))
            }
            $0.option(0, [])
        }
    }

    mutating func enhanced(
        _ frame: [UInt8],
        interface: UInt32 = 0,
        ticks: UInt64 = 0,
        captured: UInt32? = nil,
        wireLength: UInt32? = nil
    ) {
        block(6) {
            $0.u32(interface)
            $0.u32(UInt32(ticks >> 32))
            $0.u32(UInt32(truncatingIfNeeded: ticks))
            $0.u32(captured ?? UInt32(frame.count))
            $0.u32(wireLength ?? UInt32(frame.count))
            $0.raw(frame, paddedTo: 4)
            $0.option(1, Array("a comment".utf8))
        }
    }

    mutating func obsolete(_ frame: [UInt8], interface: UInt16 = 0, ticks: UInt64 = 0) {
        block(2) {
            $0.u16(interface)
            $0.u16(0xFFFF)
            $0.u32(UInt32(ticks >> 32))
            $0.u32(UInt32(truncatingIfNeeded: ticks))
            $0.u32(UInt32(frame.count))
            $0.u32(UInt32(frame.count))
            $0.raw(frame, paddedTo: 4)
        }
    }

    mutating func simple(_ frame: [UInt8], wireLength: UInt32? = nil) {
        block(3) {
            $0.u32(wireLength ?? UInt32(frame.count))
            $0.raw(frame, paddedTo: 4)
        }
    }
}

/// A frame of `count` bytes that begins with `tag`, so that no two of four bytes or more are alike.
func frame(_ count: Int, tag: Int = 0) -> [UInt8] {
    (0..<count).map { index -> UInt8 in
        let value: Int = index < 4 ? tag >> (8 * index) : index * 7
        return UInt8(truncatingIfNeeded: value)
    }
}
