// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// Other addresses and ports under which packets of connections come: what a packet that left with translated ones (NAT)
/// is answered to.
///
///     client ── A:1 > S:80 ──► script ── N:9 > S:80 ──► server
///                                     ◄── S:80 > N:9 ──           found here: the slot, and that its server sent it
///
/// The hash is that of ``FlowTable``, so a packet that is looked for has one already. Memory grows with what is kept,
/// apart from the connections: those without a translation cost nothing.
public struct Translations: ~Copyable {
    /// The most tuples of one connection.
    public static var perConnection: Int { 4 }

    /// A tuple, as the packets that come have it.
    struct Entry: BitwiseCopyable {
        /// The next one of the same connection, -1 = none; links the free ones, so it comes first.
        var next: Int32
        var slot: Int32
        var hash: UInt32
        var vlan: UInt16
        var version: UInt8
        var proto: UInt8
        var src: mos_addr
        var dst: mos_addr
        var sport: UInt16
        var dport: UInt16
        var sender: Side
    }

    private var entries: SlotPool<Entry>
    /// Those in use, where other modules can look without a call.
    @usableFromInline var used = 0
    private var index: FlowIndex
    /// The first entry of each connection plus one, 0 = none; no page of it is touched while there are no translations.
    private var bySlot: ReservedMemory<Int32>
    private let seed: HashSeed
    private let vlanInKey: Bool

    /// Room for `capacity` tuples of connections 0 ..< `capacity`, hashed as the ``FlowTable`` with that seed does; nil
    /// when the address space is refused.
    public init?(capacity: Int, seed: HashSeed, vlanInKey: Bool = false) {
        guard let entries = SlotPool<Entry>(capacity: capacity), let index = FlowIndex(),
            let bySlot = ReservedMemory<Int32>(capacity: capacity)
        else { return nil }
        self.entries = entries
        self.index = index
        self.bySlot = bySlot
        self.seed = seed
        self.vlanInKey = vlanInKey
    }

    /// True while no connection has a translation: then nothing need be looked for.
    @inlinable public var isEmpty: Bool { used == 0 }

    /// Tuples that are kept.
    @inlinable public var count: Int { used }

    /// Notes that packets of the connection in `slot` leave with the addresses and ports of `packet`: those that answer
    /// it belong to the same connection.
    ///
    /// - Parameters:
    ///   - packet: addresses, ports, protocol, IP version and VLAN id as the packet leaves. Of ICMP the ports are those
    ///     of ``ICMPConversation``.
    ///   - sender: the end that sent it; the answers come from the other.
    ///   - slot: the connection.
    /// - Returns: true when answers will be found, also when they were before. False when they belong to another
    ///   connection, or to the other end of this one; when the connection has ``perConnection`` tuples; when there is no
    ///   room.
    public mutating func insert(_ packet: mos_packet, sender: Side, slot: Int32) -> Bool {
        let answer = Entry(
            next: bySlot[Int(slot)] - 1,
            slot: slot,
            hash: seed.hash(packet, vlan: vlanInKey ? packet.vlan : 0),
            vlan: vlanInKey ? packet.vlan : 0,
            version: packet.ip_version,
            proto: packet.proto,
            src: packet.dst,
            dst: packet.src,
            sport: packet.dport,
            dport: packet.sport,
            sender: sender.other
        )
        let known = place(of: answer)
        if known >= 0 {
            return entries[known].slot == slot && entries[known].sender == answer.sender
        }
        guard tuples(of: slot) < Self.perConnection else { return false }
        let number = entries.take()
        guard number >= 0 else { return false }
        guard index.insert(number, hash: answer.hash) else {
            entries.give(number)
            return false
        }
        entries[number] = answer
        bySlot[Int(slot)] = number + 1
        used += 1
        return true
    }

    /// The connection that the packet belongs to by a translation, and the end that sent it; nil without one.
    ///
    /// - Parameters:
    ///   - packet: a packet of which the ``FlowTable`` knows no connection.
    ///   - hash: that table's hash of it.
    /// - Returns: the slot, and the sender.
    public func find(_ packet: mos_packet, hash: UInt32) -> (slot: Int32, sender: Side)? {
        if isEmpty { return nil }
        let wanted = Entry(
            next: -1,
            slot: -1,
            hash: hash,
            vlan: vlanInKey ? packet.vlan : 0,
            version: packet.ip_version,
            proto: packet.proto,
            src: packet.src,
            dst: packet.dst,
            sport: packet.sport,
            dport: packet.dport,
            sender: .client
        )
        let number = place(of: wanted)
        return number >= 0 ? (entries[number].slot, entries[number].sender) : nil
    }

    /// Forgets the translations of a connection that ends.
    @inlinable @inline(__always)
    public mutating func remove(_ slot: Int32) {
        if !isEmpty { forget(slot) }
    }

    @usableFromInline
    mutating func forget(_ slot: Int32) {
        var number = bySlot[Int(slot)] - 1
        bySlot[Int(slot)] = 0
        while number >= 0 {
            let next = entries[number].next
            index.remove(number, hash: entries[number].hash)
            entries.give(number)
            used -= 1
            number = next
        }
    }

    private func tuples(of slot: Int32) -> Int {
        var count = 0
        var number = bySlot[Int(slot)] - 1
        while number >= 0 {
            count += 1
            number = entries[number].next
        }
        return count
    }

    /// The number of the entry with the tuple of `wanted`, -1 without one.
    private func place(of wanted: Entry) -> Int32 {
        var place = index.start(wanted.hash)
        for _ in 0...FlowIndex.probeLimit {
            let entry = index.entry(place)
            if entry == 0 { break }
            let number = Int32(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
            if UInt32(truncatingIfNeeded: entry >> 32) == wanted.hash,
                entries[number].hasTuple(of: wanted)
            {
                return number
            }
            place = index.after(place)
        }
        return -1
    }
}

extension Translations.Entry {
    fileprivate func hasTuple(of other: Self) -> Bool {
        src.a == other.src.a && src.b == other.src.b && dst.a == other.dst.a
            && dst.b == other.dst.b && sport == other.sport && dport == other.dport
            && proto == other.proto && version == other.version && vlan == other.vlan
    }
}
