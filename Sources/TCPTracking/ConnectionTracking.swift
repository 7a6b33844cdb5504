// SPDX-License-Identifier: BSD-2-Clause
// The two emulated stacks of a connection: what a segment does to the end that sent it, then to the end that gets it.
import CMosABI
import Flows
import Packets

/// What a segment did to the stack of its sender.
public struct SenderUpdate: Sendable {
    /// ``MOS_VALID``, or why TCP would refuse the segment.
    public var invalid: UInt8 = 0
    /// The sender's state moved.
    public var moved = false
    /// A SYN or FIN that was seen before.
    public var repeatsControl = false
    /// A keep-alive: nothing new, one octet below what is acknowledged (RFC 9293 section 3.8.4).
    public var isKeepAlive = false
    /// The stream offset of the first payload octet.
    public var offset: Int64 = 0

    /// A valid segment that moves nothing.
    @inlinable public init() {}
}

/// The bits of ``mos_endpoint/known``, as the shared layout numbers them.
enum Knowledge {
    static var iss: UInt8 { UInt8(MOS_KNOWN_ISS) }
    static var inferred: UInt8 { UInt8(MOS_KNOWN_INFERRED) }
    static var sentSYNACK: UInt8 { UInt8(MOS_KNOWN_SYNACK) }
    static var unseen: UInt8 { UInt8(MOS_KNOWN_UNSEEN) }
    static var ecn: UInt8 { UInt8(MOS_KNOWN_ECN) }
}

extension FlowTable {
    /// The state of one end.
    @inlinable @inline(__always)
    public func state(_ slot: Int32, _ side: Side) -> TCPState {
        TCPState(self[end: slot, side].state)
    }

    /// True when one end is in `state`.
    @inlinable @inline(__always)
    public func isIn(_ slot: Int32, _ side: Side, _ state: TCPState) -> Bool {
        self[end: slot, side].state == state.rawValue
    }

    /// Moves one end by `input`.
    ///
    /// - Returns: true when its state changed.
    @inlinable
    public mutating func move(_ slot: Int32, _ side: Side, _ input: StateInput) -> Bool {
        let before = state(slot, side)
        let after = before.after(input)
        self[end: slot, side].state = after.rawValue
        return before != after
    }

    /// Updates the stack of the end that sent `segment`; its opening SYN too.
    ///
    /// Source: RFC 9293 section 3.10.7, read from outside: what an end sends tells what state it is in.
    public mutating func send(_ slot: Int32, _ segment: Segment) -> SenderUpdate {
        self[end: slot, segment.sender].packets &+= 1
        self[end: slot, segment.sender].flags |= segment.flags.rawValue
        return judge(slot, segment)
    }

    /// The same for a segment that is counted already.
    private mutating func judge(_ slot: Int32, _ segment: Segment) -> SenderUpdate {
        let side = segment.sender
        var update = SenderUpdate()
        update.offset = payloadOffset(slot, segment)
        if segment.flags.contains(.rst) {
            guard isAcceptableReset(slot, segment) else {
                update.invalid = UInt8(MOS_INVALID_RST)
                return update
            }
            update.moved = move(slot, side, .reset)
        } else if segment.flags.contains(.syn) {
            sendSYN(slot, segment, &update)
        } else if segment.flags.contains(.ack) {
            sendACK(slot, segment, &update)
        } else {
            // RFC 9293 section 3.10.7.4, fifth: if the ACK bit is off, drop the segment.
            update.invalid = UInt8(MOS_INVALID_FLAGS)
        }
        return update
    }

    mutating func sendSYN(_ slot: Int32, _ segment: Segment, _ update: inout SenderUpdate) {
        let side = segment.sender
        let acknowledges = segment.flags.contains(.ack)
        if acknowledges, !acknowledgesSYN(slot, segment) {
            update.invalid = UInt8(MOS_INVALID_ACK)
            return
        }
        let end = self[end: slot, side]
        if end.known == 0 {
            self[end: slot, side].iss = segment.seq.value
            self[end: slot, side].nxt = segment.end.value
            self[end: slot, side].known = Knowledge.iss
            update.offset = 0
            if !acknowledges { update.moved = move(slot, side, .sendSYN) }
        } else if acknowledges, state(slot, side) == .synReceived, end.iss != segment.seq.value,
            SequenceNumber(end.nxt) == SequenceNumber(end.iss) + 1
        {
            // Not yet acknowledged, no data sent: the server has started anew, and what the client got last counts.
            self[end: slot, side].iss = segment.seq.value
            self[end: slot, side].nxt = segment.end.value
            update.offset = 0
        } else if end.iss == segment.seq.value {
            update.repeatsControl = true
            // It was inferred from later segments: the SYN itself is news, not a repeat.
            if end.known & Knowledge.inferred != 0 {
                self[end: slot, side].known = Knowledge.iss
                update.repeatsControl = false
            }
        } else {
            // RFC 5961 section 4.2: whatever its number, it is answered and not believed.
            update.invalid = UInt8(MOS_INVALID_SYN)
        }
        guard update.invalid == 0 else { return }
        self[end: slot, side].wnd = segment.wnd
        if acknowledges { self[end: slot, side].known |= Knowledge.sentSYNACK }
        noteECN(slot, segment)
    }

    /// Notes whether the SYN asks for ECN, or agrees to it; the last one counts, for it may be tried without.
    ///
    /// Source: RFC 3168 section 6.1.1: ECE and CWR in the SYN, ECE without CWR in the SYN-ACK.
    private mutating func noteECN(_ slot: Int32, _ segment: Segment) {
        let answer: TCPFlags = segment.isSYNACK ? .ece : [.ece, .cwr]
        if segment.flags.intersection([.ece, .cwr]) == answer {
            self[end: slot, segment.sender].known |= Knowledge.ecn
        } else {
            self[end: slot, segment.sender].known &= ~Knowledge.ecn
        }
    }

    /// The client's SYN was not captured with the flow, but a SYN-ACK tells of it.
    ///
    /// - Parameters:
    ///   - slot: a connection of which nothing is known yet.
    ///   - seq: the SYN's sequence number.
    ///   - wasSeen: it was captured all the same, before there was a flow.
    public mutating func presumeSYN(_ slot: Int32, seq: SequenceNumber, wasSeen: Bool) {
        self[end: slot, .client].iss = seq.value
        self[end: slot, .client].nxt = (seq + 1).value
        self[end: slot, .client].known = Knowledge.iss | (wasSeen ? 0 : Knowledge.inferred)
        _ = move(slot, .client, .sendSYN)
        _ = move(slot, .server, .receiveSYN)
    }

    /// Both ends agree on a point that is farther ahead than windows allow: a long part was not captured, and the
    /// connection goes on from there.
    ///
    /// - Parameters:
    ///   - slot: the connection.
    ///   - segment: acknowledges a segment of the other end that was refused as too far ahead; was itself refused.
    /// - Returns: what it does to the stack of its sender, now that it is believed.
    public mutating func resynchronize(_ slot: Int32, with segment: Segment) -> SenderUpdate {
        let ext = ensureExt(slot)
        if ext >= 0 {
            self[stream: ext, segment.sender].ack = segment.ack.value
            self[stream: ext, segment.sender].set(MOS_STREAM_ACK)
        }
        return judge(slot, segment)
    }

    /// What is not known of either end is inferred from the first segment that tells of it.
    private mutating func infer(_ slot: Int32, _ segment: Segment) {
        let side = segment.sender
        if self[end: slot, side].known == 0 {
            // Its SYN was not captured: whatever it sends first is taken for the octet behind it.
            self[end: slot, side].iss = (segment.seq + .max).value
            self[end: slot, side].nxt = segment.seq.value
            self[end: slot, side].known = Knowledge.iss | Knowledge.inferred
        }
        if self[end: slot, side.other].known == 0 {
            self[end: slot, side.other].iss = (segment.ack + .max).value
            self[end: slot, side.other].nxt = segment.ack.value
            self[end: slot, side.other].known = Knowledge.iss | Knowledge.inferred
            // The stream of a connection that was picked up in its middle begins with its first captured byte.
            if conns[slot].flags & UInt8(MOS_CONN_MIDSTREAM) != 0 {
                self[end: slot, side.other].known |= Knowledge.unseen
            }
        }
    }

    /// The first packet of an end that only acknowledgements told of: its stream begins here.
    private mutating func inferAgain(_ slot: Int32, _ segment: Segment) {
        self[end: slot, segment.sender].iss = (segment.seq + .max).value
        self[end: slot, segment.sender].nxt = segment.seq.value
        self[end: slot, segment.sender].known = Knowledge.iss | Knowledge.inferred
    }

    mutating func sendACK(_ slot: Int32, _ segment: Segment, _ update: inout SenderUpdate) {
        let side = segment.sender
        if self[end: slot, side].known == 0 || self[end: slot, side.other].known == 0 {
            infer(slot, segment)
            update.offset = payloadOffset(slot, segment)
        }
        if self[end: slot, side].known & Knowledge.unseen != 0 {
            inferAgain(slot, segment)
            update.offset = payloadOffset(slot, segment)
        }
        update.invalid = refusal(slot, segment, at: update.offset)
        guard update.invalid == 0 else { return }
        // What it acknowledges behind the SYN it can only have got after the handshake.
        let hasMore = SequenceNumber(self[end: slot, side.other].nxt) < segment.ack
        if isIn(slot, side, .synSent) || isIn(slot, side, .none)
            || hasMore && isIn(slot, side, .synReceived)
        {
            update.moved = move(slot, side, .sendACKofUnseen)
        }
        let nxt = SequenceNumber(self[end: slot, side].nxt)
        update.isKeepAlive =
            segment.len <= 1 && segment.seq + 1 == nxt
            && segment.flags.isDisjoint(with: [.fin, .syn]) && !isIn(slot, side, .synReceived)
            && update.offset >= -1
        let ext = conns[slot].ext
        // RFC 9293 section 3.10.7.4, fifth: an older segment's window is not believed (SND.WL1, SND.WL2).
        let isCurrent =
            ext < 0 || !self[stream: ext, side].has(MOS_STREAM_ACK)
            || SequenceNumber(self[stream: ext, side].ack) <= segment.ack
        if isCurrent { self[end: slot, side].wnd = segment.wnd }
        if ext >= 0 { noteTimestamp(ext, segment, at: update.offset) }
        if segment.flags.contains(.fin)
            || ext >= 0 && self[stream: ext, side.other].has(MOS_STREAM_FIN)
        {
            sendFIN(slot, segment, &update)
        }
        self[end: slot, side].nxt = SequenceNumber.later(nxt, segment.end).value
    }

    /// The FIN of the sender, and what its acknowledgement says about the other's.
    public mutating func sendFIN(_ slot: Int32, _ segment: Segment, _ update: inout SenderUpdate) {
        let side = segment.sender
        let ext = ensureExt(slot)
        guard ext >= 0 else { return }
        let acknowledgesFIN = acknowledgesFIN(slot, of: side.other, segment.ack)
        if segment.flags.contains(.fin) {
            let fin = update.offset + Int64(segment.len)
            if !self[stream: ext, side].has(MOS_STREAM_FIN), fin >= 0 {
                self[health: ext, side].fin = UInt64(fin)
                self[stream: ext, side].set(MOS_STREAM_FIN | MOS_STREAM_CLOSING)
                self[stream: ext, side.other].set(MOS_STREAM_CLOSING)
                if move(slot, side, acknowledgesFIN ? .sendFINafterFIN : .sendFIN) {
                    update.moved = true
                }
                // Captured out of order: its acknowledgement came first.
                if acknowledgedOffset(slot, of: side) > fin, move(slot, side, .receiveACKofFIN) {
                    update.moved = true
                }
                return
            }
            update.repeatsControl = true
        }
        if acknowledgesFIN, move(slot, side, .sendACKofFIN) { update.moved = true }
    }

    /// Updates the stack of the end that `segment` reaches, but for its payload and FIN.
    ///
    /// - Returns: true when its state moved.
    public mutating func receive(_ slot: Int32, _ segment: Segment, _ update: SenderUpdate) -> Bool
    {
        let side = segment.sender.other
        if update.invalid != 0 { return false }
        if segment.flags.contains(.rst) { return move(slot, side, .reset) }
        if segment.flags.contains(.syn), !segment.flags.contains(.ack) {
            return update.repeatsControl ? false : move(slot, side, .receiveSYN)
        }
        var moved = false
        if segment.flags.contains(.syn), move(slot, side, .receiveSYNACK) { moved = true }
        // What else it acknowledges may not have been captured.
        let end = self[end: slot, side]
        if isIn(slot, side, .synReceived) || isIn(slot, side, .none),
            SequenceNumber(end.iss) < segment.ack, move(slot, side, .receiveACKofSYN)
        {
            moved = true
            noteHandshakeTimestamps(slot, segment)
        }
        var ext = conns[slot].ext
        if ext < 0, SequenceNumber(end.nxt) < segment.ack { ext = ensureExt(slot) }
        guard ext >= 0 else { return moved }
        noteAcknowledgement(ext, segment)
        if self[stream: ext, side].has(MOS_STREAM_FIN),
            acknowledgesFIN(slot, of: side, segment.ack),
            move(slot, side, .receiveACKofFIN)
        {
            moved = true
        }
        return moved
    }

    /// Notes the highest acknowledgement of the segment's sender.
    ///
    /// - Returns: true when it acknowledges something new.
    @inlinable @inline(__always) @discardableResult
    public mutating func noteAcknowledgement(_ ext: Int32, _ segment: Segment) -> Bool {
        let side = segment.sender
        let last = SequenceNumber(self[stream: ext, side].ack)
        if self[stream: ext, side].has(MOS_STREAM_ACK), segment.ack <= last { return false }
        self[stream: ext, side].ack = segment.ack.value
        self[stream: ext, side].set(MOS_STREAM_ACK)
        return true
    }

    /// Moves the receiver when everything up to the sender's FIN has reached it.
    ///
    /// - Returns: true when its state moved.
    @inlinable
    public mutating func receiveFIN(_ slot: Int32, from side: Side) -> Bool {
        let ext = conns[slot].ext
        guard ext >= 0, self[stream: ext, side].has(MOS_STREAM_FIN),
            self[stream: ext, side].next == self[health: ext, side].fin
        else { return false }
        return move(slot, side.other, .receiveFIN)
    }

    /// True when nothing more can come: both ends are CLOSED or in TIME-WAIT.
    @inlinable
    public mutating func isOver(_ slot: Int32) -> Bool {
        let (client, server) = (self[end: slot, .client].state, self[end: slot, .server].state)
        return !TCPState.isOpen(client) && !TCPState.isOpen(server)
            && server != TCPState.none.rawValue
    }

    /// The stream offset of the segment's first payload octet.
    @inlinable
    public mutating func payloadOffset(_ slot: Int32, _ segment: Segment) -> Int64 {
        let ext = conns[slot].ext
        let near = ext >= 0 ? Int64(self[stream: ext, segment.sender].next) : 0
        return segment.payloadStart.offset(
            iss: SequenceNumber(self[end: slot, segment.sender].iss),
            near: near
        )
    }

    /// The stream offset that `ack` acknowledges of what `side` sent.
    mutating func acknowledgedOffset(_ slot: Int32, of side: Side, _ ack: SequenceNumber) -> Int64 {
        let near = Int64(self[stream: conns[slot].ext, side].next)
        return ack.offset(iss: SequenceNumber(self[end: slot, side].iss), near: near)
    }

    /// The stream offset up to which the other end has acknowledged what `side` sent, its FIN counted as one; -1 when it
    /// has acknowledged nothing.
    public mutating func acknowledgedOffset(_ slot: Int32, of side: Side) -> Int64 {
        let ext = conns[slot].ext
        guard ext >= 0, self[stream: ext, side.other].has(MOS_STREAM_ACK) else { return -1 }
        return acknowledgedOffset(slot, of: side, SequenceNumber(self[stream: ext, side.other].ack))
    }

    /// True when `ack` covers the FIN of `side`.
    public mutating func acknowledgesFIN(_ slot: Int32, of side: Side, _ ack: SequenceNumber)
        -> Bool
    {
        let ext = conns[slot].ext
        guard ext >= 0, self[stream: ext, side].has(MOS_STREAM_FIN) else { return false }
        return acknowledgedOffset(slot, of: side, ack) > Int64(self[health: ext, side].fin)
    }

    /// True when the segment acknowledges the SYN of the end that it reaches, and nothing never sent.
    mutating func acknowledgesSYN(_ slot: Int32, _ segment: Segment) -> Bool {
        let end = self[end: slot, segment.sender.other]
        guard segment.flags.contains(.ack), end.known != 0 else { return false }
        return SequenceNumber(end.iss) < segment.ack
            && segment.ack <= SequenceNumber(end.nxt)
    }
}
