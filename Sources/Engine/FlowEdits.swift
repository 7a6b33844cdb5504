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

    /// Brings the packet in hand from what its ends count to what the engine counts.
    ///
    /// - Returns: false when there is no room for it, or it came in parts, which keep their lengths: then it does not
    ///   leave, and its sender repeats it.
    mutating func translateArrival(_ slot: Int32) -> Bool {
        guard let known = edits[slot] else { return true }
        let sender = segment.sender
        var packet = packets[current]
        verdict.edited = slot
        verdict.sender = sender
        forgetAcknowledged(slot, known)
        let mine = known[sender].seen
        let here = mine.toSender(near(slot, sender))
        let iss = iss(slot, sender)
        let start = segment.payloadStart.offset(iss: iss, near: here)
        verdict.range = start..<start + Int64(segment.len)
        let frame: MutableByteView
        if segment.len > 0, mine.changes(verdict.range) {
            guard let new = rewritten(burst[current].bytes, &packet, verdict.range, mine)
            else { return false }
            frame = new
        } else {
            frame = burst[current].bytes.writable
        }
        if !segment.flags.contains(.syn) {
            let seq = mine.toReceiver(segment.seq, iss: iss, near: here)
            setSequence(seq.value, frame, &packet)
        }
        let other = sender.other
        setAcknowledgement(
            frame,
            &packet,
            by: known[other].hidden,
            near: near(slot, other),
            iss: self.iss(slot, other)
        )
        packets[current] = packet
        burst[current].bytes = frame.view
        event.setPacket(packets, current, frame: frame.view)
        segment = Segment(packet, sender: sender)
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

    /// Brings the packet that is to leave to what its receiver counts.
    ///
    /// - Returns: false when there is no room for it, or it came in parts.
    mutating func translateDeparture(_ slot: Int32) -> Bool {
        guard let known = edits[slot] else { return true }
        let sender = verdict.sender
        let mine = known[sender].hidden
        guard draftLeaving(slot, mine) else { return false }
        let frame = (verdict.frame ?? burst[current].bytes).writable
        var packet = verdict.frame == nil ? packets[current] : verdict.packet
        let flags = TCPFlags(rawValue: packet.tcp_flags)
        if !flags.contains(.syn) {
            var seq = mine.toReceiver(
                SequenceNumber(packet.seq),
                iss: iss(slot, sender),
                near: near(slot, sender)
            )
            // Nothing is left of it: one number below makes its receiver acknowledge what stands for it.
            if verdict.isEmptied, flags.isDisjoint(with: [.fin, .rst]) { seq = seq + .max }
            setSequence(seq.value, frame, &packet)
        }
        let theirs = known[sender.other].seen
        setAcknowledgement(
            frame,
            &packet,
            by: theirs,
            near: theirs.toSender(near(slot, sender.other)),
            iss: iss(slot, sender.other)
        )
        if verdict.frame == nil { packets[current] = packet } else { verdict.packet = packet }
        verdict.isChanged = true
        return true
    }

    /// What leaves in the place of the packet in hand has the payload that edits behind HK_SND have made of it.
    mutating func draftLeaving(_ slot: Int32, _ hidden: StreamEdits) -> Bool {
        guard verdict.frame == nil, packets[current].payload_len > 0 else { return true }
        let packet = packets[current]
        let start = SequenceNumber(packet.seq).offset(
            iss: iss(slot, verdict.sender),
            near: near(slot, verdict.sender)
        )
        let range = start..<start + Int64(packet.payload_len)
        guard hidden.changes(range) else { return true }
        var new = packet
        guard let frame = rewritten(burst[current].bytes, &new, range, hidden) else { return false }
        verdict.frame = frame.view
        verdict.packet = new
        return true
    }

    // MARK: Frames

    /// The frame with the payload that it becomes, in room of its own; nil without room, or where it came in parts.
    private mutating func rewritten(
        _ frame: ByteView,
        _ packet: inout mos_packet,
        _ range: Range<Int64>,
        _ edits: StreamEdits
    ) -> MutableByteView? {
        guard packet.flags & UInt32(MOS_PKT_REASSEMBLED | MOS_PKT_TUNNEL) == 0 else { return nil }
        let header = Int(packet.payload)
        let length = edits.outputLength(of: range)
        guard header + length <= 65_535,
            let room = outbox.draft(
                .empty,
                more: MutableByteView.length(of: packet, payload: length)
            ),
            let output = edits.apply(
                frame.slice(header, Int(packet.payload_len)),
                at: range.lowerBound,
                into: room.slice(header, length)
            )
        else { return nil }
        if output.isEmptied { verdict.isEmptied = true }
        verdict.isResized = true
        return resized(room, packet: &packet, frame, payload: room.view.slice(header, length))
    }

    /// Writes headers around a payload that lies at its place in `room`.
    mutating func resized(
        _ room: MutableByteView,
        packet: inout mos_packet,
        _ frame: ByteView,
        payload: ByteView
    ) -> MutableByteView {
        let new = room.write(headersOf: packet, frame, payload: payload)
        packet.payload_len = Int32(payload.count)
        packet.wire_payload_len = UInt32(payload.count)
        packet.len = UInt32(new.count)
        packet.caplen = UInt32(new.count)
        return new
    }

    private func setSequence(
        _ value: UInt32,
        _ frame: MutableByteView,
        _ packet: inout mos_packet
    ) {
        if value != packet.seq { frame.setSequence(value, packet) }
        packet.seq = value
    }

    /// Acknowledgement number and SACK blocks, from what the receiver of the edited stream counts to its sender.
    private func setAcknowledgement(
        _ frame: MutableByteView,
        _ packet: inout mos_packet,
        by edits: StreamEdits,
        near: Int64,
        iss: SequenceNumber
    ) {
        let flags = TCPFlags(rawValue: packet.tcp_flags)
        guard flags.contains(.ack), !edits.isIdentity else { return }
        let ack = edits.toSender(SequenceNumber(packet.ack), iss: iss, near: near).value
        if ack != packet.ack { frame.setAcknowledgement(ack, packet) }
        packet.ack = ack
        guard packet.flags & UInt32(MOS_PKT_SACK) != 0, !flags.contains(.syn) else { return }
        frame.translateSACK(packet) { left, right in
            edits.toSender(SACKBlock(left, right), iss: iss, near: near)
                .map { ($0.left, $0.right) }
        }
    }
}
