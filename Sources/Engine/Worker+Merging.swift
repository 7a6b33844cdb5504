// SPDX-License-Identifier: BSD-2-Clause
// Room for a segment's bytes, the receiver's stack, the merge, and what the pool cannot hold.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// makeRoom: tells readers what they would lose, gives up holes that hold too much.
    mutating func makeRoom() {
        phase = .merge
        // What only replaces needs no room.
        guard payload.count > 0, extent.fresh > 0 else {
            merge()
            return
        }
        let ext = table.conns[flow].ext
        let sender = segment.sender
        // In order, and nothing waits: the common case.
        if !extent.isOutOfOrder, table[stream: ext, sender].runs < 0 {
            merge()
            return
        }
        // One hole a segment: what becomes readable by it is offered before more is given up.
        if !gaveUpHole, mustGiveUpHole(ext, sender) {
            phase = .declareGap
            gaveUpHole = true
            guard isRead(ext, sentBy: sender) else { return }
            counters[.bufferLimit] += 1
            event.setArgument(
                code: Int32(MOS_ERROR_LIMIT),
                offset: update.offset,
                length: Int64(payload.count)
            )
            begin(Event.error.bit, at: .null, side: sender.other)
            return
        }
        // What a gap made readable is offered by NEW_DATA before anybody loses any of it.
        if table[stream: ext, sender].runs >= 0, isRead(ext, sentBy: sender), !hasNewData {
            begin(Event.error.bit, at: .null, side: sender.other, kind: .overrun)
        }
    }

    /// True when the payload in hand does not fit beside what waits behind holes.
    private mutating func mustGiveUpHole(_ ext: Int32, _ sender: Side) -> Bool {
        guard isRead(ext, sentBy: sender) else {
            // Nobody reads: only the number of ranges is limited.
            return extent.isOutOfOrder
                && !reassembler.fits(table[stream: ext, sender], length: 0, limit: .max)
        }
        return reassembler.hasHole(table[stream: ext, sender])
            && !reassembler.fits(
                table[stream: ext, sender],
                length: payload.count,
                limit: room(ext, for: sender.other)
            )
    }

    /// declareGap: the first hole is given up; then there may be room.
    mutating func declareGap() {
        phase = .makeRoom
        let ext = table.conns[flow].ext
        if reassembler.isUnconfirmed(table[stream: ext, segment.sender]) {
            discardSYNData(ext, segment.sender)
        }
        if let gap = reassembler.declareGap(&table[stream: ext, segment.sender]) {
            announceGap(
                gap.offset,
                gap.length,
                side: segment.sender.other,
                because: MOS_GAP_LIMIT
            )
        } else {
            phase = .merge
        }
        // What of the segment is new may have changed with the hole.
        extent = reassembler.extent(
            table[stream: ext, segment.sender],
            at: update.offset,
            length: Int(segment.len)
        )
        dropRepeated(ext, segment.sender)
    }

    /// Counts a gap and hands it out with what caused it, one of MOS_GAP_*.
    mutating func announceGap(
        _ offset: Int64,
        _ length: Int64,
        side: Side,
        because cause: Int
    ) {
        counters[.gaps] += 1
        counters[.gapBytes] += Double(length)
        let ext = table.conns[flow].ext
        table[health: ext, side.other].gap_bytes += Double(length)
        reassembler.rememberGap(&table[health: ext, side.other].gaps, at: offset, length: length)
        table[health: ext, side.other].gap_count.increase()
        hasNewData = true
        event.setArgument(code: Int32(cause), offset: offset, length: length)
        begin(Event.gap.bit, at: .null, side: side)
    }

    /// merge: the receiver's stack, then the bytes.
    mutating func merge() {
        phase = .deliver
        noteHealth()
        receiverMoved = table.receive(flow, segment, update)
        if receiverMoved, table.isIn(flow, .server, .established) { noteHandshakeEnd(flow) }
        let ext = table.conns[flow].ext
        if ext >= 0 { mergeSegment(ext, segment.sender) }
        noteWindow()
        if dispatch.kind == .none { deliver() }
    }

    private mutating func mergeSegment(_ ext: Int32, _ sender: Side) {
        judgeSYNData(ext)
        if payload.count > 0 {
            if !hasNewData, extent.fresh > 0 { discardOverrun(ext) }
            let before = table[stream: ext, sender].next
            mergePayload(ext, sender)
            if table[stream: ext, sender].next != before { hasNewData = true }
        }
        if packets[current].flags & UInt32(MOS_PKT_TRUNCATED) != 0 { noteUncaptured(ext, sender) }
    }

    private mutating func mergePayload(_ ext: Int32, _ sender: Side) {
        var offset = update.offset
        let next = Int64(table[stream: ext, sender].next)
        if offset < next {
            payload = payload.slice(Int(next &- offset), payload.count)
            offset = next
            if payload.count == 0 { return }
        }
        let isRead = isRead(ext, sentBy: sender)
        if offset == next {
            if !isRead || table[stream: ext, sender].runs < 0 {
                live.isActive = true
                live.sender = sender
                live.offset = offset
                live.bytes = payload
            }
            if !reassembler.hasHole(table[stream: ext, sender]) {
                if live.isActive {
                    reassembler.pass(&table[stream: ext, sender], length: payload.count)
                } else if overload.shedsBuffers
                    || !reassembler.append(&table[stream: ext, sender], payload)
                {
                    loseToFullPool(ext, sender)
                }
                return
            }
            // Bytes that join with stored ones are stored too, so that all of them are readable in one piece.
            if isRead { live.isActive = false }
        }
        let hadHole = reassembler.hasHole(table[stream: ext, sender])
        if isRead && overload.shedsBuffers
            || !reassembler.merge(
                &table[stream: ext, sender],
                payload,
                at: offset,
                store: isRead
            )
        {
            countUnstored()
            passUnstored(ext, sender, at: offset)
        }
        if !hadHole, isRead, reassembler.hasHole(table[stream: ext, sender]) {
            let generation = table.conns[flow].generation
            holes.add(HoleQueue.Entry(slot: flow, generation: generation, side: sender))
        }
    }

    /// The pool has no room for bytes that are next in order, in front of stored ones: they are readable where they lie.
    private mutating func passUnstored(_ ext: Int32, _ sender: Side, at offset: Int64) {
        let next = Int64(table[stream: ext, sender].next)
        let stored = reassembler.firstStored(table[stream: ext, sender], behind: next) ?? .max
        guard offset == next, table[stream: ext, sender].ordered_run < 0,
            offset &+ Int64(payload.count) <= stored
        else { return }
        live.isActive = true
        live.sender = sender
        live.offset = offset
        live.bytes = payload
        reassembler.pass(&table[stream: ext, sender], length: payload.count)
        reassembler.confirm(&table[stream: ext, sender])
    }

    /// The pool has no room for in-order bytes: readers that left something unread lose these, and it is counted.
    private mutating func loseToFullPool(_ ext: Int32, _ sender: Side) {
        countUnstored()
        loseUnread(
            ext,
            sender.other,
            from: Int64(table[stream: ext, sender].next),
            length: Int64(payload.count)
        )
        reassembler.pass(&table[stream: ext, sender], length: payload.count)
        table[stream: ext, sender].ordered_run = -1
    }

    /// Counts bytes that are not stored, and why; the worker's oldest hole is to be given up.
    mutating func countUnstored() {
        counters[overload.shedsBuffers ? .segmentsShed : .bufferPoolFull] += 1
        suspects.isUrgent = true
    }

    /// The capture cut the packet: what is missing of an in-order segment will not come.
    private mutating func noteUncaptured(_ ext: Int32, _ sender: Side) {
        let end = update.offset + Int64(segment.len)
        let captured = update.offset + Int64(packets[current].payload_len)
        let next = Int64(table[stream: ext, sender].next)
        if next >= captured, next < end { uncapturedEnd = end }
    }
}
