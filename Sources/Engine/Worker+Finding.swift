// SPDX-License-Identifier: BSD-2-Clause
// What scripts ask of the engine: the flow between two ends.
import CMosABI
import Flows
import Packets

extension Worker {
    /// Finds the flow between two ends, whichever of them is the client: a connection, else a UDP flow.
    ///
    /// Where the VLAN is part of the key (`vlan_in_key`) it is that of the packet in hand, none without a packet.
    ///
    /// - Parameters:
    ///   - number: the socket that must watch it; below 0 the first that does.
    ///   - ends: addresses and ports.
    /// - Returns: 1, and in the event block slot, generation and socket; 0 without such a flow.
    public mutating func findFlow(_ number: Int32, _ ends: mos_ends) -> Int32 {
        var key = mos_packet()
        key.src = ends.a
        key.dst = ends.b
        key.sport = ends.a_port
        key.dport = ends.b_port
        key.ip_version = ends.ip_version
        key.vlan = event.hasPacket && current < burstCount ? packets[current].vlan : VLAN.none
        if number >= 0, !isOpen(number) { return badSocket(number) }
        key.proto = IPProtocol.tcp
        if find(key, number) { return 1 }
        key.proto = IPProtocol.udp
        return find(key, number) ? 1 : 0
    }

    private var noVLAN: UInt16 { 65535 }

    private mutating func find(_ key: mos_packet, _ number: Int32) -> Bool {
        let slot = table.find(key, hash: table.hash(key))
        guard slot >= 0 else { return false }
        let set = table.conns[slot].set
        for index in 0..<sets.count(set) {
            let socket = sets[place: sets.place(set, index)].socket
            guard closedSockets >> UInt32(socket) & 1 == 0, number < 0 || socket == number
            else { continue }
            event.setValues(Double(slot), Double(table.conns[slot].generation), Double(socket))
            return true
        }
        return false
    }
}
