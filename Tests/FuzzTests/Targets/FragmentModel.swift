// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

@testable import Flows

/// A part of one of a few IP packets, as an input tells.
///
///     bits 0-1 packet, bit 2 IPv6, bit 3 other bytes | offset / 8 | length | bit 7 more follow, bit 6 other length
///     offset * 8 | time step
struct ModelledPart {
    let packet: Int
    let isIPv6: Bool
    let offset: Int
    let hasMore: Bool
    let bytes: [UInt8]

    init(_ input: inout InputBytes, _ time: inout Int64) {
        let kind = input.next()
        packet = kind & 3
        isIPv6 = kind & 4 != 0
        let place = input.next()
        let size = input.next()
        let flags = input.next()
        hasMore = flags & 128 != 0
        let far = input.next()
        offset = min(65_528, place * 8 + (far & 0xF0 == 0xF0 ? (far & 15) * 4096 : 0))
        // Mostly units of 8 bytes; a few are larger than a cell, a few have no right length.
        let length = flags & 64 != 0 ? size * 10 : hasMore ? size % 32 * 8 : size
        let start = offset
        let other: UInt8 = kind & 8 != 0 ? 0x5A : 0
        bytes = (0..<length).map { UInt8(truncatingIfNeeded: (start + $0) &* 13) ^ other }
        let step = input.next()
        time += step < 240 ? Int64(step) * 10_000_000 : Int64(step - 239) * 4_000_000_000
        if step == 255 { time -= 70_000_000_000 }
    }

    var end: Int { offset + bytes.count }

    /// Longer than the length field of an IP packet can say; parts but the last come in units of 8.
    var isSound: Bool {
        !bytes.isEmpty && (!hasMore || bytes.count % 8 == 0)
            && end + (isIPv6 ? 0 : 20) <= 65_535
    }

    private var builder: PacketBuilder { isIPv6 ? PacketBuilder(ip: .ipv6) : PacketBuilder() }

    /// Hands the part to `box`, and says how what it makes of it is not `expected`.
    func compare(_ box: inout FragmentReassembler, _ expected: [UInt8]?, at time: Int64) -> String?
    {
        let frame = builder.fragment(
            IPProtocol.udp,
            bytes,
            offset: offset,
            hasMore: hasMore,
            identification: UInt32(packet + 1)
        )
        var isPart = false
        let found = ByteView.of(frame) { view -> [UInt8]? in
            var packet = mos_packet()
            let result = PacketDecoder().decode(
                Frame(
                    bytes: view,
                    wireLength: UInt32(view.count),
                    time: Timestamp(nanoseconds: time),
                    linkType: .ethernet
                ),
                into: &packet
            )
            isPart = result.kind == .fragment
            return isPart && box.take(packet, view, at: time) ? box.frame.array : nil
        }
        if isPart == isWhole { return "the decoder takes it for a part or not: \(isPart)" }
        guard let found else {
            return expected.map { "nothing, not \($0.count) bytes" }
        }
        guard let expected else { return "\(found.count) bytes, not nothing" }
        return found == builder.plain(expected, packet + 1)
            ? nil : "\(found.count) bytes are others"
    }

    /// All there is, with a fragment header or without (RFC 6946).
    var isWhole: Bool { offset == 0 && !hasMore }
}

extension PacketBuilder {
    /// The frame of a packet that was put together.
    fileprivate func plain(_ payload: [UInt8], _ identification: Int) -> [UInt8] {
        var builder = self
        builder.ip.doesNotFragment = false
        builder.ip.identification = UInt16(identification)
        return builder.frame(IPProtocol.udp, payload)
    }
}

/// What becomes of parts: bytes that came first stay for IPv4, overlaps kill for IPv6 (RFC 5722); of the oldest when
/// cells run out, of all that took too long.
struct FragmentModel {
    private struct Packet {
        let number: Int
        let isIPv6: Bool
        let start: Int64
        var isDead = false
        var total: Int?
        var hasHeader = false
        /// Nothing, or the number of a byte's cell.
        var bytes: [Int: UInt8] = [:]
        /// Beginnings and lengths of what was new, each in cells of its own.
        var runs = 0
        /// Of all that was taken in, for a packet in too many pieces.
        var parts: [(offset: Int, bytes: [UInt8])] = []
        var end = 0

        var cells: Int { isDead ? 0 : runs + (hasHeader ? 1 : 0) }
    }

    private(set) var counts = FragmentReassembler.Counts()
    private var packets: [Packet] = []
    private let cells: Int
    private let timeout: Int64

    init(cells: Int, timeout: Int64) {
        self.cells = cells
        self.timeout = timeout
    }

    var waiting: Int { packets.count }
    var cellsInUse: Int { packets.reduce(0) { $0 + $1.cells } }

    /// The payload of the packet that `part` completed.
    mutating func take(_ part: ModelledPart, at time: Int64) -> [UInt8]? {
        guard !part.isWhole, cells > 0 else { return nil }
        while let first = packets.first, isOver(first, time) { giveUp(0) }
        guard part.isSound else {
            counts.bad += 1
            return nil
        }
        if let at = index(part), isOver(packets[at], time) { giveUp(at) }
        if index(part) == nil {
            if packets.count == cells { drop(0) }
            packets.append(Packet(number: part.packet, isIPv6: part.isIPv6, start: time))
        }
        guard let at = index(part), !packets[at].isDead, add(part, at) else { return nil }
        guard let now = index(part), let total = packets[now].total, packets[now].hasHeader,
            packets[now].bytes.count == total
        else { return nil }
        let whole = packets.remove(at: now)
        if total + (part.isIPv6 ? 0 : 20) > 65_535 {
            counts.bad += 1
            return nil
        }
        return (0..<total).compactMap { whole.bytes[$0] }
    }

    private func index(_ part: ModelledPart) -> Int? {
        packets.firstIndex { $0.number == part.packet && $0.isIPv6 == part.isIPv6 }
    }

    private func isOver(_ packet: Packet, _ time: Int64) -> Bool {
        abs(time - packet.start) > timeout
    }

    private mutating func giveUp(_ at: Int) {
        if !packets.remove(at: at).isDead { counts.timeouts += 1 }
    }

    private mutating func drop(_ at: Int) {
        if !packets.remove(at: at).isDead { counts.dropped += 1 }
    }

    /// True when the part counts and its packet is still there.
    private mutating func add(_ part: ModelledPart, _ at: Int) -> Bool {
        let known = packets[at].bytes
        if part.isIPv6, (part.offset..<part.end).contains(where: { known[$0] != nil }) {
            let isDuplicate = packets[at].parts.contains {
                $0.offset == part.offset && $0.bytes == part.bytes
            }
            if !isDuplicate {
                counts.overlaps += 1
                packets[at].isDead = true
            }
            return false
        }
        let end = packets[at].end
        let fits =
            packets[at].total.map { part.hasMore ? part.end <= $0 : part.end == $0 }
            ?? (part.hasMore || end <= part.end)
        guard fits else {
            counts.bad += 1
            return false
        }
        if part.offset == 0, !packets[at].hasHeader {
            guard makeRoom(part) else { return false }
            if let at = index(part) { packets[at].hasHeader = true }
        }
        guard let now = index(part) else { return false }
        if !part.hasMore { packets[now].total = part.end }
        return insert(part)
    }

    private mutating func insert(_ part: ModelledPart) -> Bool {
        var differs = false
        var inCell = 0
        for (index, byte) in part.bytes.enumerated() {
            guard let at = self.index(part) else { return false }
            if let old = packets[at].bytes[part.offset + index] {
                differs = differs || old != byte
                inCell = 0
                continue
            }
            if inCell == 0 {
                guard makeRoom(part), let at = self.index(part) else { return false }
                guard packets[at].runs < FragmentReassembler.maximumPieces else {
                    counts.dropped += 1
                    packets[at].isDead = true
                    return false
                }
                packets[at].runs += 1
            }
            inCell = (inCell + 1) % 2048
            if let at = self.index(part) { packets[at].bytes[part.offset + index] = byte }
        }
        guard let at = index(part) else { return false }
        packets[at].parts.append((part.offset, part.bytes))
        packets[at].end = max(packets[at].end, part.end)
        if differs { counts.overlaps += 1 }
        return true
    }

    /// Drops the oldest until a cell is free; false when that was the part's own.
    private mutating func makeRoom(_ part: ModelledPart) -> Bool {
        while cellsInUse >= cells {
            drop(0)
            if index(part) == nil { return false }
        }
        return true
    }
}
