// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// Why a reader of records stopped.
enum RecordStop {
    /// The burst is full, or there is more to look at at once.
    case full
    /// The record at hand needs that many bytes in all, as far as is known yet.
    case short(Int)
    /// The record at hand makes no sense.
    case damaged(CaptureDamage)
    /// The input is no capture.
    case noCapture
    /// The input is packed by gzip.
    case packed
}

/// The ways in which a capture file can be broken.
enum CaptureDamage: Error, Equatable, CustomStringConvertible {
    case cut
    case recordTooLong(UInt32)
    case moreCapturedThanSent(captured: UInt32, sent: UInt32)
    case version(UInt16, UInt16)
    case byteOrder(UInt32)
    case blockLength(UInt32)
    case blockLengthsDiffer(UInt32, UInt32)
    case packetLength(UInt32)
    case unknownInterface(UInt32)
    case tooManyInterfaces
    case option

    /// The most bytes of one frame that are believed; larger ones are damage, not packets.
    static let longestFrame = 16 * 1024 * 1024

    var description: String {
        switch self {
        case .cut: "the capture is cut off in the middle of a record"
        case .recordTooLong(let length): "a record claims \(length) captured bytes"
        case .moreCapturedThanSent(let captured, let sent):
            "a record claims \(captured) captured bytes of \(sent) on the wire"
        case .version(let major, let minor): "the file has the unknown version \(major).\(minor)"
        case .byteOrder(let magic): "a section has the byte-order mark \(hexadecimal(magic))"
        case .blockLength(let length): "a block claims the impossible length \(length)"
        case .blockLengthsDiffer(let first, let last):
            "a block begins with the length \(first) and ends with \(last)"
        case .packetLength(let length):
            "a block claims \(length) captured bytes, more than it holds"
        case .unknownInterface(let index): "a packet came from interface \(index), never described"
        case .tooManyInterfaces: "a section describes more than \(InterfaceTable.limit) interfaces"
        case .option: "an option of an interface is longer than its block"
        }
    }
}

/// The order in which a file stores the bytes of its numbers.
struct ByteOrder: Equatable {
    let isBigEndian: Bool

    @inline(__always)
    func u16(_ bytes: ByteView, _ offset: Int) -> UInt16 {
        let value = bytes.u16(offset)
        return isBigEndian ? value : value.byteSwapped
    }

    @inline(__always)
    func u32(_ bytes: ByteView, _ offset: Int) -> UInt32 {
        let value = bytes.u32(offset)
        return isBigEndian ? value : value.byteSwapped
    }
}

extension ByteOrder {
    /// The number at `place`; the caller has checked that it is there.
    @unsafe @inline(__always)
    func load(_ place: UnsafeRawPointer, _ offset: Int) -> UInt32 {
        let value = unsafe UInt32(
            bigEndian: place.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        )
        return isBigEndian ? value : value.byteSwapped
    }
}

/// A number as C writes it.
func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
