// SPDX-License-Identifier: BSD-2-Clause
// UDP and ICMP flows: from the packet to its flow, and its events at both hooks. They have no stacks and no stream.
import CMosABI
import Flows
import Packets

extension Worker {
    /// From the first FLOW socket on UDP and ICMP packets are looked up, those of the burst in hand included.
    mutating func watchDatagrams() {
        if watchesDatagrams { return }
        watchesDatagrams = true
        for index in current..<max(current, burstCount) { prepareDatagram(index) }
    }

    /// What ``decodeBurst()`` does for packets that are there when it looks, for one that is not.
    mutating func prepareDatagram(_ index: Int) {
        guard isDatagram(index) else { return }
        hashDatagram(index)
        guesses[index] = table.prefetchConnection(hashes[index])
    }

    /// True for a packet that UDP and ICMP flows are made of.
    @inline(__always)
    func isDatagram(_ index: Int) -> Bool { kinds[index] == .udp || kinds[index] == .icmp }

    /// Hashes a packet of the burst when it is of that kind.
    mutating func hashDatagram(_ index: Int) {
        guard isDatagram(index) else { return }
        let hash = table.hash(datagramKey(index))
        hashes[index] = hash
        table.prefetchIndex(hash)
    }

    /// The packet with the ports under which its flow is found.
    private mutating func datagramKey(_ index: Int) -> mos_packet {
        var key = packets[index]
        guard kinds[index] == .icmp else { return key }
        let conversation = conversation(index)
        key.sport = conversation.sourcePort
        key.dport = conversation.destinationPort
        return key
    }

    private mutating func conversation(_ index: Int) -> ICMPConversation {
        let packet = packets[index]
        return ICMPConversation(
            version: packet.ip_version,
            type: UInt8(truncatingIfNeeded: packet.sport),
            code: UInt8(truncatingIfNeeded: packet.dport),
            // The decoder has seen the whole header.
            rest: burst[index].bytes.u16(Int(packet.l4) + 4)
        )
    }

    /// lookUp of a UDP or ICMP packet: finds or starts its flow; then HK_SND.
    mutating func lookUpDatagram() {
        guard watchesDatagrams else {
            phase = .orphan
            return
        }
        let key = datagramKey(current)
        isNewFlow = false
        if let sender = table.sender(of: key, in: guesses[current]) {
            sendDatagram(guesses[current], sender)
            return
        }
        var slot = table.find(key, hash: hashes[current])
        if slot < 0, let known = findTranslated(key) {
            sendDatagram(known.slot, known.sender)
            return
        }
        if slot < 0 { slot = startDatagramFlow(key) }
        guard slot >= 0 else {
            // A flow ends to make room, and the packet is looked up again; or it belongs to none.
            if ending < 0 { phase = .orphan }
            return
        }
        sendDatagram(slot, table.sender(slot, key))
    }

    /// A flow for the packet in hand when a FLOW socket's filter wants it; its sender is the client.
    private mutating func startDatagramFlow(_ key: mos_packet) -> Int32 {
        var watchers: UInt32 = 0
        for index in listeners.flow.indices where passes(listeners.flow[index].filter) {
            watchers |= 1 << UInt32(listeners.flow[index].socket)
        }
        guard watchers != 0 else { return -1 }
        let isUDP = kinds[current] == .udp
        let time = isUDP ? Timeouts.Class.udp : Timeouts.Class.icmp
        let slot = insertFlow(watchers, key, fromClient: true, time: time)
        guard slot >= 0 else { return slot }
        counters[isUDP ? .udpFlows : .icmpFlows] += 1
        if !isUDP { note(conversation(current), slot) }
        return slot
    }

    /// What the first message of an ICMP flow says.
    private mutating func note(_ conversation: ICMPConversation, _ slot: Int32) {
        table[end: slot, .client].wnd = UInt16(conversation.type)
        table[end: slot, .server].wnd = UInt16(conversation.code)
        if let identifier = conversation.identifier {
            table[end: slot, .client].mss = identifier
            table[end: slot, .client].known |= UInt8(MOS_ICMP_HAS_IDENTIFIER)
        }
        if let answer = conversation.answer {
            table[end: slot, .server].mss = UInt16(answer)
            table[end: slot, .client].known |= UInt8(MOS_ICMP_HAS_ANSWER)
        }
    }

    /// Counts the packet for its sender; then HK_SND.
    private mutating func sendDatagram(_ slot: Int32, _ sender: Side) {
        if !isNewFlow { noteTime(slot) }
        table[end: slot, sender].packets &+= 1
        table[end: slot, sender].datagramBytes &+= UInt64(packets[current].wire_payload_len)
        flow = slot
        datagramSender = sender
        phase = .receiveDatagram
        begin(datagramEvents, at: .snd, side: sender)
        if dispatch.kind == .none { receiveDatagram() }
    }

    /// receiveDatagram: HK_RCV.
    mutating func receiveDatagram() {
        phase = .finishDatagram
        begin(datagramEvents, at: .rcv, side: datagramSender.other)
        if dispatch.kind == .none { finishDatagram() }
    }

    /// finishDatagram: the packet is done with.
    mutating func finishDatagram() {
        flow = -1
        finishPacket()
    }

    private var datagramEvents: UInt16 {
        mutating get {
            isNewFlow ? Event.packetIn.bit | Event.connStart.bit : Event.packetIn.bit
        }
    }

    // MARK: What flows without a stream refuse

    static var flowEvents: String {
        "a FLOW socket has CONN_START, PKT_IN and CONN_END, at HK_SND and HK_RCV"
    }
    static var noStream: String { "a UDP or ICMP flow has no stream to read" }

    /// True for a TCP connection.
    mutating func hasStream(_ slot: Int32) -> Bool { table.conns[slot].proto == IPProtocol.tcp }

    /// True when a socket, or a flow of it, may have callbacks for that event.
    mutating func mayHave(_ number: Int32, _ event: Event, _ hook: Hook) -> Bool {
        guard isFlowSocket(number) else { return true }
        return hook != .null && (event == .packetIn || event == .connStart || event == .connEnd)
    }

    /// True when a socket (`slot` < 0), or a flow, may have that option.
    mutating func mayHave(_ number: Int32, _ slot: Int32, _ generation: UInt32, option: Int32)
        -> Bool
    {
        if Int(option) == MOS_OPT_STOP_MON || Int(option) == MOS_OPT_TIMESTAMP { return true }
        if slot < 0 { return !isFlowSocket(number) }
        return !table.isLive(slot, generation: generation) || hasStream(slot)
    }

    private mutating func isFlowSocket(_ number: Int32) -> Bool {
        sockets.indices.contains(Int(number)) && sockets[Int(number)].kind == .flow
    }
}
