// SPDX-License-Identifier: BSD-2-Clause
// Inline: connections whose streams scripts have made longer or shorter. Three numberings of each direction:
//
//     sender ─── S ──► [ seen ] ─── M ──► both stacks, scripts, streams ─── M ──► [ hidden ] ─── R ──► receiver
//            ◄── S ────────────◄── M ──── acknowledgements and SACK blocks ◄── M ────────────◄── R ───
//
// Edits made at HK_SND are seen by the receiver's stack, those made behind it are not. The engine counts M throughout: a
// packet is brought to M when it comes, and from there to what its receiver counts when it leaves.
import CMosABI
import Flows
import Packets
import TCPTracking

/// The edits of both directions of a connection.
struct FlowEdits {
    /// Those of one direction.
    struct Direction {
        /// Made at HK_SND: from S to M.
        var seen = StreamEdits()
        /// Made behind it: from M to R.
        var hidden = StreamEdits()

        /// A receiver's acknowledgement number as the sender counts; `near` is of M.
        func inSender(_ ack: SequenceNumber, iss: SequenceNumber, near: Int64) -> SequenceNumber {
            let inM = hidden.toSender(ack, iss: iss, near: near)
            return seen.toSender(inM, iss: iss, near: seen.toSender(near))
        }

        /// A receiver's SACK block as the sender counts; nil when nothing is left of it.
        func inSender(_ block: SACKBlock, iss: SequenceNumber, near: Int64) -> SACKBlock? {
            hidden.toSender(block, iss: iss, near: near).flatMap {
                seen.toSender($0, iss: iss, near: seen.toSender(near))
            }
        }
    }

    private var client = Direction()
    private var server = Direction()

    /// What `side` sends.
    subscript(side: Side) -> Direction {
        get { side == .client ? client : server }
        _modify {
            if side == .client { yield &client } else { yield &server }
        }
    }
}

extension Worker {
    /// True when numbers of the connection are translated.
    @inline(__always)
    mutating func isEdited(_ slot: Int32) -> Bool {
        table.conns[slot].flags & UInt8(MOS_CONN_EDITED) != 0
    }

    /// Forgets the edits of a connection that ends.
    mutating func forgetEdits(_ slot: Int32) {
        if isEdited(slot) { edits[slot] = nil }
    }

    mutating func iss(_ slot: Int32, _ side: Side) -> SequenceNumber {
        SequenceNumber(table[end: slot, side].iss)
    }

    /// A stream offset (M) near what an end sends now.
    mutating func near(_ slot: Int32, _ side: Side) -> Int64 {
        let ext = table.conns[slot].ext
        return ext < 0 ? 0 : Int64(table[stream: ext, side].next)
    }

    // MARK: Packets that come

    /// Brings the segment in hand from what its ends count to what the engine counts.
    ///
    /// Its payload becomes what edits at HK_SND have made of it; the numbers in its frame stay as they came until it
    /// leaves, and so do those that scripts see.
    ///
    /// - Returns: false when there is no room for it, or it came in parts, which keep their lengths: then it does not
    ///   leave, and its sender repeats it.
    mutating func translateArrival(_ slot: Int32) -> Bool {
        guard let known = edits[slot] else { return true }
        let (sender, other) = (segment.sender, segment.sender.other)
        var packet = packets[current]
        verdict.edited = slot
        verdict.sender = sender
        forgetAcknowledged(slot, known)
        let mine = known[sender].seen
        let here = mine.toSender(near(slot, sender))
        let iss = iss(slot, sender)
        let start = segment.payloadStart.offset(iss: iss, near: here)
        verdict.range = start..<start + Int64(segment.len)
        if segment.len > 0, mine.changes(verdict.range) {
            guard let new = rewritten(burst[current].bytes, &packet, verdict.range, mine)
            else { return false }
            packets[current] = packet
            burst[current].bytes = new.view
            event.setPacket(packets, current, frame: new.view)
        }
        segment = Segment(packet, sender: sender)
        if !segment.flags.contains(.syn) {
            segment.seq = mine.toReceiver(segment.seq, iss: iss, near: here)
        }
        if segment.flags.contains(.ack) {
            segment.ack = known[other].hidden.toSender(
                segment.ack,
                iss: self.iss(slot, other),
                near: near(slot, other)
            )
        }
        return true
    }

    /// What the packet in hand acknowledges need not be remembered.
    private mutating func forgetAcknowledged(_ slot: Int32, _ known: FlowEdits) {
        guard segment.flags.contains(.ack), !segment.flags.contains(.syn) else { return }
        let other = segment.sender.other
        let (seen, hidden) = (known[other].seen, known[other].hidden)
        let near = near(slot, other)
        let passed = passed(slot, other)
        let inR = segment.ack.offset(iss: iss(slot, other), near: hidden.toReceiver(near))
        let inM = hidden.toSender(inR)
        let passedInS = seen.toSender(passed)
        edits[slot]?[other].hidden.acknowledge(inR, passed: passed)
        edits[slot]?[other].seen.acknowledge(inM, passed: passedInS)
    }

    /// Up to where (M) bytes of an end have come.
    mutating func passed(_ slot: Int32, _ side: Side) -> Int64 {
        let ext = table.conns[slot].ext
        return ext < 0 ? 0 : Int64(table[stream: ext, side].top)
    }

    // MARK: Packets that leave

    /// Brings the numbers of the packet that leaves from what its ends count to what each other's end counts.
    ///
    /// - Returns: false when there is no room for it, it came in parts whose lengths would change, or was cut on its way.
    mutating func translateDeparture(_ slot: Int32) -> Bool {
        guard let known = edits[slot] else { return true }
        let sender = verdict.sender
        guard draftLeaving(known[sender].hidden) else { return false }
        let packet = leaving
        guard let frame = MutablePacket(packet, leavingFrame) else { return false }
        let flags = TCPFlags(rawValue: packet.tcp_flags)
        verdict.isChanged = true
        if !flags.contains(.syn) {
            var seq = inReceiver(SequenceNumber(packet.seq), known[sender], slot, sender)
            // Nothing is left of it: one number below makes its receiver acknowledge what stands for it.
            if verdict.isEmptied, flags.isDisjoint(with: [.fin, .rst]) { seq = seq + .max }
            if seq.value != packet.seq { frame.setSequence(seq.value) }
        }
        let other = sender.other
        guard flags.contains(.ack) else { return true }
        let theirs = known[other]
        let (iss, near) = (iss(slot, other), near(slot, other))
        let ack = theirs.inSender(SequenceNumber(packet.ack), iss: iss, near: near)
        if ack.value != packet.ack { frame.setAcknowledgement(ack.value) }
        guard packet.flags & UInt32(MOS_PKT_SACK) != 0, !flags.contains(.syn) else { return true }
        frame.translateSACK { theirs.inSender($0, iss: iss, near: near) }
        return true
    }

    /// A sender's number as its receiver counts.
    private mutating func inReceiver(
        _ seq: SequenceNumber,
        _ edits: FlowEdits.Direction,
        _ slot: Int32,
        _ side: Side
    ) -> SequenceNumber {
        let (iss, near) = (iss(slot, side), near(slot, side))
        let inM = edits.seen.toReceiver(seq, iss: iss, near: edits.seen.toSender(near))
        return edits.hidden.toReceiver(inM, iss: iss, near: near)
    }

    /// What leaves in the place of the packet in hand has the payload that edits behind HK_SND have made of it.
    mutating func draftLeaving(_ hidden: StreamEdits) -> Bool {
        guard verdict.frame == nil, packets[current].payload_len > 0 else { return true }
        var packet = packets[current]
        let range = update.offset..<update.offset + Int64(packet.payload_len)
        guard hidden.changes(range) else { return true }
        guard let frame = rewritten(burst[current].bytes, &packet, range, hidden) else {
            return false
        }
        verdict.frame = frame.view
        verdict.packet = packet
        return true
    }

    // MARK: Frames

    /// The frame with the payload that it becomes, in room of its own; nil without room, or where lengths cannot change.
    private mutating func rewritten(
        _ frame: ByteView,
        _ packet: inout mos_packet,
        _ range: Range<Int64>,
        _ edits: StreamEdits
    ) -> MutableByteView? {
        guard packet.flags & UInt32(MOS_PKT_REASSEMBLED) == 0,
            let old = MutablePacket(packet, frame.writable)
        else { return nil }
        let header = Int(packet.payload)
        let length = edits.outputLength(of: range)
        guard let room = outbox.draft(.empty, more: old.frameLength(payload: length)),
            let output = edits.apply(
                frame.slice(header, Int(packet.payload_len)),
                at: range.lowerBound,
                into: room.slice(header, length)
            ),
            let new = old.replacing(payload: room.view.slice(header, length), in: room)
        else { return nil }
        if output.isEmptied { verdict.isEmptied = true }
        verdict.isResized = true
        packet.setLength(new.frame.count, payload: length)
        return new.frame
    }
}

extension mos_packet {
    /// Notes how long the frame is that has another payload.
    mutating func setLength(_ frame: Int, payload: Int) {
        payload_len = Int32(payload)
        wire_payload_len = UInt32(payload)
        len = UInt32(frame)
        caplen = UInt32(frame)
    }
}
