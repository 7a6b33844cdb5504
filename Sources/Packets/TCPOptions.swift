// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// TCP options (RFC 9293, section 3.2; RFC 7323; RFC 2018).
public enum TCPOptions {
    static var endOfList: UInt8 { 0 }
    static var noOperation: UInt8 { 1 }
    static var maximumSegmentSize: UInt8 { 2 }
    static var windowScale: UInt8 { 3 }
    static var sackPermitted: UInt8 { 4 }
    static var sack: UInt8 { 5 }
    static var timestamps: UInt8 { 8 }

    /// RFC 7323, section 2.3: a larger shift is taken for this one.
    static var maximumWindowScale: UInt8 { 14 }

    /// Two no-operations and a timestamp option: what nearly every segment carries and nothing else
    /// (RFC 7323, appendix A).
    private static var alignedTimestamps: UInt32 { 0x0101_080A }

    /// Fills in what `count` bytes of options at `at` say; false when the list is broken.
    @inline(__always)
    static func read(
        _ bytes: ByteView,
        _ at: Int,
        _ count: Int,
        _ packet: inout mos_packet
    ) -> Bool {
        if count == 12 && bytes.u32(at) == alignedTimestamps {
            setTimestamps(bytes, at + 4, &packet)
            return true
        }
        return walk(bytes, at, at + count, &packet)
    }

    /// Takes option after option.
    ///
    /// A length that leads nowhere ends the list, as in real stacks: what was read up to there holds.
    @inline(never)
    static func walk(
        _ bytes: ByteView,
        _ start: Int,
        _ end: Int,
        _ packet: inout mos_packet
    ) -> Bool {
        var at = start
        var isSound = true
        while at < end {
            let kind = bytes[at]
            if kind == endOfList { return isSound }
            if kind == noOperation {
                at += 1
                continue
            }
            guard at + 2 <= end else { return false }
            let length = Int(bytes[at + 1])
            guard length >= 2, at + length <= end else { return false }
            if !take(kind, bytes, at, length, &packet) { isSound = false }
            at += length
        }
        return isSound
    }

    /// Fills in one option; false when its length is not the one that its kind has.
    private static func take(
        _ kind: UInt8,
        _ bytes: ByteView,
        _ at: Int,
        _ length: Int,
        _ packet: inout mos_packet
    ) -> Bool {
        switch (kind, length) {
        case (maximumSegmentSize, 4):
            packet.mss = bytes.u16(at + 2)
            packet.set(MOS_PKT_MSS)
        case (windowScale, 3):
            packet.wscale = min(bytes[at + 2], maximumWindowScale)
            packet.set(MOS_PKT_WSCALE)
        case (sackPermitted, 2):
            packet.set(MOS_PKT_SACK)
        case (sack, _) where length >= 10 && length % 8 == 2:
            packet.set(MOS_PKT_SACK)
        case (timestamps, 10):
            setTimestamps(bytes, at + 2, &packet)
        case (maximumSegmentSize, _), (windowScale, _), (sackPermitted, _), (sack, _),
            (timestamps, _):
            return false
        default: break
        }
        return true
    }

    @inline(__always)
    private static func setTimestamps(_ bytes: ByteView, _ at: Int, _ packet: inout mos_packet) {
        packet.tsval = bytes.u32(at)
        packet.tsecr = bytes.u32(at + 4)
        packet.set(MOS_PKT_HAS_TIMESTAMPS)
    }

    /// The SACK blocks of the TCP segment that `packet` is (RFC 2018, section 3), read from its frame.
    ///
    /// A broken list ends where it is broken.
    public static func sackBlocks(_ packet: mos_packet, _ bytes: ByteView) -> SACKBlocks {
        var blocks = SACKBlocks()
        let mask = UInt32(MOS_PKT_SACK | MOS_PKT_HAS_TRANSPORT)
        guard packet.proto == IPProtocol.tcp, packet.flags & mask == mask else { return blocks }
        var at = Int(packet.l4) + TCPHeader.minimumLength
        let end = min(Int(packet.payload), bytes.count)
        while at < end, bytes[at] != endOfList {
            if bytes[at] == noOperation {
                at += 1
                continue
            }
            guard at + 2 <= end else { break }
            let length = Int(bytes[at + 1])
            guard length >= 2, at + length <= end else { break }
            if bytes[at] == sack, length % 8 == 2 {
                for block in stride(from: at + 2, to: at + length, by: 8) {
                    blocks.append(SACKBlock(bytes.u32(block), bytes.u32(block + 4)))
                }
            }
            at += length
        }
        return blocks
    }
}

/// The blocks of a SACK option: four fit into a TCP header.
public struct SACKBlocks: BitwiseCopyable, Sendable {
    private var blocks = InlineArray<4, SACKBlock>(repeating: SACKBlock(0, 0))
    /// How many there are.
    public private(set) var count = 0

    /// The block at `index`, in the order of the option.
    public subscript(index: Int) -> SACKBlock {
        precondition(index >= 0 && index < count)
        return blocks[index]
    }

    mutating func append(_ block: SACKBlock) {
        guard count < 4 else { return }
        blocks[count] = block
        count += 1
    }
}
