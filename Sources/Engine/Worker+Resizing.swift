// SPDX-License-Identifier: BSD-2-Clause
// Inline: a script puts bytes into the payload of the packet in hand, or takes some out.
import CMosABI
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    /// Puts bytes in, or takes them out; the rest of the connection is translated from then on.
    mutating func resize(_ slot: Int32, _ change: PacketChange, isInsertion: Bool) -> Int32 {
        if let problem = refusalToResize(slot) { return problem }
        let isSeen = event.hook == Int32(MOS_HK_SND)
        verdict.sender = segment.sender
        if edits[slot] == nil { verdict.range = rangeInM(packets[current]) }
        let known = edits[slot] ?? FlowEdits()
        // What leaves may be other bytes already, by edits of this segment's first copy.
        guard isSeen || draftLeaving(known[segment.sender].hidden) else { return noRoom() }
        let packet = leaving
        guard let whole = MutablePacket(packet, leavingFrame) else {
            return failure(EOPNOTSUPP, "a packet that was cut on its way keeps its length")
        }
        let removed = isInsertion ? 0 : change.length
        let added = isInsertion ? change.bytes : ByteView.empty
        let old = Int(packet.payload_len)
        guard change.offset >= 0, change.length > 0, change.offset + removed <= old else {
            return failure(
                EINVAL,
                "offset \(change.offset) with \(removed) bytes lies outside the payload's \(old)"
            )
        }
        let length = old - removed + added.count
        guard Int(packet.payload - packet.l3) + length <= 65_535 else {
            return failure(EINVAL, "no IP packet can be that long")
        }
        guard let room = outbox.draft(.empty, more: whole.frameLength(payload: length)) else {
            return noRoom()
        }
        let header = Int(packet.payload)
        let payload = whole.payloadBytes
        room.set(payload.slice(0, change.offset), at: header)
        room.set(added, at: header + change.offset)
        room.set(
            payload.slice(change.offset + removed, old),
            at: header + change.offset + added.count
        )
        let content = room.view.slice(header, length)
        guard let written = whole.replacing(payload: content, in: room) else {
            return failure(EOPNOTSUPP, "more than its headers tells how long this packet is")
        }
        if let problem = note(known, slot, change.offset, removed, added, isSeen) { return problem }
        var new = packet
        new.setLength(written.frame.count, payload: length)
        if isSeen { grow(slot, by: length - old) }
        verdict.isEmptied = length == 0
        verdict.isResized = true
        verdict.edited = slot
        accept(written.frame.view, new, for: slot, isSeen: isSeen)
        return 0
    }

    private mutating func noRoom() -> Int32 {
        failure(ENOBUFS, "too much waits to leave with this burst")
    }

    /// Where (M) the payload of a packet of the flow in hand lies.
    private mutating func rangeInM(_ packet: mos_packet) -> Range<Int64> {
        update.offset..<update.offset + Int64(packet.payload_len)
    }

    /// Remembers an edit; why not, when that cannot be.
    private mutating func note(
        _ known: FlowEdits,
        _ slot: Int32,
        _ offset: Int,
        _ removed: Int,
        _ added: ByteView,
        _ isSeen: Bool
    ) -> Int32? {
        var known = known
        let sender = segment.sender
        do throws(StreamEditError) {
            if isSeen {
                try known[sender].seen.edit(
                    verdict.range,
                    at: offset,
                    removing: removed,
                    inserting: added,
                    passed: known[sender].seen.toSender(verdict.passed)
                )
            } else {
                try known[sender].hidden.edit(
                    rangeInM(packets[current]),
                    at: offset,
                    removing: removed,
                    inserting: added,
                    passed: verdict.passed
                )
            }
        } catch {
            return failure(error.code, error.sentence)
        }
        edits[slot] = known
        table.conns[slot].flags |= UInt8(MOS_CONN_EDITED)
        return nil
    }

    /// What the sender has sent is longer, as both stacks see it.
    private mutating func grow(_ slot: Int32, by delta: Int) {
        let change = UInt32(truncatingIfNeeded: delta)
        let sender = segment.sender
        if table[end: slot, sender].nxt == segment.end.value {
            table[end: slot, sender].nxt &+= change
        }
        let ext = table.conns[slot].ext
        let fin = update.offset + Int64(segment.len)
        if segment.flags.contains(.fin), ext >= 0, table[stream: ext, sender].has(MOS_STREAM_FIN),
            Int64(table[health: ext, sender].fin) == fin
        {
            table[health: ext, sender].fin = UInt64(fin + Int64(delta))
        }
        segment.len &+= change
    }

    private mutating func refusalToResize(_ slot: Int32) -> Int32? {
        guard slot >= 0, hasStream(slot) else {
            return failure(EOPNOTSUPP, "INSERT and CHOMP work on TCP flows alone")
        }
        let packet = packets[current]
        guard packet.flags & UInt32(MOS_PKT_TUNNEL | MOS_PKT_REASSEMBLED) == 0 else {
            return failure(
                EOPNOTSUPP,
                "packets in tunnels, and those that came in parts, keep their length"
            )
        }
        guard !segment.flags.contains(.syn) else {
            return failure(EOPNOTSUPP, "data in a SYN keeps its length")
        }
        guard packet.payload_len > 0 else {
            return failure(EINVAL, "the packet in hand has no payload")
        }
        guard update.offset + Int64(packet.payload_len) > verdict.passed else {
            return failure(EBUSY, StreamEditError.passed.sentence)
        }
        guard update.invalid == 0, update.offset >= 0 else {
            return failure(EBUSY, "TCP refuses this packet, so its bytes have no place yet")
        }
        return nil
    }
}

extension StreamEditError {
    fileprivate var code: Int32 {
        switch self {
        case .passed: EBUSY
        case .noPayload, .outside: EINVAL
        case .tooManyEdits, .tooManyBytes: ENOBUFS
        }
    }

    fileprivate var sentence: String {
        switch self {
        case .passed: "these bytes, or some behind them, have passed already as they are"
        case .noPayload: "the packet in hand has no payload"
        case .outside: "this lies outside the payload"
        case .tooManyEdits:
            "there are \(StreamEdits.maximumEdits) edits that are not acknowledged yet"
        case .tooManyBytes:
            "there are \(StreamEdits.maximumBytes) bytes put in that are not acknowledged yet"
        }
    }
}
