// SPDX-License-Identifier: BSD-2-Clause
// A segment reaches its receiver: what of it is new, repeats, data in a SYN; up to REXMIT and ERROR WINDOW or PAWS.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// arrive: HK_RCV begins.
    ///
    /// REXMIT comes before the payload is merged, so a script can compare.
    mutating func arrive() {
        phase = .makeRoom
        payload = .empty
        hasNewData = false
        gaveUpHole = false
        receiverMoved = false
        uncapturedEnd = -1
        guard update.invalid == 0, !segment.flags.contains(.rst) else {
            phase = .deliver
            refuse()
            if dispatch.kind == .none { deliver() }
            return
        }
        var repeats = update.repeatsControl
        if segment.len > 0 { repeats = takePayload() || repeats }
        guard repeats else {
            if payload.count > 0 { makeRoom() } else { merge() }
            return
        }
        counters[.retransmitted] += 1
        packets[current].flags |= UInt32(MOS_PKT_REXMIT)
        noteRepeat()
        begin(Event.rexmit.bit, at: .rcv, side: segment.sender.other)
    }

    /// Tells readers of bytes that their receiver refuses: too far ahead, once until bytes are accepted again, or too old.
    private mutating func refuse() {
        let isOld = update.invalid == UInt8(MOS_INVALID_PAWS)
        guard isOld || update.invalid == UInt8(MOS_INVALID_WINDOW), update.offset >= 0 else {
            return
        }
        let ext = table.ensureExt(flow)
        guard ext >= 0 else { return }
        let sender = segment.sender
        if !isOld {
            guard !table[stream: ext, sender].has(MOS_STREAM_WINDOW_ERROR) else { return }
            table[stream: ext, sender].set(MOS_STREAM_WINDOW_ERROR)
        }
        event.setArgument(
            code: Int32(isOld ? MOS_ERROR_PAWS : MOS_ERROR_WINDOW),
            offset: update.offset,
            length: Int64(segment.len)
        )
        begin(Event.error.bit, at: .null, side: sender.other)
    }

    /// Looks at the payload: what of it is new.
    ///
    /// - Returns: true when it repeats sequence space seen before.
    private mutating func takePayload() -> Bool {
        let ext = table.ensureExt(flow)
        guard ext >= 0 else { return false }
        attachReaders(ext)
        let packet = packets[current]
        payload = burst[current].bytes.slice(Int(packet.payload), Int(packet.payload_len))
        let sender = segment.sender
        if table[stream: ext, sender].top == 0 { fixPolicy(ext, sender) }
        table[stream: ext, sender].clear(MOS_STREAM_WINDOW_ERROR)
        // Its first payload made the place for it.
        table.noteTimestamp(ext, segment, at: update.offset)
        if segment.flags.contains(.syn), !segment.flags.contains(.ack) {
            takeSYNData(ext, sender)
            return false
        }
        // Nothing counts behind the FIN.
        let fin = Int64(table[health: ext, sender].fin)
        if table[stream: ext, sender].has(MOS_STREAM_FIN),
            update.offset + Int64(segment.len) > fin
        {
            segment.len = UInt32(clamping: fin - update.offset)
            payload = payload.slice(0, Int(segment.len))
        }
        extent = reassembler.extent(
            table[stream: ext, sender],
            at: update.offset,
            length: Int(segment.len)
        )
        if payload.count < Int(segment.len) {
            // The capture cut it: what was not captured is a gap, not a byte of the stream.
            extent.fresh =
                reassembler.extent(
                    table[stream: ext, sender],
                    at: update.offset,
                    length: payload.count
                ).fresh
        }
        noteSent(ext)
        table[stream: ext, sender].bytes += Double(segment.len)
        table[health: ext, sender].repeated += Double(Int(segment.len) - extent.fresh)
        if extent.isOutOfOrder, extent.fresh > 0 {
            table[health: ext, sender].out_of_order &+= 1
            counters[.outOfOrder] += 1
        }
        if extent.repeats { judgeRepeat(ext, sender) }
        dropRepeated(ext, sender)
        return extent.repeats
    }

    /// Data in a SYN counts once the SYN-ACK covers it (RFC 7413 section 3, case T33).
    private mutating func takeSYNData(_ ext: Int32, _ sender: Side) {
        noteFirstByte(ext, sender)
        let fresh = reassembler.storeUnconfirmed(
            &table[stream: ext, sender],
            payload,
            store: isRead(ext, sentBy: sender)
        )
        table[stream: ext, sender].bytes += Double(segment.len)
        table[health: ext, sender].repeated += Double(Int(segment.len) - fresh)
        payload = .empty
    }

    /// The first payload of a stream fixes its overlap policy.
    @inline(never)
    mutating func fixPolicy(_ ext: Int32, _ sender: Side) {
        table[stream: ext, sender].policy = policy(table.conns[flow].set, sender.other)
    }

    /// The SYN-ACK in hand, or the first ACK behind one that was not captured, says what became of data in the SYN.
    mutating func judgeSYNData(_ ext: Int32) {
        let client = segment.sender.other
        guard segment.flags.contains(.ack), table[stream: ext, client].next == 0,
            reassembler.isUnconfirmed(table[stream: ext, client])
        else { return }
        let accepted = table.acknowledgedOffset(flow, of: client)
        if accepted > 0 {
            let refused = reassembler.confirm(&table[stream: ext, client], upTo: accepted)
            table[health: ext, client].repeated += Double(refused)
            isConfirmed = true
        } else {
            discardSYNData(ext, client)
        }
    }

    /// The data of the SYN was not accepted: its repeat counts.
    mutating func discardSYNData(_ ext: Int32, _ client: Side) {
        let length = reassembler.discardUnconfirmed(&table[stream: ext, client])
        table[health: ext, client].repeated += Double(length)
    }

    /// confirm: data in the SYN became readable with the SYN-ACK.
    mutating func confirm() {
        phase = .newData
        begin(Event.newData.bit, at: .null, side: segment.sender, kind: .newData)
    }
}
