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
        if listeners.raw.isEmpty {
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
            if let sender = table.sender(of: packets[current], in: slot),
                sendOrdinary(slot, sender)
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
        case .udp, .icmp, .otherIP, .fragment:
            phase = .orphan
            return
        case .nonIP, .malformed:
            finishPacket()
            return
        }
        var slot = table.find(packets[current], hash: hashes[current])
        isNewFlow = false
        if slot < 0 {
            slot = startFlow()
            guard slot >= 0 else {
                phase = .orphan
                return
            }
            segment = Segment(packets[current], sender: .client)
        } else {
            segment = Segment(packets[current], sender: table.sender(slot, packets[current]))
            if isReuse(slot) {
                // The old flow ends before this packet; then it is looked up again.
                beginEnd(slot, reason: reuseReason(slot), then: .lookUp)
                return
            }
        }
        flow = slot
        noteTime(slot)
        let clientState = table.conns[slot].cli.state
        update = table.send(slot, segment)
        noteOptions(slot)
        if update.invalid != 0 {
            counters[.invalid] += 1
            packets[current].invalid = update.invalid
        } else if segment.flags.contains(.rst) {
            let refused = clientState == UInt8(MOS_STATE_SYN_SENT) && segment.sender == .server
            table.conns[slot].end_reason = UInt8(refused ? MOS_END_REFUSED : MOS_END_RESET)
        }
        if update.isKeepAlive { packets[current].flags |= UInt32(MOS_PKT_KEEPALIVE) }
        if table[end: slot, segment.sender].known != 0, update.offset >= 0 {
            packets[current].offset = Double(update.offset)
            packets[current].flags |= UInt32(MOS_PKT_HAS_OFFSET)
        }
        senderMoved = update.moved
        sent()
    }

    /// The time of the flow's last packet; how far the clock is ahead of it where packets are out of order, so that
    /// silence is measured from when the packet came.
    @inline(__always)
    private mutating func noteTime(_ slot: Int32) {
        let now = event.now
        var time = packets[current].time
        if now.sec < time.sec || now.sec == time.sec && now.nsec < time.nsec {
            // A jump that no second packet has confirmed moves no time-out either.
            time = now
            stepFlow = slot
            stepGeneration = table.conns[slot].generation
        }
        let last = table.conns[slot].last
        if isNewFlow || last.sec < time.sec || last.sec == time.sec && last.nsec < time.nsec {
            table.conns[slot].last = time
        }
        let ahead = now.sec > time.sec ? now.sec &- time.sec : 0
        table.conns[slot].lag = ahead == 0 ? 0 : UInt8(32 - ahead.leadingZeroBitCount)
    }

    /// What the handshake tells: MSS, window scale, delay of the SYN-ACK.
    @inline(__always)
    private mutating func noteOptions(_ slot: Int32) {
        guard segment.flags.contains(.syn) else { return }
        let side = segment.sender
        let flags = packets[current].flags
        if flags & UInt32(MOS_PKT_MSS) != 0 { table[end: slot, side].mss = packets[current].mss }
        if flags & UInt32(MOS_PKT_WSCALE) != 0 {
            table[end: slot, side].wscale = packets[current].wscale
        }
        if segment.flags.contains(.ack), table.conns[slot].synack_delay == 0 {
            let delay =
                Timestamp(packets[current].time).nanoseconds
                - Timestamp(table.conns[slot].start).nanoseconds
            table.conns[slot].synack_delay = UInt32(clamping: delay / 1000)
        }
    }

    /// A flow for the SYN in hand when a socket's filter wants it; -1 when there is none.
    private mutating func startFlow() -> Int32 {
        let flags = TCPFlags(rawValue: packets[current].tcp_flags)
        guard !listeners.stream.isEmpty, flags.intersection([.syn, .ack, .rst, .fin]) == .syn else {
            return -1
        }
        let watchers = watchers()
        guard watchers != 0 else { return -1 }
        guard let set = startSet(watchers) else {
            counters[.flowsRefused] += 1
            return -1
        }
        let slot = table.insert(packets[current], hash: hashes[current])
        guard slot >= 0 else {
            counters[.flowsRefused] += 1
            return -1
        }
        sets.retain(set)
        table.conns[slot].set = set
        counters[.flows] += 1
        counters[.flowsOpen] += 1
        for state in states { state.clear(slot) }
        isNewFlow = true
        table.conns[slot].phase = Timeouts.Class.handshake
        noteTime(slot)
        wheel.schedule(slot, deadline: timeouts.deadline(table.conns[slot]), in: &table.conns)
        return slot
    }

    /// The stream sockets whose SYN filter accepts the packet in hand, as bits.
    private mutating func watchers() -> UInt32 {
        var watchers: UInt32 = 0
        for index in listeners.stream.indices where passes(listeners.stream[index].filter) {
            watchers |= 1 << UInt32(listeners.stream[index].socket)
        }
        return watchers
    }

    /// True when the packet in hand passes a filter.
    mutating func passes(_ filter: Listeners.Filter) -> Bool {
        switch filter {
        case .none: return true
        case .frame(let filter): return filter.matches(burst[current])
        case .packet(let filter):
            let plain = plain.view(packets[current], burst[current].bytes)
            return filter.matches(plain, wireLength: UInt32(plain.count))
        }
    }

    /// The registrations of a flow that these sockets watch from its start.
    private mutating func startSet(_ watchers: UInt32) -> Int32? {
        if watchers == lastWatchers { return lastStartSet }
        if let set = startSets[watchers] { return remember(watchers, set) }
        let registrations = sockets.enumerated()
            .filter { watchers & 1 << UInt32($0.offset) != 0 }.map { $0.element.registration }
        guard let set = sets.intern(registrations) else { return nil }
        startSets[watchers] = set
        return remember(watchers, set)
    }

    private mutating func remember(_ watchers: UInt32, _ set: Int32) -> Int32 {
        lastWatchers = watchers
        lastStartSet = set
        return set
    }

    /// True when the segment in hand is a SYN that opens a new connection on the addresses of an old one (case T57).
    private mutating func isReuse(_ slot: Int32) -> Bool {
        guard segment.isOpening else { return false }
        let conn = table.conns[slot]
        let sender = conn[segment.sender]
        if sender.known & 3 == 1, sender.iss == segment.seq.value { return false }
        switch conn.phase {
        case Timeouts.Class.closing: return true
        case Timeouts.Class.timeWait:
            // RFC 6191 and RFC 9293 section 3.10.7.4: a SYN above the last number seen is a new connection.
            return sender.known == 0 || SequenceNumber(sender.nxt) <= segment.seq
                || segment.sender == .server
        case Timeouts.Class.handshake:
            return sender.known != 0 && conn.svr.known == 0
        default: return false
        }
    }

    private mutating func reuseReason(_ slot: Int32) -> Int {
        table.conns[slot].phase == Timeouts.Class.timeWait ? MOS_END_FIN : MOS_END_REUSE
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
