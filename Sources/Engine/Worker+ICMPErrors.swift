// SPDX-License-Identifier: BSD-2-Clause
// What scripts ask of the ICMP error in hand: the packet that it quotes, and the flow that it is about.
import CMosABI
import Flows
import Packets

extension Worker {
    /// Finds the packet that the ICMP error in hand quotes.
    ///
    /// - Returns: 1, and in the event block protocol, IP version, and the offsets of its IP header and of what that carries
    ///   (-1 = not quoted); 0 when the packet in hand quotes none.
    public mutating func icmpQuote() -> Int32 {
        guard let quote = quoteInHand else { return 0 }
        event.setValues(
            Double(quote.proto),
            Double(quote.version),
            Double(quote.header),
            Double(quote.ports == nil ? -1 : quote.upper ?? -1)
        )
        return 1
    }

    /// Finds the flow that the ICMP error in hand is about: the one of the packet that it quotes.
    ///
    /// - Parameter number: the socket that asks.
    /// - Returns: 1, and in the event block slot, generation and the socket that sees the flow: the one that asks when it
    ///   watches it, else the first that does; 0 without such a flow.
    public mutating func icmpFlow(_ number: Int32) -> Int32 {
        guard let quote = quoteInHand, let key = key(quote) else { return 0 }
        let slot = table.find(key, hash: table.hash(key))
        guard slot >= 0, let socket = watcher(slot, preferred: number) else { return 0 }
        event.setValues(Double(slot), Double(table.conns[slot].generation), Double(socket))
        return 1
    }

    private var quoteInHand: ICMPQuote? {
        guard event.hasPacket, current < burstCount else { return nil }
        return ICMPQuote(packets[current], burst[current].bytes)
    }

    /// The quoted packet as far as the flow table looks at packets; its VLAN is that of the error.
    private func key(_ quote: ICMPQuote) -> mos_packet? {
        guard let ports = quote.ports else { return nil }
        var key = mos_packet()
        key.src = quote.source
        key.dst = quote.destination
        key.ip_version = quote.version
        key.proto = quote.proto
        key.vlan = packets[current].vlan
        key.sport = ports.source
        key.dport = ports.destination
        if quote.proto == IPProtocol.icmp || quote.proto == IPProtocol.icmpv6 {
            let conversation = ICMPConversation(
                version: quote.version,
                type: UInt8(truncatingIfNeeded: ports.source),
                code: UInt8(truncatingIfNeeded: ports.destination),
                rest: quote.icmpRest
            )
            key.sport = conversation.sourcePort
            key.dport = conversation.destinationPort
        }
        return key
    }

    private func watcher(_ slot: Int32, preferred number: Int32) -> Int32? {
        let set = table.conns[slot].set
        var first: Int32?
        for index in 0..<sets.count(set) {
            let socket = sets[place: sets.place(set, index)].socket
            if closedSockets >> UInt32(socket) & 1 != 0 { continue }
            if socket == number { return number }
            first = first ?? socket
        }
        return first
    }
}
