// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// The blocks of a pcapng file: sections, interfaces, packets; what else there is is skipped.
///
///     block:     type 4 | length 4 | body, padded to 4 | length 4
///     section:   byte-order mark 4 | major 2 | minor 2 | section length 8 | options
///     interface: link type 2 | reserved 2 | snaplen 4 | options
///     enhanced:  interface 4 | ticks, high half 4, low half 4 | captured 4 | on the wire 4 | bytes
///     obsolete:  interface 2 | drops 2 | the rest as enhanced
///     simple:    on the wire 4 | bytes
///
/// Source: draft-ietf-opsawg-pcapng.
struct PcapngSections: ~Copyable {
    private enum BlockType {
        static let interface: UInt32 = 1
        static let obsoletePacket: UInt32 = 2
        static let simplePacket: UInt32 = 3
        static let enhancedPacket: UInt32 = 6
    }

    private var order = ByteOrder(isBigEndian: false)
    private var interfaces = InterfaceTable()
    /// Simple packets carry no time: they take that of the packet before.
    private var lastTime = Timestamp(nanoseconds: 0)

    init() {}

    /// Appends the packets of the complete blocks that `input` holds, until one is incomplete or the burst is full.
    mutating func take(from input: inout CaptureInput, into burst: inout FrameBurst) -> RecordStop {
        let bytes = input.bytes
        let isShared = input.isShared
        var at = 0
        defer { input.advance(at) }
        while !burst.isFull {
            let left = bytes.count &- at
            guard left >= 12 else { return .short(12) }
            let isSection = bytes.u32(at) == CaptureMagic.section
            if isSection, let damage = readByteOrder(bytes, at) { return .damaged(damage) }
            let length = order.u32(bytes, at &+ 4)
            guard length >= 12, length & 3 == 0, length <= Self.longestBlock else {
                return .damaged(.blockLength(length))
            }
            guard left >= Int(length) else { return .short(Int(length)) }
            if isShared { bytes.prefetchFar(at &+ CaptureInput.ahead, Int(length)) }
            let last = order.u32(bytes, at &+ Int(length) &- 4)
            guard last == length else { return .damaged(.blockLengthsDiffer(length, last)) }
            let block = bytes.slice(at, Int(length))
            let damage =
                isSection ? readSection(block) : readBlock(order.u32(bytes, at), block, &burst)
            if let damage { return .damaged(damage) }
            at &+= Int(length)
        }
        return .full
    }

    /// The longest frame and generous options.
    private static let longestBlock = CaptureDamage.longestFrame + 1024 * 1024

    @inline(__always)
    private mutating func readBlock(
        _ type: UInt32,
        _ block: ByteView,
        _ burst: inout FrameBurst
    ) -> CaptureDamage? {
        if type == BlockType.enhancedPacket {
            guard block.count >= 32 else { return .blockLength(UInt32(block.count)) }
            return readPacket(block, from: order.u32(block, 8), &burst)
        }
        return readUncommonBlock(type, block, &burst)
    }

    @inline(never)
    private mutating func readUncommonBlock(
        _ type: UInt32,
        _ block: ByteView,
        _ burst: inout FrameBurst
    ) -> CaptureDamage? {
        switch type {
        case BlockType.interface: return readInterface(block)
        case BlockType.simplePacket: return readSimplePacket(block, &burst)
        case BlockType.obsoletePacket:
            guard block.count >= 32 else { return .blockLength(UInt32(block.count)) }
            return readPacket(block, from: UInt32(order.u16(block, 8)), &burst)
        default: return nil
        }
    }

    @inline(__always)
    private mutating func readPacket(
        _ block: ByteView,
        from index: UInt32,
        _ burst: inout FrameBurst
    ) -> CaptureDamage? {
        guard index < interfaces.count else { return .unknownInterface(index) }
        let interface = interfaces[Int(index)]
        let ticks = UInt64(order.u32(block, 12)) &<< 32 | UInt64(order.u32(block, 16))
        let captured = order.u32(block, 20)
        let sent = order.u32(block, 24)
        guard captured <= sent else {
            return .moreCapturedThanSent(captured: captured, sent: sent)
        }
        guard Int(captured) <= block.count &- 32 else { return .packetLength(captured) }
        lastTime = interface.ticks.time(ticks)
        burst.append(
            Frame(
                bytes: block.slice(28, Int(captured)),
                wireLength: sent,
                time: lastTime,
                linkType: interface.linkType
            )
        )
        return nil
    }

    private mutating func readSimplePacket(
        _ block: ByteView,
        _ burst: inout FrameBurst
    ) -> CaptureDamage? {
        guard block.count >= 16 else { return .blockLength(UInt32(block.count)) }
        guard interfaces.count > 0 else { return .unknownInterface(0) }
        let limit = interfaces[0].snapLength
        let sent = order.u32(block, 8)
        let captured = limit == 0 ? sent : min(sent, limit)
        guard Int(captured) <= block.count - 16 else { return .packetLength(captured) }
        burst.append(
            Frame(
                bytes: block.slice(12, Int(captured)),
                wireLength: sent,
                time: lastTime,
                linkType: interfaces[0].linkType
            )
        )
        return nil
    }

    /// The byte order comes first: even the length of the block is written in it.
    private mutating func readByteOrder(_ bytes: ByteView, _ at: Int) -> CaptureDamage? {
        switch bytes.u32(at + 8) {
        case 0x1A2B_3C4D: order = ByteOrder(isBigEndian: true)
        case 0x4D3C_2B1A: order = ByteOrder(isBigEndian: false)
        case let other: return .byteOrder(other)
        }
        return nil
    }

    private mutating func readSection(_ block: ByteView) -> CaptureDamage? {
        guard block.count >= 28 else { return .blockLength(UInt32(block.count)) }
        let (major, minor) = (order.u16(block, 12), order.u16(block, 14))
        guard major == 1 else { return .version(major, minor) }
        interfaces.removeAll()
        return nil
    }

    private mutating func readInterface(_ block: ByteView) -> CaptureDamage? {
        guard block.count >= 20 else { return .blockLength(UInt32(block.count)) }
        guard interfaces.count < InterfaceTable.limit else { return .tooManyInterfaces }
        guard let ticks = readTickScale(block.slice(16, block.count - 20)) else { return .option }
        interfaces.append(
            CaptureInterface(
                linkType: LinkType(rawValue: order.u16(block, 8)),
                snapLength: order.u32(block, 12),
                ticks: ticks
            )
        )
        return nil
    }

    /// The two options about time among all others; nil when one overruns the block.
    private func readTickScale(_ options: ByteView) -> TickScale? {
        var resolution: UInt8 = 6
        var offset: UInt64 = 0
        var at = 0
        while options.count - at >= 4 {
            let code = order.u16(options, at)
            let length = Int(order.u16(options, at + 2))
            if code == 0 { break }
            guard length <= options.count - at - 4 else { return nil }
            if code == 9, length == 1 { resolution = options[at + 4] }
            if code == 14, length == 8 {
                let (a, b) = (order.u32(options, at + 4), order.u32(options, at + 8))
                let (high, low) = order.isBigEndian ? (a, b) : (b, a)
                offset = UInt64(high) << 32 | UInt64(low)
            }
            at += 4 + (length + 3) & ~3
        }
        return TickScale(resolution: resolution, offset: Int64(bitPattern: offset))
    }
}
