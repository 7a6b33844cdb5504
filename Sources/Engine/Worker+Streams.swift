// SPDX-License-Identifier: BSD-2-Clause
// The receiver's side of a segment: repeats, room for its bytes, merge, HK_RCV, NEW_DATA, what stays unread.
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
    private mutating func judgeSYNData(_ ext: Int32) {
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
            announceGap(gap.offset, gap.length, side: segment.sender.other)
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

    /// Counts a gap and hands it out.
    mutating func announceGap(_ offset: Int64, _ length: Int64, side: Side) {
        counters[.gaps] += 1
        counters[.gapBytes] += Double(length)
        let ext = table.conns[flow].ext
        table[health: ext, side.other].gap_bytes += Double(length)
        reassembler.rememberGap(&table[health: ext, side.other].gaps, at: offset, length: length)
        table[health: ext, side.other].gap_count.increase()
        hasNewData = true
        event.setArgument(code: 0, offset: offset, length: length)
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
                } else if !reassembler.append(&table[stream: ext, sender], payload) {
                    loseToFullPool(ext, sender)
                }
                return
            }
            // Bytes that join with stored ones are stored too, so that all of them are readable in one piece.
            if isRead { live.isActive = false }
        }
        let hadHole = reassembler.hasHole(table[stream: ext, sender])
        if !reassembler.merge(
            &table[stream: ext, sender],
            payload,
            at: offset,
            store: isRead
        ) {
            counters[.bufferPoolFull] += 1
            suspects.isUrgent = true
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
        counters[.bufferPoolFull] += 1
        suspects.isUrgent = true
        loseUnread(
            ext,
            sender.other,
            from: Int64(table[stream: ext, sender].next),
            length: Int64(payload.count)
        )
        reassembler.pass(&table[stream: ext, sender], length: payload.count)
        table[stream: ext, sender].ordered_run = -1
    }

    /// The capture cut the packet: what is missing of an in-order segment will not come.
    private mutating func noteUncaptured(_ ext: Int32, _ sender: Side) {
        let end = update.offset + Int64(segment.len)
        let captured = update.offset + Int64(packets[current].payload_len)
        let next = Int64(table[stream: ext, sender].next)
        if next >= captured, next < end { uncapturedEnd = end }
    }

    /// deliver: HK_RCV, after the receiver's stack.
    @inline(__always)
    mutating func deliver() {
        phase = isConfirmed ? .confirm : .newData
        isConfirmed = false
        let receiver = segment.sender.other
        if segment.flags.contains(.rst), update.invalid == 0 {
            receiverMoved = table.receive(flow, segment, update)
        }
        if table.receiveFIN(flow, from: segment.sender) { receiverMoved = true }
        var bits = Event.packetIn.bit
        if isNewFlow { bits |= Event.connStart.bit }
        if receiverMoved { bits |= Event.stateChange.bit }
        begin(bits, at: .rcv, side: receiver)
        if dispatch.kind == .none, phase == .newData { newData() }
    }

    /// newData: contiguous bytes became readable.
    @inline(__always)
    mutating func newData() {
        phase = .settle
        if hasNewData {
            begin(Event.newData.bit, at: .null, side: segment.sender.other, kind: .newData)
            if dispatch.kind != .none { return }
        }
        settle()
    }

    /// settle: keeps what is left unread, and ends the flow when the connection is over.
    mutating func settle() {
        guard flow >= 0 else {
            finishPacket()
            return
        }
        if hasNewData {
            // Once: what does not fit into a buffer even now is offered before it is lost.
            hasNewData = false
            payload = .empty
            begin(Event.error.bit, at: .null, side: segment.sender.other, kind: .overrun)
            if dispatch.kind != .none { return }
        }
        keepUnread()
        if uncapturedEnd >= 0 || table.conns[flow].flags & UInt8(MOS_CONN_SUSPECT) != 0 {
            suspectStep = 0
            phase = .suspect
            return
        }
        let ext = table.conns[flow].ext
        if ext >= 0, update.invalid == 0, segment.flags.contains(.ack) { acknowledged(ext) }
        finishSettling()
    }

    /// finishSettling: moves the time-out, ends the flow when the connection is over.
    @inline(__always)
    mutating func finishSettling() {
        // Only a state that moved can change the time-out, or end the connection.
        guard senderMoved || receiverMoved else {
            flow = -1
            finishPacket()
            return
        }
        updateTimeout()
        guard table.isOver(flow) else {
            flow = -1
            finishPacket()
            return
        }
        let slot = flow
        let wasReset = table.conns[slot].end_reason != 0
        if wasReset || timeouts.timeWait == 0 {
            let reason = wasReset ? Int(table.conns[slot].end_reason) : MOS_END_FIN
            beginEnd(slot, reason: reason, then: .settle)
            return
        }
        flow = -1
        finishPacket()
    }

    /// What is left unread waits for its readers, within their buffers.
    @inline(__always)
    private mutating func keepUnread() {
        if live.isActive {
            settleLive()
        } else if payload.count == 0, table.conns[flow].ext >= 0 {
            discardOverrun(table.conns[flow].ext)
        }
    }

    /// Moves the flow to the time-out of its phase.
    mutating func updateTimeout() {
        let conn = table.conns[flow]
        let now: UInt8
        if table.isOver(flow) {
            now = Timeouts.Class.timeWait
        } else if conn.ext >= 0, table[stream: conn.ext, .client].has(MOS_STREAM_CLOSING) {
            now = Timeouts.Class.closing
        } else if conn.cli.state == TCPState.established.rawValue,
            conn.svr.state == TCPState.established.rawValue
        {
            now = Timeouts.Class.established
        } else {
            now = Timeouts.Class.handshake
        }
        guard now != conn.phase else { return }
        table.conns[flow].phase = now
        wheel.schedule(flow, deadline: timeouts.deadline(table.conns[flow]), in: &table.conns)
    }
}
