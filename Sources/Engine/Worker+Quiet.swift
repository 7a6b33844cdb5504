// SPDX-License-Identifier: BSD-2-Clause
// The straight way of segments without payload of which no script is told: they open and close connections. Both stacks
// move in one go, without a phase between. The general phases are the reference, as for Worker+Ordinary.
//
// Measured: of nine packets of a small connection five come here, for 200 instructions instead of 1700.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// Takes a SYN-ACK, the ACK of a handshake, a FIN or the ACK of one through both stacks when no script wants to know
    /// of packets and states.
    ///
    /// - Returns: false when the segment is another; then nothing has changed.
    @inline(never)
    mutating func passQuietly(_ slot: Int32, _ sender: Side) -> Bool {
        let set = table.conns[slot].set
        let loud = Event.packetIn.bit | Event.stateChange.bit
        guard !isInline, packets[current].wire_payload_len == 0,
            (sets.mask(set, .snd) | sets.mask(set, .rcv)) & loud == 0
        else { return false }
        if table.conns[slot].ext >= 0 {
            guard let hand = inHand(slot, sender) else { return false }
            return passControl(hand, slot, sender)
        }
        let ends = EndsInHand(
            table,
            slot: slot,
            sender: sender,
            packets: packets,
            index: current
        )
        guard isInTime(ends), ends.isYoung else { return false }
        let flags = TCPFlags(rawValue: ends.packet.tcp_flags)
        return sender == .client
            ? flags == .ack && passHandshakeACK(ends, slot)
            : flags == [.syn, .ack] && passSYNACK(ends, slot)
    }

    /// The first SYN-ACK: it answers the SYN, and its receiver is ESTABLISHED.
    @inline(__always)
    private mutating func passSYNACK(_ hand: EndsInHand, _ slot: Int32) -> Bool {
        guard hand.sender.known == 0, hand.sender.state == TCPState.synReceived.rawValue,
            hand.receiver.state == TCPState.synSent.rawValue,
            refused.syn(slot, hand.conn.generation) == nil
        else { return false }
        notePassed(hand, at: 0)
        hand.sender.iss = hand.packet.seq
        // Sequence numbers are numbers modulo 2^32.
        hand.sender.nxt = hand.packet.seq &+ 1
        hand.sender.known = UInt8(MOS_KNOWN_ISS | MOS_KNOWN_SYNACK)
        let flags = hand.packet.flags
        if flags & UInt32(MOS_PKT_MSS) != 0 { hand.sender.mss = hand.packet.mss }
        if flags & UInt32(MOS_PKT_WSCALE) != 0 { hand.sender.wscale = hand.packet.wscale }
        // Of a repeated SYN nobody knows which one is answered (Karn's rule, RFC 6298 section 3).
        if hand.conn.svr_rtt == 0, hand.receiver.packets == 1 {
            hand.conn.svr_rtt = microseconds(since: hand.conn.start)
        }
        hand.receiver.state = TCPState.established.rawValue
        finishPacket()
        return true
    }

    /// The ACK that ends the handshake: its receiver is ESTABLISHED.
    @inline(__always)
    private mutating func passHandshakeACK(_ hand: EndsInHand, _ slot: Int32) -> Bool {
        guard hand.isAfterHandshake, hand.packet.window != 0,
            hand.sender.state == TCPState.established.rawValue,
            hand.receiver.state == TCPState.synReceived.rawValue
        else { return false }
        notePassed(hand, at: 0)
        hand.receiver.state = TCPState.established.rawValue
        if hand.conn.cli_rtt == 0, hand.conn.svr_rtt != 0, hand.receiver.packets == 1 {
            let whole = microseconds(since: hand.conn.start)
            let first = hand.conn.svr_rtt
            hand.conn.cli_rtt = whole > first ? whole &- first : 1
        }
        if hand.packet.flags & UInt32(MOS_PKT_HAS_TIMESTAMPS) != 0, table.ensureExt(slot) >= 0,
            let hand = inHand(slot, .client)
        {
            // What it echoes are those of the SYN-ACK (case T32).
            hand.sent.tsval = hand.packet.tsval
            hand.answered.tsval = hand.packet.tsecr
            hand.answered.set(MOS_STREAM_TIMESTAMPS)
            hand.sent.ack = hand.packet.ack
            hand.sent.set(MOS_STREAM_TIMESTAMPS | MOS_STREAM_ACK)
        }
        moveTimeout(slot, to: Timeouts.Class.established)
        finishPacket()
        return true
    }

    /// A FIN, or an acknowledgement while connections close, behind everything that its sender sent.
    @inline(__always)
    private mutating func passControl(_ hand: FlowInHand, _ slot: Int32, _ sender: Side) -> Bool {
        guard hand.isControlOrdinary, isInTime(hand.ends) else { return false }
        let segment = Segment(hand.packet, sender: sender)
        flow = slot
        self.segment = segment
        update = SenderUpdate()
        let wasClosing = hand.sent.has(MOS_STREAM_FIN)
        update.offset = Int64(hand.sent.next) &+ (wasClosing ? 1 : 0)
        notePassed(hand.ends, at: update.offset)
        if segment.hasTimestamps, !wasClosing {
            hand.sent.tsval = segment.tsval
            hand.sent.set(MOS_STREAM_TIMESTAMPS)
        }
        let isFIN = segment.flags.contains(.fin)
        let answersFIN = hand.answered.has(MOS_STREAM_FIN)
        if isFIN || answersFIN { table.sendFIN(slot, segment, &update) }
        hand.sender.nxt = segment.end.value
        senderMoved = update.moved

        let una = hand.acknowledged
        hand.sent.ack = una.value
        hand.sent.set(MOS_STREAM_ACK)
        if una < segment.ack { noteAdvance(hand, from: una, fin: answersFIN ? 1 : 0) }
        receiverMoved =
            answersFIN && table.acknowledgesFIN(slot, of: sender.other, segment.ack)
            && table.move(slot, sender.other, .receiveACKofFIN)
        if table.receiveFIN(slot, from: sender) { receiverMoved = true }
        acknowledged(hand.conn.ext)
        finishSettling()
        return true
    }

    /// What every segment leaves at its sender, and where its payload would lie.
    @inline(__always)
    private mutating func notePassed(_ hand: EndsInHand, at offset: Int64) {
        hand.conn.last = hand.packet.time
        hand.conn.lag = 0
        hand.sender.packets &+= 1
        hand.sender.flags |= hand.packet.tcp_flags
        hand.sender.wnd = hand.packet.window
        hand.packet.offset = Double(offset)
        hand.packet.flags |= UInt32(MOS_PKT_HAS_OFFSET)
    }
}

extension EndsInHand {
    /// True when the packet acknowledges the SYN of its receiver, behind which nothing was seen, and all is simple.
    @inline(__always)
    fileprivate var isYoung: Bool {
        let odd = UInt8(MOS_CONN_SUSPECT | MOS_CONN_EDITED | MOS_CONN_MIDSTREAM)
        return conn.flags & odd == 0
            && packet.flags & UInt32(MOS_PKT_TRUNCATED | MOS_PKT_CE) == 0
            && receiver.known & UInt8(MOS_KNOWN_ISS | MOS_KNOWN_INFERRED) == UInt8(MOS_KNOWN_ISS)
            // Sequence numbers are numbers modulo 2^32.
            && packet.ack == receiver.nxt && receiver.nxt == receiver.iss &+ 1
    }

    /// True when the packet is the next behind the SYN of its sender, which was captured too.
    @inline(__always)
    fileprivate var isAfterHandshake: Bool {
        // Sequence numbers are numbers modulo 2^32.
        sender.known & UInt8(MOS_KNOWN_ISS | MOS_KNOWN_INFERRED) == UInt8(MOS_KNOWN_ISS)
            && packet.seq == sender.nxt && sender.nxt == sender.iss &+ 1
    }
}

extension FlowInHand {
    /// True when the segment, which has no payload, lies behind everything that its sender sent, and all is simple.
    @inline(__always)
    fileprivate var isControlOrdinary: Bool {
        let flags = TCPFlags(rawValue: packet.tcp_flags)
        let closing = sent.has(MOS_STREAM_FIN)
        // Sequence numbers are numbers modulo 2^32.
        let next = UInt32(truncatingIfNeeded: sent.next) &+ (closing ? 1 : 0)
        let open = TCPState.established.rawValue
        return flags.contains(.ack) && flags.isDisjoint(with: [.syn, .rst, .ece])
            && !(flags.contains(.fin) && closing)
            && sender.state >= open && receiver.state >= open
            && sender.known != 0 && receiver.known != 0
            && packet.seq == sender.nxt && packet.seq == sender.iss &+ 1 &+ next
            && sent.runs < 0 && sent.top <= sent.next && !sent.has(MOS_STREAM_ZERO_WINDOW)
            && (answered.runs < 0 || answered.next > 0)
            && conn.flags & UInt8(MOS_CONN_SUSPECT | MOS_CONN_EDITED) == 0
            && packet.flags & UInt32(MOS_PKT_TRUNCATED | MOS_PKT_SACK | MOS_PKT_CE) == 0
            && packet.window != 0
            && isControlAcknowledgementOrdinary && areTimestampsOrdinary
    }

    /// True when the acknowledgement is of what was captured, or, of a FIN, the last one again; and nothing behind the
    /// segment is acknowledged already.
    @inline(__always)
    private var isControlAcknowledgementOrdinary: Bool {
        let ack = SequenceNumber(packet.ack)
        let advance = ack - acknowledged
        let isFIN = TCPFlags(rawValue: packet.tcp_flags).contains(.fin)
        return (advance > 0 || advance == 0 && isFIN && sent.dup_run < 3)
            && ack <= SequenceNumber(receiver.nxt) && isBeginningOrdinary
            && (!answered.has(MOS_STREAM_ACK)
                || SequenceNumber(answered.ack) <= SequenceNumber(packet.seq))
    }
}
