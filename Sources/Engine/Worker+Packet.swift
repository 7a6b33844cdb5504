// SPDX-License-Identifier: BSD-2-Clause
// From a packet to its flow and through the sender's stack: RAW sockets, look-up, creation, orphans, HK_SND.
import CMosABI
import Capture
import Flows
import Packets
import TCPTracking

extension Worker {
    /// raw: every frame goes to the RAW sockets first, malformed ones included.
    @inline(__always)
    mutating func raw() {
        phase = .lookUp
        if listeners.raw.isEmpty || kinds[current].isHidden {
            lookUp()
        } else {
            dispatch.kind = .raw
            dispatch.position = 0
        }
    }

    /// lookUp: finds or starts the flow and updates the sender's stack.
    mutating func lookUp() {
        if kinds[current] == .tcp {
            let slot = guesses[current]
            if goesStraight, let sender = table.sender(of: packets[current], in: slot),
                sendOrdinary(slot, sender) || passQuietly(slot, sender)
            {
                return
            }
        }
        lookUpAny()
    }

    /// The general way from a packet to its flow.
    @inline(never)
    private mutating func lookUpAny() {
        switch kinds[current] {
        case .tcp: break
        case .udp, .icmp:
            lookUpDatagram()
            return
        case .otherIP:
            phase = .orphan
            return
        case .fragment, .borrowed:
            // What it completes takes its place and is looked up; else there is nothing more to it.
            if !reassemble() {
                if isInline, fragments.isActive { keepBack() }
                finishPacket()
            }
            return
        case .nonIP, .malformed, .unseen, .foreign:
            finishPacket()
            return
        }
        var slot = table.find(packets[current], hash: hashes[current])
        isNewFlow = false
        if slot < 0, let known = findTranslated(packets[current]) {
            slot = known.slot
            segment = Segment(packets[current], sender: known.sender)
        } else if slot < 0 {
            slot = startFlow()
            guard slot >= 0 else {
                // A flow ends to make room, and the packet is looked up again; or it belongs to none.
                if ending < 0 { phase = .orphan }
                return
            }
            segment = Segment(packets[current], sender: table.sender(slot, packets[current]))
        } else {
            segment = Segment(packets[current], sender: table.sender(slot, packets[current]))
        }
        if isInline, isEdited(slot), !translateArrival(slot) {
            // Its sender repeats it.
            counters[.forwardDropped] += 1
            keepBack()
            finishPacket()
            return
        }
        if !isNewFlow, isReuse(slot) {
            // The old flow ends before this packet; then it is looked up again.
            beginEnd(slot, reason: reuseReason(slot), then: .lookUp)
            return
        }
        flow = slot
        if isNewFlow, goesStraight, isPlainSYN {
            open()
            return
        }
        if isNewFlow, segment.sender == .server {
            // CONN_START is the client's at HK_SND: it comes before what the server's packet does.
            phase = .startSent
            return
        }
        update(slot)
    }

    /// startSent: CONN_START at HK_SND of a flow whose first captured packet is the server's.
    mutating func startSent() {
        phase = .startReceived
        begin(Event.connStart.bit, at: .snd, side: .client)
    }

    /// startReceived: the same at HK_RCV; then the packet takes its usual way.
    mutating func startReceived() {
        phase = .update
        begin(Event.connStart.bit, at: .rcv, side: .server)
    }

    /// update: the packet that started the flow goes through the sender's stack.
    mutating func updateStarted() {
        isNewFlow = false
        update(flow)
    }

    /// Updates the sender's stack; then HK_SND.
    private mutating func update(_ slot: Int32) {
        if isInline { verdict.passed = passed(slot, segment.sender) }
        forgetOldTimestamps(slot)
        noteTime(slot)
        let clientState = table.conns[slot].cli.state
        isDuplicateACK = repeatsAcknowledgement(slot)
        update = table.send(slot, segment)
        if update.invalid == UInt8(MOS_INVALID_ACK), isProofOfLoss(slot) {
            update = table.resynchronize(slot, with: segment)
        }
        noteOptions(slot)
        if update.invalid != 0 {
            counters[.invalid] += 1
            packets[current].invalid = update.invalid
            if update.invalid == UInt8(MOS_INVALID_SYN) { noteRefusedSYN(slot) }
            if update.invalid == UInt8(MOS_INVALID_WINDOW) { noteRefusedData(slot) }
        } else if segment.flags.contains(.rst) {
            let refused = clientState == UInt8(MOS_STATE_SYN_SENT) && segment.sender == .server
            // Both ends had closed: the RST only ends the waiting.
            let isClosed = table.conns[slot].phase == Timeouts.Class.timeWait
            table.conns[slot].end_reason = UInt8(
                refused ? MOS_END_REFUSED : isClosed ? MOS_END_FIN : MOS_END_RESET
            )
        }
        if update.isKeepAlive { packets[current].flags |= UInt32(MOS_PKT_KEEPALIVE) }
        if table[end: slot, segment.sender].known != 0, update.offset >= 0 {
            packets[current].offset = Double(update.offset)
            packets[current].flags |= UInt32(MOS_PKT_HAS_OFFSET)
        }
        senderMoved = update.moved
        sent()
    }

    /// After 24 days of silence timestamps may have wrapped: nothing can be told from the last one (RFC 7323 section 5.5).
    private mutating func forgetOldTimestamps(_ slot: Int32) {
        let ext = table.conns[slot].ext
        let last = table.conns[slot].last.sec
        let now = packets[current].time.sec
        guard ext >= 0, now > last, now &- last > 24 * 86_400 else { return }
        for side in Side.allCases { table[stream: ext, side].clear(MOS_STREAM_TIMESTAMPS) }
    }

    /// The time of the flow's last packet; how far the clock is ahead of it where packets are out of order, so that
    /// silence is measured from when the packet came.
    @inline(__always)
    mutating func noteTime(_ slot: Int32) {
        let now = event.now
        var time = packets[current].time
        if now.sec < time.sec || now.sec == time.sec && now.nsec < time.nsec {
            // A jump that no second packet has confirmed moves no time-out either.
            time = now
            stepFlow = slot
            stepGeneration = table.conns[slot].generation
        }
        let last = table.conns[slot].last
        silence = max(0, Timestamp(time).nanoseconds &- Timestamp(last).nanoseconds) / 1000
        if silence >= 2_000_000 { noteSilence(slot, silence) }
        if isNewFlow || last.sec < time.sec || last.sec == time.sec && last.nsec < time.nsec {
            table.conns[slot].last = time
        }
        let ahead = now.sec > time.sec ? now.sec &- time.sec : 0
        table.conns[slot].lag = ahead == 0 ? 0 : UInt8(32 - ahead.leadingZeroBitCount)
    }

    /// What the handshake tells: MSS, window scale, delay of the SYN-ACK.
    @inline(__always)
    private mutating func noteOptions(_ slot: Int32) {
        guard segment.flags.contains(.syn), update.invalid == 0 else { return }
        let side = segment.sender
        let flags = packets[current].flags
        if flags & UInt32(MOS_PKT_MSS) != 0 { table[end: slot, side].mss = packets[current].mss }
        if flags & UInt32(MOS_PKT_WSCALE) != 0 {
            table[end: slot, side].wscale = packets[current].wscale
        }
        // Of a repeated SYN nobody knows which one is answered (Karn's rule, RFC 6298 section 3).
        guard segment.flags.contains(.ack), table.conns[slot].svr_rtt == 0, side == .server,
            table.conns[slot].cli.packets == 1, !update.repeatsControl,
            table.conns[slot].flags & UInt8(MOS_CONN_MIDSTREAM) == 0
        else { return }
        table.conns[slot].svr_rtt = microseconds(since: table.conns[slot].start)
    }

    /// From the SYN-ACK to the ACK in hand, which ends the handshake.
    @inline(__always)
    mutating func noteHandshakeEnd(_ slot: Int32) {
        guard segment.sender == .client, table.conns[slot].cli_rtt == 0,
            table.conns[slot].svr_rtt != 0, table.conns[slot].svr.packets == 1
        else { return }
        let whole = microseconds(since: table.conns[slot].start)
        let first = table.conns[slot].svr_rtt
        table.conns[slot].cli_rtt = whole > first ? whole &- first : 1
    }

    /// Microseconds from a point in time to the packet in hand; at least 1, since 0 stands for unknown.
    ///
    /// Mutating, as all that is asked of a worker per packet: to lend it to a method, it is copied as a whole.
    mutating func microseconds(since start: mos_time) -> UInt32 {
        let nanoseconds =
            Timestamp(packets[current].time).nanoseconds &- Timestamp(start).nanoseconds
        return max(1, UInt32(clamping: nanoseconds / 1000))
    }

    /// orphan: an IP packet of no tracked connection.
    mutating func orphan() {
        if kinds[current] != .malformed { counters[.orphans] += 1 }
        phase = .settle
        flow = -1
        if !listeners.orphan.isEmpty {
            dispatch.kind = .orphan
            dispatch.position = 0
        }
    }

    /// sent: HK_SND, after the sender's stack.
    @inline(__always)
    mutating func sent() {
        var bits = Event.packetIn.bit
        if isNewFlow { bits |= Event.connStart.bit }
        if senderMoved { bits |= Event.stateChange.bit }
        phase = .arrive
        begin(bits, at: .snd, side: segment.sender)
        if dispatch.kind == .none { arrive() }
    }
}
