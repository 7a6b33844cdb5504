// SPDX-License-Identifier: BSD-2-Clause
// Which packets start a flow, for whom, and when one takes the place of another.
import CMosABI
import Capture
import Flows
import Packets
import TCPTracking

extension Worker {
    /// A flow for the packet in hand when a socket's filter wants it; -1 when there is none, or when another flow ends
    /// first to make room for it.
    mutating func startFlow() -> Int32 {
        if let syn = answeredSYN.take() { return startAnswered(syn) }
        let flags = TCPFlags(rawValue: packets[current].tcp_flags)
        let isOpening = flags.intersection([.syn, .ack, .rst, .fin]) == .syn
        guard !listeners.stream.isEmpty, isOpening || settings.midstream else { return -1 }
        let fromClient = isOpening || !comesFromServer(flags)
        let watchers = watchers(reversed: !fromClient)
        guard watchers != 0 else { return -1 }
        let slot = insertFlow(watchers, packets[current], fromClient: fromClient)
        guard slot >= 0, !isOpening else { return slot }
        table.conns[slot].flags |= UInt8(MOS_CONN_MIDSTREAM)
        if flags.isSuperset(of: [.syn, .ack]) {
            table.presumeSYN(slot, seq: SequenceNumber(packets[current].ack) + .max, wasSeen: false)
        }
        return slot
    }

    /// The flow of a SYN that was not believed until the SYN-ACK in hand answered it.
    private mutating func startAnswered(_ syn: RefusedSYN) -> Int32 {
        let watchers = syn.watchers & ~closedSockets
        guard watchers != 0 else { return -1 }
        let slot = insertFlow(watchers, packets[current], fromClient: false)
        guard slot >= 0 else { return slot }
        table.presumeSYN(slot, seq: SequenceNumber(syn.seq), wasSeen: true)
        table[end: slot, .client].mss = syn.mss
        table[end: slot, .client].wscale = syn.wscale
        table[end: slot, .client].wnd = syn.wnd
        return slot
    }

    /// Which end sent the packet in hand of a connection whose SYN was not seen: a SYN-ACK tells, else ports may.
    ///
    /// Servers wait at low numbers: below 1024 (system ports), clients are given those from 32768 on (RFC 6335 section 6
    /// and what systems do).
    private mutating func comesFromServer(_ flags: TCPFlags) -> Bool {
        if flags.isSuperset(of: [.syn, .ack]) { return true }
        func rank(_ port: UInt16) -> Int { port < 1024 ? 0 : port < 32768 ? 1 : 2 }
        return rank(packets[current].sport) < rank(packets[current].dport)
    }

    /// Puts a flow into the table for those sockets; -1 without room.
    ///
    /// - Parameters:
    ///   - watchers: the sockets, as bits.
    ///   - key: the packet in hand, with the ports under which the flow is to be found.
    ///   - fromClient: whether the client sent it.
    ///   - time: the time-out that applies, of ``Timeouts/Class``.
    /// - Returns: the slot.
    mutating func insertFlow(
        _ watchers: UInt32,
        _ key: mos_packet,
        fromClient: Bool,
        time: UInt8 = Timeouts.Class.handshake
    ) -> Int32 {
        if overload.shedsFlows {
            counters[.flowsShed] += 1
            return -1
        }
        guard let set = startSet(watchers) else {
            counters[.flowsRefused] += 1
            return -1
        }
        let slot = table.insert(
            key,
            hash: hashes[current],
            fromClient: fromClient,
            number: serialNumber
        )
        guard slot >= 0 else {
            if slot == -1, settings.evicts, evict() { return -1 }
            counters[.flowsRefused] += 1
            return -1
        }
        sets.retain(set)
        table.conns[slot].set = set
        counters[.flows] += 1
        counters[.flowsOpen] += 1
        for state in states { state.clear(slot) }
        if packets[current].flags & UInt32(MOS_PKT_TUNNEL) != 0 {
            tunnels.set(tunnelPath(), of: slot)
        }
        if isInline { noteLink(slot, fromClient: fromClient) }
        isNewFlow = true
        table.conns[slot].phase = time
        noteTime(slot)
        wheel.schedule(slot, deadline: timeouts.deadline(table.conns[slot]), in: &table.conns)
        return slot
    }

    /// The number of the packet in hand, which starts at most one flow; live, where workers count their own, spread so
    /// that no two of them use the same.
    private var serialNumber: UInt64 {
        mutating get {
            let number = UInt64(packets[current].number)
            if leavesOut || share.isWhole { return number }
            return number &* UInt64(share.count) &+ UInt64(share.index)
        }
    }

    /// Begins the end of the connection that was silent longest; then the packet in hand is looked up again.
    ///
    /// - Returns: false when there is none.
    private mutating func evict() -> Bool {
        let slot = table.longestSilent()
        guard slot >= 0 else { return false }
        counters[.flowsEvicted] += 1
        beginEnd(slot, reason: MOS_END_EVICTED, then: .lookUp)
        return true
    }

    /// The stream sockets whose SYN filter accepts the packet in hand, as bits.
    ///
    /// - Parameter reversed: judge it as if its receiver had sent it, for filters speak of the client's SYN.
    /// - Returns: a bit for each.
    mutating func watchers(reversed: Bool = false) -> UInt32 {
        var watchers: UInt32 = 0
        for index in listeners.stream.indices
        where passes(listeners.stream[index].filter, reversed: reversed) {
            watchers |= 1 << UInt32(listeners.stream[index].socket)
        }
        return watchers
    }

    /// True when the packet in hand passes a filter.
    mutating func passes(_ filter: Listeners.Filter, reversed: Bool = false) -> Bool {
        switch filter {
        case .none: return true
        case .frame(let filter): return filter.matches(burst[current])
        case .packet(let filter):
            let plain =
                reversed
                ? plain.reversedView(packets[current], burst[current].bytes)
                : plain.view(packets[current], burst[current].bytes)
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

    /// True when the segment in hand opens a new connection on the addresses of an old one (cases T16 and T57).
    mutating func isReuse(_ slot: Int32) -> Bool {
        if segment.isSYNACK { return isAnswerToRefusedSYN(slot) }
        guard segment.isOpening else { return false }
        let conn = table.conns[slot]
        let sender = conn[segment.sender]
        if sender.known & UInt8(MOS_KNOWN_ISS | MOS_KNOWN_INFERRED) == UInt8(MOS_KNOWN_ISS),
            sender.iss == segment.seq.value
        {
            return false
        }
        switch conn.phase {
        case Timeouts.Class.closing: return true
        case Timeouts.Class.timeWait:
            // RFC 6191 and RFC 9293 section 3.10.7.4: a SYN above the last number seen is a new connection.
            return sender.known == 0 || SequenceNumber(sender.nxt) <= segment.seq
                || segment.sender == .server
        case Timeouts.Class.handshake:
            return sender.known != 0 && conn.svr.known == 0
        default: return isSilent(conn)
        }
    }

    /// True when the connection has been silent for longer than a handshake may take.
    private mutating func isSilent(_ conn: mos_conn) -> Bool {
        let silence =
            Timestamp(packets[current].time).nanoseconds &- Timestamp(conn.last).nanoseconds
        return silence > timeouts.handshake
    }

    mutating func reuseReason(_ slot: Int32) -> Int {
        table.conns[slot].phase == Timeouts.Class.timeWait ? MOS_END_FIN : MOS_END_REUSE
    }
}
