// SPDX-License-Identifier: BSD-2-Clause
// Puts IP packets together from their parts, in memory that is bounded. This file: which datagram a part belongs to,
// and when it is over. FragmentReassembler+Parts: where its bytes go.
import CMosABI
import Packets

/// IP packets of which parts are missing, and the one that was completed last.
///
/// DPDK's rte_ip_frag is no choice: it needs the EAL and mbufs, and capture files have neither.
///
/// Overlaps: for IPv4 what came first stays (RFC 791 leaves it open); for IPv6 the whole datagram is discarded (RFC
/// 5722), but for exact duplicates (RFC 8200, section 4.5). When the pool is full the oldest datagram goes. Time is that
/// of packets; nothing but the next part looks at it.
public struct FragmentReassembler: ~Copyable {
    /// What was lost and why.
    public struct Counts: Equatable, Sendable {
        /// Datagrams that were not complete in time, or at the end.
        public var timeouts = 0
        /// IPv4 parts that differ from what they overlap; IPv6 datagrams discarded because parts overlap.
        public var overlaps = 0
        /// Datagrams dropped because the pool was full or they came in too many pieces.
        public var dropped = 0
        /// Parts that cannot be one.
        public var bad = 0
    }

    /// The most pieces of a datagram.
    public static var maximumPieces: Int { 1024 }
    /// The longest IP packet.
    static var maximumLength: Int { 65_535 }

    /// What was lost and why, so far.
    public internal(set) var counts = Counts()
    var datagrams: SlotPool<IncompleteDatagram>
    var pieces: SlotPool<FragmentPiece>
    let cells: FragmentCells
    var reassembled: ReassembledFrame
    /// A held frame that lies in several cells.
    var gathered: ReassembledFrame
    /// The frames of the packet completed last.
    var completed = HeldFrames()
    private let holdsFrames: Bool
    private var index: FlowIndex
    private let seed: HashSeed
    private let timeout: Int64
    private let vlanInKey: Bool
    private let isOn: Bool
    private var oldest: Int32 = -1
    private var newest: Int32 = -1

    /// A reassembler that holds at most `pool` bytes of parts, 0 = none, for `timeout` nanoseconds; nil when the address
    /// space is refused.
    ///
    /// With `holdsFrames` the frames are kept as well, in the same pool, for ``takeFrame()``.
    public init?(
        pool: Int,
        timeout: Int64,
        seed: HashSeed,
        vlanInKey: Bool,
        holdsFrames: Bool = false
    ) {
        let count = pool / FragmentCells.size
        guard let datagrams = SlotPool<IncompleteDatagram>(capacity: max(count, 1)),
            let pieces = SlotPool<FragmentPiece>(capacity: max(count, 1)),
            let cells = FragmentCells(count: max(count, 1)),
            let reassembled = ReassembledFrame(), let gathered = ReassembledFrame(),
            let index = FlowIndex()
        else { return nil }
        self.datagrams = datagrams
        self.pieces = pieces
        self.cells = cells
        self.reassembled = reassembled
        self.gathered = gathered
        self.holdsFrames = holdsFrames
        self.index = index
        self.seed = seed
        self.timeout = timeout
        self.vlanInKey = vlanInKey
        isOn = count > 0
    }

    /// True when parts are put together at all.
    public var isActive: Bool { isOn }

    /// Datagrams of which parts are missing.
    public var waiting: Int { datagrams.count }

    /// Bytes of the pool that are in use.
    public var bytesInUse: Int { pieces.count * FragmentCells.size }

    /// The frame that ``take(_:_:at:)`` completed, until it is called again.
    public var frame: ByteView { reassembled.view }

    /// Takes a part.
    ///
    /// - Parameters:
    ///   - packet: the part, decoded as ``PacketKind/fragment``.
    ///   - bytes: its frame; may be ``frame``, whose IP packet then carries a part.
    ///   - time: when it came, nanoseconds.
    ///   - isNested: `bytes` is ``frame``: what is held for that is held for this.
    /// - Returns: true when it completed a datagram: ``frame`` is what came before the IP header in `bytes`, then the
    ///   whole IP packet with a header that says so.
    public mutating func take(
        _ packet: mos_packet,
        _ bytes: ByteView,
        at time: Int64,
        isNested: Bool = false
    ) -> Bool {
        guard isOn else { return false }
        if !isNested { forgetCompleted() }
        expire(at: time)
        let part = IPFragment(packet, bytes)
        guard isSound(part, packet) else {
            counts.bad += 1
            return false
        }
        let vlan = vlanInKey ? packet.vlan : VLAN.none
        let hash = hash(packet, part, vlan: vlan)
        var slot = find(packet, part, vlan: vlan, hash: hash)
        if slot >= 0, isOver(slot, at: time) {
            giveUp(slot)
            slot = -1
        }
        if slot < 0 {
            slot = start(packet, part, vlan: vlan, hash: hash, at: time)
            guard slot >= 0 else { return false }
        }
        guard !datagrams[slot].isDead, keepFrame(bytes, of: slot, isNested),
            add(part, packet, bytes, to: slot),
            datagrams[slot].isComplete
        else { return false }
        let isWhole = assemble(slot, behind: bytes.slice(0, Int(packet.l3)), at: Int(packet.l3))
        if isWhole {
            completed = datagrams[slot].frames
            datagrams[slot].frames = HeldFrames()
        } else {
            counts.bad += 1
        }
        remove(slot)
        return isWhole
    }

    private mutating func forgetCompleted() {
        guard completed.first >= 0 else { return }
        release(completed)
        completed = HeldFrames()
    }

    /// Holds the frame of a part, where frames are held.
    private mutating func keepFrame(_ bytes: ByteView, of slot: Int32, _ isNested: Bool) -> Bool {
        guard holdsFrames else { return true }
        guard isNested else { return hold(bytes, of: slot) }
        holdCompleted(for: slot)
        return true
    }

    /// Gives up everything that is not complete: the input has ended.
    public mutating func giveUpAll() {
        while oldest >= 0 { giveUp(oldest) }
    }

    /// True when the part may belong to a packet at all.
    ///
    /// Cut by the capture it is of no use; all but the last are a multiple of 8 long; no packet is longer than its
    /// length field can say.
    private func isSound(_ part: IPFragment, _ packet: mos_packet) -> Bool {
        let header = packet.ip_version == 4 ? 20 : 0
        return Int(packet.payload_len) == part.length && part.length > 0
            && (!part.hasMore || part.length % 8 == 0)
            && header + part.end <= Self.maximumLength && part.headerLength <= FragmentCells.size
    }

    // MARK: Datagrams

    private func hash(_ packet: mos_packet, _ part: IPFragment, vlan: UInt16) -> UInt32 {
        var key = packet
        if packet.ip_version == 6 { key.proto = 0 }
        key.sport = UInt16(truncatingIfNeeded: part.identification >> 16)
        key.dport = UInt16(truncatingIfNeeded: part.identification)
        return seed.hash(key, vlan: vlan)
    }

    private func find(_ packet: mos_packet, _ part: IPFragment, vlan: UInt16, hash: UInt32)
        -> Int32
    {
        var place = index.start(hash)
        for _ in 0...FlowIndex.probeLimit {
            let entry = index.entry(place)
            if entry == 0 { break }
            if UInt32(truncatingIfNeeded: entry >> 32) == hash {
                let slot = Int32(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
                if datagrams[slot].matches(packet, part, vlan: vlan) { return slot }
            }
            place = index.after(place)
        }
        return -1
    }

    private mutating func start(
        _ packet: mos_packet,
        _ part: IPFragment,
        vlan: UInt16,
        hash: UInt32,
        at time: Int64
    ) -> Int32 {
        var slot = datagrams.take()
        if slot < 0 {
            drop(oldest)
            slot = datagrams.take()
        }
        guard slot >= 0 else { return -1 }
        guard index.insert(slot, hash: hash) else {
            datagrams.give(slot)
            counts.dropped += 1
            return -1
        }
        datagrams[slot] = IncompleteDatagram(packet, part, vlan: vlan, hash: hash, start: time)
        datagrams[slot].older = newest
        if newest >= 0 { datagrams[newest].newer = slot } else { oldest = slot }
        newest = slot
        return slot
    }

    /// Gives a datagram and all that it holds back.
    private mutating func remove(_ slot: Int32) {
        release(slot)
        let datagram = datagrams[slot]
        if datagram.older >= 0 {
            datagrams[datagram.older].newer = datagram.newer
        } else {
            oldest = datagram.newer
        }
        if datagram.newer >= 0 {
            datagrams[datagram.newer].older = datagram.older
        } else {
            newest = datagram.older
        }
        index.remove(slot, hash: datagram.hash)
        datagrams.give(slot)
    }

    private func isOver(_ slot: Int32, at time: Int64) -> Bool {
        // Packets may come out of order, and a time far in the future proves nothing: both ways count.
        let (age, overflow) = time.subtractingReportingOverflow(datagrams[slot].start)
        return overflow || age > timeout || age < -timeout
    }

    private mutating func expire(at time: Int64) {
        while oldest >= 0, isOver(oldest, at: time) { giveUp(oldest) }
    }

    private mutating func giveUp(_ slot: Int32) {
        if !datagrams[slot].isDead { counts.timeouts += 1 }
        remove(slot)
    }

    private mutating func drop(_ slot: Int32) {
        if !datagrams[slot].isDead { counts.dropped += 1 }
        remove(slot)
    }

    /// Makes room by dropping the oldest datagrams; false when that is `slot` itself, which is dropped then.
    mutating func makeRoom(for slot: Int32) -> Bool {
        while pieces.count == pieces.capacity {
            let victim = oldest
            drop(victim)
            if victim == slot { return false }
        }
        return true
    }
}
