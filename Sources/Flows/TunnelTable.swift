// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// The tunnels that connections came through: equal paths are kept once, beside the connections and only for those that
/// have one.
public struct TunnelTable: ~Copyable {
    /// A path and how many connections came through it.
    struct Entry: BitwiseCopyable {
        /// Links the free ones, so it comes first.
        var uses: Int32
        var hash: UInt32
        var path: TunnelPath
    }

    private var entries: SlotPool<Entry>
    private var index: FlowIndex
    /// The entry of each connection plus one, 0 = none; no page of it is touched while there are no tunnels.
    private var bySlot: ReservedMemory<Int32>
    private let seed: HashSeed
    private var users = 0

    /// A table for connections 0 ..< `capacity`; nil when the address space is refused.
    public init?(capacity: Int, seed: HashSeed) {
        guard let entries = SlotPool<Entry>(capacity: capacity), let index = FlowIndex(),
            let bySlot = ReservedMemory<Int32>(capacity: capacity)
        else { return nil }
        self.entries = entries
        self.index = index
        self.bySlot = bySlot
        self.seed = seed
    }

    /// Different paths in use.
    public var count: Int { entries.count }

    /// Notes the path of the connection in `slot`, which has none yet.
    public mutating func set(_ path: TunnelPath, of slot: Int32) {
        let hash = hash(path)
        var entry = find(path, hash)
        if entry < 0 {
            entry = entries.take()
            guard entry >= 0 else { return }
            guard index.insert(entry, hash: hash) else {
                entries.give(entry)
                return
            }
            entries[entry] = Entry(uses: 0, hash: hash, path: path)
        }
        entries[entry].uses += 1
        bySlot[Int(slot)] = entry + 1
        users += 1
    }

    /// Forgets the path of a connection that ends.
    @inline(__always)
    public mutating func remove(_ slot: Int32) {
        if users > 0 { forget(slot) }
    }

    /// The path of the connection in `slot`; nil without one.
    public func path(of slot: Int32) -> TunnelPath? {
        guard users > 0, bySlot[Int(slot)] > 0 else { return nil }
        return entries[bySlot[Int(slot)] - 1].path
    }

    private mutating func forget(_ slot: Int32) {
        let entry = bySlot[Int(slot)] - 1
        guard entry >= 0 else { return }
        bySlot[Int(slot)] = 0
        users -= 1
        entries[entry].uses -= 1
        if entries[entry].uses > 0 { return }
        index.remove(entry, hash: entries[entry].hash)
        entries.give(entry)
    }

    private func find(_ path: TunnelPath, _ hash: UInt32) -> Int32 {
        var place = index.start(hash)
        for _ in 0...FlowIndex.probeLimit {
            let entry = index.entry(place)
            if entry == 0 { break }
            let number = Int32(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
            if UInt32(truncatingIfNeeded: entry >> 32) == hash, entries[number].path == path {
                return number
            }
            place = index.after(place)
        }
        return -1
    }

    private func hash(_ path: TunnelPath) -> UInt32 {
        var hash: UInt64 = 0
        for number in 0..<path.count {
            let layer = path[number]
            hash = seed.fold(hash ^ layer.src.a ^ seed.k0, layer.dst.a ^ seed.k1)
            hash = seed.fold(hash ^ layer.src.b ^ seed.k1, layer.dst.b ^ seed.k0)
            hash = seed.fold(hash ^ UInt64(layer.id) << 8 ^ UInt64(layer.kind), seed.k1 | 1)
        }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
