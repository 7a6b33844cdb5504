// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The connections of one worker: found by addresses and ports, named by slot.
///
///     index (8 B an entry) -> conns[slot] (128 B, dense) -> exts[conn.ext] (384 B, from the first payload byte on)
public struct FlowTable: ~Copyable {
    /// What every packet of a connection needs.
    public var conns: SlotPool<mos_conn>
    /// What is kept of a connection that carries payload.
    public var exts: SlotPool<mos_ext>
    @usableFromInline var index: FlowIndex
    @usableFromInline let seed: HashSeed
    @usableFromInline let vlanInKey: Bool
    @usableFromInline var counted: UInt64 = 0
    /// The high halves of serial numbers, by slot: not touched before the 2^32nd connection of a run.
    @usableFromInline var serialsHigh: ReservedMemory<UInt32>
    @usableFromInline var longest = 0
    private var evictionCursor = 0

    /// A table for up to `capacity` connections; nil when the address space is refused.
    public init?(capacity: Int, seed: HashSeed, vlanInKey: Bool = false) {
        guard let conns = SlotPool<mos_conn>(capacity: capacity, hugePages: true),
            let exts = SlotPool<mos_ext>(capacity: capacity, hugePages: true),
            let serialsHigh = ReservedMemory<UInt32>(capacity: capacity),
            let index = FlowIndex()
        else { return nil }
        self.serialsHigh = serialsHigh
        self.conns = conns
        self.exts = exts
        self.index = index
        self.seed = seed
        self.vlanInKey = vlanInKey
    }

    /// The longest look-up so far, in entries.
    @inlinable public var longestProbe: Int { longest }

    /// Connections in the table.
    @inlinable public var count: Int { conns.count }

    /// The hash under which a packet's connection is found, the same for both directions.
    @inlinable @inline(__always)
    public mutating func hash(_ packet: mos_packet) -> UInt32 {
        seed.hash(packet, vlan: vlanInKey ? packet.vlan : 0)
    }

    /// Asks the cache for what a look-up of `hash` will read first.
    @inlinable @inline(__always)
    public func prefetchIndex(_ hash: UInt32) { index.prefetch(hash) }

    /// The connection that `hash` probably belongs to, without looking at it; -1 when there is none near.
    ///
    /// It may be another, or gone by the time it is used: ``sender(of:in:)`` tells.
    @inlinable @inline(__always)
    public func guess(_ hash: UInt32) -> Int32 { index.guess(hash) }

    /// Asks the cache for the connection that `hash` probably belongs to.
    ///
    /// - Returns: its slot, which ``guess(_:)`` describes.
    @inlinable @inline(__always) @discardableResult
    public func prefetchConnection(_ hash: UInt32) -> Int32 {
        let slot = guess(hash)
        if slot >= 0 { conns.prefetch(slot) }
        return slot
    }

    /// Asks the cache for the streams of the connection in `slot`, -1 = none, which must be near by now.
    @inlinable @inline(__always)
    public func prefetchStreams(_ slot: Int32) {
        guard slot >= 0 else { return }
        let ext = conns[slot].ext
        guard ext >= 0 else { return }
        // The streams are the first two lines.
        exts.prefetch(ext, byte: 0)
        exts.prefetch(ext, byte: MemoryLayout<mos_stream>.stride)
        // A young connection's round-trip time is measured often; that lies two lines farther, one for each end.
        guard conns[slot].cli.packets &+ conns[slot].svr.packets < 48 else { return }
        exts.prefetch(ext, byte: 2 * MemoryLayout<mos_stream>.stride)
        exts.prefetch(ext, byte: 4 * MemoryLayout<mos_stream>.stride)
    }

    /// Asks the cache for what the end of the connection in `slot`, which must be near by now, will touch.
    @inlinable
    public mutating func prefetchEnd(_ slot: Int32) {
        index.prefetch(hash(of: slot))
        let ext = conns[slot].ext
        guard ext >= 0 else { return }
        // Both streams, where the FINs lie, the last gaps and the reader.
        exts.prefetch(ext, byte: 0)
        exts.prefetch(ext, byte: 64)
        exts.prefetch(ext, byte: 128)
        exts.prefetch(ext, byte: 192)
        exts.prefetch(ext, byte: 320)
    }

    /// The connection that the packet belongs to, -1 without one.
    @inlinable @inline(__always)
    public mutating func find(_ packet: mos_packet, hash: UInt32) -> Int32 {
        var place = index.start(hash)
        var probes = 0
        while true {
            let entry = index.entry(place)
            if entry == 0 { break }
            if UInt32(truncatingIfNeeded: entry &>> 32) == hash {
                let slot = Int32(truncatingIfNeeded: entry & 0xFFFF_FFFF) &- 1
                if matches(slot, packet) { return slot }
            }
            place = index.after(place)
            probes &+= 1
            if probes > FlowIndex.probeLimit { break }
        }
        if probes > longest { longest = probes }
        return -1
    }

    /// True when the connection in `slot` has the packet's addresses and ports, in either direction.
    @inlinable @inline(__always)
    mutating func matches(_ slot: Int32, _ packet: mos_packet) -> Bool {
        guard conns[slot].ip_version == packet.ip_version, conns[slot].proto == packet.proto,
            !vlanInKey || conns[slot].vlan == packet.vlan
        else { return false }
        if sentByClient(slot, packet) {
            return conns[slot].svr_addr.a == packet.dst.a && conns[slot].svr_addr.b == packet.dst.b
                && conns[slot].svr_port == packet.dport
        }
        return conns[slot].cli_addr.a == packet.dst.a && conns[slot].cli_addr.b == packet.dst.b
            && conns[slot].cli_port == packet.dport && conns[slot].svr_addr.a == packet.src.a
            && conns[slot].svr_addr.b == packet.src.b && conns[slot].svr_port == packet.sport
    }

    @inlinable @inline(__always)
    mutating func sentByClient(_ slot: Int32, _ packet: mos_packet) -> Bool {
        conns[slot].cli_port == packet.sport && conns[slot].cli_addr.a == packet.src.a
            && conns[slot].cli_addr.b == packet.src.b
            // A connection between two equal addresses is told apart by its ports alone.
            && (conns[slot].svr_port == packet.dport)
    }

    /// True when the packet has the addresses and ports of the connection in `slot`, in either direction.
    public mutating func isBetweenEnds(_ slot: Int32, _ packet: mos_packet) -> Bool {
        matches(slot, packet)
    }

    /// The end of the connection in `slot` that sent the packet.
    @inlinable @inline(__always)
    public mutating func sender(_ slot: Int32, _ packet: mos_packet) -> Side {
        sentByClient(slot, packet) && conns[slot].svr_addr.a == packet.dst.a
            && conns[slot].svr_addr.b == packet.dst.b ? .client : .server
    }

    /// A fresh connection whose client, or server, sent the packet.
    ///
    /// - Parameters:
    ///   - packet: with the ports under which the connection is to be found.
    ///   - hash: its hash.
    ///   - fromClient: whether the client sent it.
    ///   - number: the packet's number, which only this connection has; nil counts the connections instead.
    /// - Returns: its slot; -1 when the table is full; -2 when too many connections of its neighbourhood in the index are
    ///   there, which only chosen addresses bring about.
    @inlinable
    public mutating func insert(
        _ packet: mos_packet,
        hash: UInt32,
        fromClient: Bool = true,
        number: UInt64? = nil
    ) -> Int32 {
        let slot = conns.take()
        guard slot >= 0 else { return -1 }
        guard index.insert(slot, hash: hash) else {
            conns.give(slot)
            return -2
        }
        counted &+= 1
        let serial = Self.serial(number ?? counted)
        // Made whole and stored once: field by field in place, each store would be checked and zeroed before.
        var conn = mos_conn()
        conn.cli_addr = fromClient ? packet.src : packet.dst
        conn.svr_addr = fromClient ? packet.dst : packet.src
        conn.cli_port = fromClient ? packet.sport : packet.dport
        conn.svr_port = fromClient ? packet.dport : packet.sport
        conn.vlan = packet.vlan
        conn.ip_version = packet.ip_version
        conn.generation = UInt32(truncatingIfNeeded: serial)
        conn.proto = packet.proto
        conn.start = packet.time
        conn.last = packet.time
        conn.cli.wscale = 255
        conn.svr.wscale = 255
        conn.ext = -1
        conn.set = -1
        conn.wheel_next = -1
        conn.wheel_prev = -1
        conns[slot] = conn
        if serial &>> 32 != 0 {
            serialsHigh[Int(slot)] = UInt32(truncatingIfNeeded: serial &>> 32)
        }
        return slot
    }

    /// Takes the connection in `slot` out; handles to it are stale from now on.
    ///
    /// Its ``mos_ext`` is given back too; what hangs on that (stored bytes, readers) must be gone.
    @inlinable
    public mutating func remove(_ slot: Int32) {
        index.remove(slot, hash: hash(of: slot))
        let ext = conns[slot].ext
        if ext >= 0 { exts.give(ext) }
        conns[slot].generation = 0
        conns.give(slot)
    }

    /// The hash under which the connection in `slot` was inserted.
    @inlinable
    mutating func hash(of slot: Int32) -> UInt32 {
        var packet = mos_packet()
        packet.src = conns[slot].cli_addr
        packet.dst = conns[slot].svr_addr
        packet.sport = conns[slot].cli_port
        packet.dport = conns[slot].svr_port
        packet.ip_version = conns[slot].ip_version
        packet.proto = conns[slot].proto
        packet.vlan = conns[slot].vlan
        return hash(packet)
    }

    /// Numbers in their order without those whose low half is 0: generation 0 is that of a slot not in use.
    @inlinable @inline(__always)
    static func serial(_ number: UInt64) -> UInt64 {
        number < 0xFFFF_FFFF ? number : number &+ (number &- 1) / 0xFFFF_FFFF
    }

    /// True while `slot` holds the flow that had `generation`.
    @inlinable @inline(__always)
    public func isLive(_ slot: Int32, generation: UInt32) -> Bool {
        slot >= 0 && Int(slot) < conns.highWater && generation != 0
            && conns[slot].generation == generation
    }

    /// The ``mos_ext`` of the connection, made on first need; -1 when there is no room.
    @inlinable
    public mutating func ensureExt(_ slot: Int32) -> Int32 {
        let have = conns[slot].ext
        if have >= 0 { return have }
        let ext = exts.take()
        guard ext >= 0 else { return -1 }
        var fresh = mos_ext()
        fresh.cli.withoutRuns()
        fresh.svr.withoutRuns()
        fresh.cli_health.gaps = -1
        fresh.svr_health.gaps = -1
        fresh.reader.next = -1
        fresh.reader.socket = -1
        exts[ext] = fresh
        conns[slot].ext = ext
        return ext
    }

    /// The serial number of the connection in `slot`, above 0 and never used twice in a run.
    ///
    /// It is that of the packet that started it, so the same for any number of workers.
    @inlinable
    public func serial(_ slot: Int32) -> UInt64 {
        UInt64(serialsHigh[Int(slot)]) << 32 | UInt64(conns[slot].generation)
    }

    /// The connection whose last packet is oldest; -1 without any.
    ///
    /// Exact up to 1024 connections. In larger tables it is the oldest of 64 that are spread over it, other ones each
    /// time: nothing has to be kept in order per packet, and that all 64 are younger than a connection that is in use
    /// does not happen.
    public mutating func longestSilent() -> Int32 {
        let isSmall = conns.highWater <= 1024
        let looks = isSmall ? conns.highWater : 64
        let step = isSmall ? 1 : conns.highWater / 64
        var slot = evictionCursor
        var oldest: Int32 = -1
        for _ in 0..<looks {
            slot = (slot + step) % conns.highWater
            let candidate = Int32(slot)
            guard conns[candidate].generation != 0 else { continue }
            if oldest < 0 || isOlder(candidate, than: oldest) { oldest = candidate }
        }
        evictionCursor = (slot + 1) % max(conns.highWater, 1)
        return oldest
    }

    private func isOlder(_ slot: Int32, than other: Int32) -> Bool {
        let (a, b) = (conns[slot].last, conns[other].last)
        return a.sec < b.sec || a.sec == b.sec && a.nsec < b.nsec
    }

    /// The slots of all connections, in order of their start.
    public func slotsInOrderOfStart() -> [Int32] {
        var slots: [Int32] = []
        slots.reserveCapacity(count)
        var (last, isInOrder) = (UInt64(0), true)
        for slot in 0..<Int32(conns.highWater) where conns[slot].generation != 0 {
            let serial = serial(slot)
            if serial < last { isInOrder = false }
            last = serial
            slots.append(slot)
        }
        // Slots that were used once are in order as they are.
        if !isInOrder { slots.sort { serial($0) < serial($1) } }
        return slots
    }
}
