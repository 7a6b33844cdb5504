// SPDX-License-Identifier: BSD-2-Clause
// Inline: bytes of the packet in hand are replaced. At HK_SND, and for RAW sockets, where the packet lies, so that
// everybody sees it; behind that in a copy, so that only the frame that leaves is another.
import CMosABI
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    /// Replaces bytes of a region.
    mutating func overwrite(
        _ slot: Int32,
        _ region: PacketChange.Region,
        _ change: PacketChange
    ) -> Int32 {
        let isSeen = isSeenByStacks
        let old = leaving
        let range = range(of: region, old)
        if let problem = refusal(of: region, range, change, old) { return problem }
        let layout = MutablePacket(old, leavingFrame)
        if change.updatesTransportChecksum, old.flags & UInt32(MOS_PKT_IP) != 0,
            layout?.canUpdateTransportChecksum != true
        {
            return cannotUpdate()
        }
        let bytes = burst[current].bytes
        guard let frame = isSeen ? bytes.writable : draft(more: 0),
            // Headers that make no sense are taken back.
            let headers = outbox.draft(frame.view.slice(0, Int(old.payload)))
        else { return failure(ENOBUFS, "there is no room for so many changes at once") }
        frame.set(change.bytes.slice(0, change.length), at: range.lowerBound + change.offset)
        var new = old
        if region != .payload, !reread(frame.view, into: &new) {
            frame.set(headers.view, at: 0)
            return failure(
                EINVAL,
                "OVERWRITE keeps lengths, IP version, protocol and the number of tags as they are"
            )
        }
        // Where its parts lie is what it was, and what was left to a network card.
        let changed = layout?.moved(to: frame)
        if change.updatesTransportChecksum, changed?.updateTransportChecksum() == false {
            frame.set(headers.view, at: 0)
            return cannotUpdate()
        }
        if change.updatesIPChecksum { changed?.updateIPChecksum() }
        accept(frame.view, new, for: slot, isSeen: isSeen)
        return 0
    }

    private mutating func cannotUpdate() -> Int32 {
        failure(
            EOPNOTSUPP,
            "its checksum cannot be set right: the packet was cut on its way, or its route leads to "
                + "an address that it does not tell"
        )
    }

    /// True while a change is one that both stacks' packet, or whoever looks at the frame later, is to show.
    var isSeenByStacks: Bool {
        mutating get {
            verdict.frame == nil
                && (event.hook == Int32(MOS_HK_SND) || phase == .lookUp || isReassembledOrphan)
        }
    }

    /// An orphan has no stacks, so there is nobody to hide a change from.
    private var isReassembledOrphan: Bool { mutating get { flow < 0 && phase == .settle } }

    /// The frame that leaves, to be changed: a copy, when nothing has been copied yet or it is to grow.
    mutating func draft(more: Int) -> MutableByteView? {
        if let frame = verdict.frame, more == 0 { return frame.writable }
        return outbox.draft(verdict.frame ?? burst[current].bytes, more: more)
    }

    /// A change is good: it is what the packet in hand, or the frame that leaves in its place, is from now on.
    mutating func accept(
        _ frame: ByteView,
        _ packet: mos_packet,
        for slot: Int32,
        isSeen: Bool
    ) {
        verdict.isChanged = true
        if slot >= 0 {
            verdict.slot = slot
            verdict.sender = segmentSender(slot)
        }
        if isSeen {
            // Views of a packet that has moved show what it was.
            if !frame.isSamePlace(as: burst[current].bytes) { event.turn() }
            packets[current] = packet
            burst[current].bytes = frame
            event.setPacket(packets, current, frame: frame)
            segment.wnd = packet.window
            // A RAW socket's change comes before the look-up.
            if phase == .lookUp { rehash() }
        } else {
            verdict.frame = frame
            verdict.packet = packet
        }
    }

    /// Who sent the packet in hand of a flow.
    private mutating func segmentSender(_ slot: Int32) -> Side {
        hasStream(slot) ? segment.sender : datagramSender
    }

    private mutating func rehash() {
        if kinds[current] == .tcp {
            hashes[current] = table.hash(packets[current])
            guesses[current] = table.prefetchConnection(hashes[current])
        } else if watchesDatagrams {
            prepareDatagram(current)
        }
    }

    // MARK: What may be replaced

    /// Where a region lies in the frame.
    private func range(of region: PacketChange.Region, _ packet: mos_packet) -> Range<Int> {
        let (l3, l4, payload) = (Int(packet.l3), Int(packet.l4), Int(packet.payload))
        func span(_ start: Int, _ end: Int) -> Range<Int> {
            start >= 0 && end > start ? start..<end : 0..<0
        }
        return switch region {
        case .link: span(0, l3 >= 0 ? l3 : payload)
        // Of IPv6 the fixed header: extension headers say how long they are.
        case .network: span(l3, packet.ip_version == 6 ? l3 + IPv6HeaderLength : l4)
        case .transport:
            packet.flags & UInt32(MOS_PKT_HAS_TRANSPORT) != 0 ? span(l4, payload) : 0..<0
        case .payload: span(payload, payload + Int(packet.payload_len))
        }
    }

    /// Why bytes of a region cannot be replaced; nil when they can.
    private mutating func refusal(
        of region: PacketChange.Region,
        _ range: Range<Int>,
        _ change: PacketChange,
        _ packet: mos_packet
    ) -> Int32? {
        guard !range.isEmpty else {
            return failure(EINVAL, "the packet in hand has no such region")
        }
        guard change.offset >= 0, change.length > 0, change.bytes.count >= change.length,
            change.offset + change.length <= range.count
        else {
            return failure(
                EINVAL,
                "offset \(change.offset) with \(change.length) bytes lies outside the region's "
                    + "\(range.count) bytes"
            )
        }
        let isTunnelled = packet.flags & UInt32(MOS_PKT_TUNNEL) != 0
        let isReassembled = packet.flags & UInt32(MOS_PKT_REASSEMBLED) != 0
        if isTunnelled, region == .link || region == .network || isReassembled {
            return failure(EOPNOTSUPP, "this region of a packet in a tunnel cannot be changed")
        }
        if isReassembled, region == .link {
            return failure(EOPNOTSUPP, "a packet that came in parts has a link layer for each")
        }
        return nil
    }

    /// Reads the headers of a changed frame into `packet`.
    ///
    /// - Returns: false when they are not laid out as they were.
    private mutating func reread(_ bytes: ByteView, into packet: inout mos_packet) -> Bool {
        var frame = burst[current]
        frame.bytes = bytes
        var new = mos_packet()
        _ = plainDecoder.decode(frame, into: &new)
        let options = UInt32(
            MOS_PKT_HAS_TIMESTAMPS | MOS_PKT_SACK | MOS_PKT_MSS | MOS_PKT_WSCALE | MOS_PKT_CE
        )
        let layout = UInt32(MOS_PKT_HAS_TRANSPORT | MOS_PKT_IP | MOS_PKT_TUNNEL | MOS_PKT_FRAGMENT)
        guard new.l3 == packet.l3, new.l4 == packet.l4, new.payload == packet.payload,
            new.payload_len == packet.payload_len, new.proto == packet.proto,
            new.wire_payload_len == packet.wire_payload_len,
            new.ip_version == packet.ip_version,
            (new.flags ^ packet.flags) & layout == 0
        else { return false }
        new.number = packet.number
        new.offset = packet.offset
        new.len = packet.len
        new.invalid = packet.invalid
        new.rexmit_kind = packet.rexmit_kind
        new.flags = new.flags & options | packet.flags & ~options
        packet = new
        return true
    }
}

private let IPv6HeaderLength = 40
