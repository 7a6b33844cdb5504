// SPDX-License-Identifier: BSD-2-Clause
// The straight way of the segment that most are. The general phases are the reference: whatever is not checked here goes
// through them, and both ways leave the same fields and hand out the same events.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// The flow in hand and its packet; nil while it has no streams.
    @inline(__always)
    mutating func inHand(_ slot: Int32, _ sender: Side) -> FlowInHand? {
        FlowInHand(table, slot: slot, sender: sender, packets: packets, index: current)
    }

    /// Takes a segment of an established connection that is in order, whole and not older than the last, while nothing
    /// of its stream waits and nobody has sent a FIN, through the sender's stack to HK_SND.
    ///
    /// - Returns: false when the segment is another; then nothing has changed.
    @inline(__always)
    mutating func sendOrdinary(_ slot: Int32, _ sender: Side) -> Bool {
        guard let hand = inHand(slot, sender), hand.isInOrder, isInTime(hand.ends) else {
            return false
        }
        let segment = Segment(hand.packet, sender: sender)
        let offset = Int64(hand.sent.next)
        if isInline { verdict.passed = Int64(hand.sent.top) }
        hand.conn.last = hand.packet.time
        hand.conn.lag = 0
        hand.sender.packets &+= 1
        hand.sender.flags |= segment.flags.rawValue
        hand.sender.wnd = segment.wnd
        hand.sender.nxt = (segment.seq + segment.len).value
        if segment.hasTimestamps {
            hand.sent.tsval = segment.tsval
            hand.sent.set(MOS_STREAM_TIMESTAMPS)
        }
        hand.packet.offset = Double(offset)
        hand.packet.flags |= UInt32(MOS_PKT_HAS_OFFSET)
        flow = slot
        self.segment = segment
        update = SenderUpdate()
        update.offset = offset
        senderMoved = false
        phase = .arriveOrdinary
        beginPacketIn(hand, at: .snd, side: sender)
        if dispatch.kind == .none { arriveOrdinary() }
        return true
    }

    /// True when the packet's time is the clock's, and at or shortly behind that of the flow's last packet.
    @inline(__always)
    mutating func isInTime(_ hand: EndsInHand) -> Bool {
        let (now, time, last) = (event.now, hand.packet.time, hand.conn.last)
        // An earlier second comes out as a large number; a silence of two seconds is noted on the general way.
        let seconds = time.sec &- last.sec
        return now.sec == time.sec && now.nsec == time.nsec
            && (seconds == 0 ? last.nsec <= time.nsec : seconds == 1)
    }

    /// arriveOrdinary: what ``sendOrdinary(_:_:)`` accepted goes through the receiver's stack, up to its last event.
    mutating func arriveOrdinary() {
        let sender = segment.sender
        guard let hand = inHand(flow, sender) else {
            arrive()
            return
        }
        receiverMoved = false
        hasNewData = segment.len > 0
        payload = .empty
        if hasNewData { pass(hand, sender) }
        // What the other end sent is looked at only when it is news that it arrived.
        let una = hand.acknowledged
        hand.sent.ack = una.value
        hand.sent.set(MOS_STREAM_ACK)
        let isNews = una < segment.ack
        if isNews { noteAdvance(hand, from: una) }
        phase = .newData
        beginPacketIn(hand, at: .rcv, side: sender.other)
        guard dispatch.kind == .none else { return }
        if wantsBytes(hand) {
            phase = .settle
            if !beginLiveData(hand, side: sender.other) { newData() }
        } else {
            if isNews { acknowledged(hand.conn.ext) }
            live.isActive = false
            hasNewData = false
            payload = .empty
            flow = -1
            finishPacket()
        }
    }

    /// The payload becomes readable where it lies.
    @inline(__always)
    private mutating func pass(_ hand: FlowInHand, _ sender: Side) {
        attachReaders(hand.conn.ext)
        if hand.sent.top == 0 { fixPolicy(hand.conn.ext, sender) }
        payload = burst[current].bytes.slice(Int(hand.packet.payload), Int(segment.len))
        live.isActive = true
        live.sender = sender
        live.offset = update.offset
        live.bytes = payload
        hand.sent.bytes += Double(segment.len)
        if Self.isSampleDue(hand.sent.flags, packets: hand.sender.packets) {
            beginSample(hand.conn.ext)
        }
        reassembler.pass(&hand.sent, length: payload.count)
    }

    /// True when somebody reads the payload in hand, or wants to be told of it.
    @inline(__always)
    private mutating func wantsBytes(_ hand: FlowInHand) -> Bool {
        hasNewData
            && (hand.sent.has(MOS_STREAM_READ)
                || sets.mask(hand.conn.set, .null) & (Event.newData.bit | Event.error.bit) != 0)
    }
}

extension FlowInHand {
    /// True when the segment takes the next numbers of its sender in an established connection, and all is simple.
    @inline(__always)
    fileprivate var isInOrder: Bool {
        let special: TCPFlags = [.fin, .syn, .rst, .ece]
        let flags = TCPFlags(rawValue: packet.tcp_flags)
        let next = UInt32(truncatingIfNeeded: sent.next)
        let established = TCPState.established.rawValue
        let busy =
            MOS_STREAM_CLOSING | MOS_STREAM_KEEP | MOS_STREAM_ZERO_WINDOW | MOS_STREAM_WINDOW_ERROR
        return flags.contains(.ack) && flags.isDisjoint(with: special)
            && sender.state == established && receiver.state == established
            && sender.known != 0 && receiver.known != 0
            && packet.seq == sender.nxt && packet.seq == sender.iss &+ 1 &+ next
            && sent.runs < 0 && sent.top <= sent.next && !sent.has(busy)
            && conn.flags & UInt8(MOS_CONN_SUSPECT | MOS_CONN_EDITED) == 0
            && packet.flags & UInt32(MOS_PKT_TRUNCATED | MOS_PKT_SACK | MOS_PKT_CE) == 0
            && packet.window != 0
            && isAcknowledgementOrdinary && areTimestampsOrdinary
    }

    /// The highest acknowledgement of the sender; before the first one, that of the handshake.
    @inline(__always)
    var acknowledged: SequenceNumber {
        SequenceNumber(sent.has(MOS_STREAM_ACK) ? sent.ack : receiver.iss &+ 1)
    }

    /// True when the acknowledgement is of what was captured, or the last one again, with data.
    @inline(__always)
    private var isAcknowledgementOrdinary: Bool {
        let ack = SequenceNumber(packet.ack)
        let advance = ack - acknowledged
        return (advance > 0 || advance == 0 && packet.wire_payload_len != 0)
            && ack <= SequenceNumber(receiver.nxt) && isBeginningOrdinary
    }

    /// True when the sender has acknowledged something before; else when the packet acknowledges all that was captured,
    /// and no data of a SYN waits for what it says.
    @inline(__always)
    var isBeginningOrdinary: Bool {
        sent.has(MOS_STREAM_ACK)
            || packet.ack == receiver.nxt && sender.known & UInt8(MOS_KNOWN_UNSEEN) == 0
                && answered.runs < 0
    }

    /// True when there are no timestamps, or one that is not older than the last (RFC 7323 section 5.3).
    @inline(__always)
    var areTimestampsOrdinary: Bool {
        packet.flags & UInt32(MOS_PKT_HAS_TIMESTAMPS) == 0
            || !sent.has(MOS_STREAM_TIMESTAMPS)
            || SequenceNumber(sent.tsval) <= SequenceNumber(packet.tsval)
    }
}
