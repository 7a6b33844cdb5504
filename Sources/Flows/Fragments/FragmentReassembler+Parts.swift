// SPDX-License-Identifier: BSD-2-Clause
// Where the bytes of a part go, what of them is new, and how the parts become one packet.
import CMosABI
import Packets

extension FragmentReassembler {
    /// Adds a part to its datagram.
    ///
    /// - Returns: false when the part does not count, or the datagram was given up.
    mutating func add(
        _ part: IPFragment,
        _ packet: mos_packet,
        _ bytes: ByteView,
        to slot: Int32
    ) -> Bool {
        let payload = bytes.slice(Int(packet.payload), part.length)
        if packet.ip_version == 6 {
            switch overlap(part, payload, slot) {
            case .none: break
            case .duplicate: return false
            case .other:
                counts.overlaps += 1
                kill(slot)
                return false
            }
        }
        guard fits(part, slot) else {
            counts.bad += 1
            return false
        }
        if part.offset == 0, datagrams[slot].header < 0 {
            guard keepHeader(part, packet, bytes, slot) else { return false }
        }
        if !part.hasMore { datagrams[slot].total = Int32(part.end) }
        return insert(part, payload, slot)
    }

    /// True when the part agrees with what is known of the datagram's end.
    private func fits(_ part: IPFragment, _ slot: Int32) -> Bool {
        let total = Int(datagrams[slot].total)
        if total >= 0 { return part.hasMore ? part.end <= total : part.end == total }
        let last = datagrams[slot].last
        return part.hasMore || last < 0 || pieces[last].end <= part.end
    }

    /// The header of the whole packet is that of its first part (RFC 791; RFC 8200, section 4.5).
    private mutating func keepHeader(
        _ part: IPFragment,
        _ packet: mos_packet,
        _ bytes: ByteView,
        _ slot: Int32
    ) -> Bool {
        guard makeRoom(for: slot) else { return false }
        let cell = pieces.take()
        cells.write(bytes.slice(Int(packet.l3), part.headerLength), to: cell)
        datagrams[slot].header = cell
        datagrams[slot].headerLength = Int32(part.headerLength)
        datagrams[slot].nextHeaderField = Int32(part.nextHeaderField)
        datagrams[slot].nextHeader = packet.proto
        return true
    }

    // MARK: Overlaps

    private enum Overlap { case none, duplicate, other }

    /// How a part of an IPv6 packet lies to those that came before it.
    private func overlap(_ part: IPFragment, _ payload: ByteView, _ slot: Int32) -> Overlap {
        let last = datagrams[slot].last
        guard last >= 0, pieces[last].end > part.offset else { return .none }
        var piece = datagrams[slot].first
        while piece >= 0, pieces[piece].end <= part.offset { piece = pieces[piece].next }
        guard piece >= 0, Int(pieces[piece].offset) < part.end else { return .none }
        guard Int(pieces[piece].offset) == part.offset, !pieces[piece].continues else {
            return .other
        }
        // A duplicate has the same bytes, up to the end of the same part.
        var at = 0
        while piece >= 0, at < part.length {
            let length = Int(pieces[piece].length)
            guard at + length <= part.length, at == 0 || pieces[piece].continues,
                cells.view(piece, 0, length).isEqual(to: payload.slice(at, length))
            else { return .other }
            at += length
            piece = pieces[piece].next
            if piece >= 0, Int(pieces[piece].offset) != part.offset + at { break }
        }
        let goesOn =
            piece >= 0 && pieces[piece].continues && Int(pieces[piece].offset) == part.end
        return at == part.length && !goesOn ? .duplicate : .other
    }

    /// Gives up a datagram, but stays to know its parts.
    private mutating func kill(_ slot: Int32) {
        release(slot)
        datagrams[slot].isDead = true
    }

    // MARK: Pieces

    /// Stores what of the part is new; what came first stays.
    private mutating func insert(_ part: IPFragment, _ payload: ByteView, _ slot: Int32) -> Bool {
        var at = part.offset
        var differs = false
        var previous: Int32 = -1
        var piece = datagrams[slot].first
        let last = datagrams[slot].last
        if last >= 0, pieces[last].end <= at {
            previous = last
            piece = -1
        }
        while at < part.end {
            if piece >= 0, pieces[piece].end <= at {
                previous = piece
                piece = pieces[piece].next
                continue
            }
            let gapEnd = piece < 0 ? part.end : min(part.end, Int(pieces[piece].offset))
            while at < gapEnd {
                let length = min(gapEnd - at, FragmentCells.size)
                let bytes = payload.slice(at - part.offset, length)
                guard
                    let new = place(bytes, at, behind: previous, at > part.offset, slot)
                else { return false }
                previous = new
                at += length
            }
            guard at < part.end, piece >= 0 else { continue }
            let end = min(part.end, pieces[piece].end)
            let held = cells.view(piece, at - Int(pieces[piece].offset), end - at)
            if !held.isEqual(to: payload.slice(at - part.offset, end - at)) { differs = true }
            at = end
        }
        if differs { counts.overlaps += 1 }
        return true
    }

    /// Puts bytes that are new into a piece of their own; nil when the datagram was given up for want of room.
    private mutating func place(
        _ bytes: ByteView,
        _ offset: Int,
        behind previous: Int32,
        _ continues: Bool,
        _ slot: Int32
    ) -> Int32? {
        guard makeRoom(for: slot) else { return nil }
        guard datagrams[slot].pieces < Int32(Self.maximumPieces) else {
            counts.dropped += 1
            kill(slot)
            return nil
        }
        let piece = pieces.take()
        cells.write(bytes, to: piece)
        let next = previous < 0 ? datagrams[slot].first : pieces[previous].next
        pieces[piece] = FragmentPiece(
            next: next,
            offset: Int32(offset),
            length: Int32(bytes.count),
            continues: continues
        )
        if previous < 0 { datagrams[slot].first = piece } else { pieces[previous].next = piece }
        if next < 0 { datagrams[slot].last = piece }
        datagrams[slot].received += Int32(bytes.count)
        datagrams[slot].pieces += 1
        return piece
    }

    /// Gives back what a datagram holds.
    mutating func release(_ slot: Int32) {
        var piece = datagrams[slot].first
        while piece >= 0 {
            let next = pieces[piece].next
            pieces.give(piece)
            piece = next
        }
        if datagrams[slot].header >= 0 { pieces.give(datagrams[slot].header) }
        release(datagrams[slot].frames)
        datagrams[slot].frames = HeldFrames()
        datagrams[slot].first = -1
        datagrams[slot].last = -1
        datagrams[slot].header = -1
    }

    // MARK: The whole

    /// Builds the frame: `prefix`, the header at `offset`, what it carries.
    ///
    /// - Returns: false when it would be longer than an IP packet can be.
    mutating func assemble(_ slot: Int32, behind prefix: ByteView, at offset: Int) -> Bool {
        let datagram = datagrams[slot]
        let headerLength = Int(datagram.headerLength)
        let total = headerLength + Int(datagram.total)
        let longest = Self.maximumLength + (datagram.version == 6 ? 40 : 0)
        guard total <= longest, offset + total <= reassembled.capacity else { return false }
        reassembled.begin(prefix)
        reassembled.put(cells.view(datagram.header, 0, headerLength), at: offset)
        var piece = datagram.first
        while piece >= 0 {
            let bytes = cells.view(piece, 0, Int(pieces[piece].length))
            reassembled.put(bytes, at: offset + headerLength + Int(pieces[piece].offset))
            piece = pieces[piece].next
        }
        if datagram.version == 4 {
            finishIPv4(offset, headerLength, total)
        } else {
            // Without the fragment header, what was before it announces what was behind it.
            reassembled.set(UInt16(total - 40), at: offset + 4)
            reassembled.set(datagram.nextHeader, at: offset + Int(datagram.nextHeaderField))
        }
        return true
    }

    private func finishIPv4(_ offset: Int, _ headerLength: Int, _ total: Int) {
        reassembled.set(UInt16(total), at: offset + 2)
        reassembled.set(UInt16(0), at: offset + 6)
        reassembled.set(UInt16(0), at: offset + 10)
        let header = reassembled.view.slice(offset, headerLength)
        reassembled.set(IPFragment.checksum(ofHeader: header), at: offset + 10)
    }
}
