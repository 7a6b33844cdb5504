// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// From a hash to the numbers of the connections that may have it: open addressing with linear probing, eight bytes an
/// entry, apart from the connections themselves.
///
///     entry = hash (32 bits, high) | slot + 1 (32 bits, low); 0 = empty
///
/// It doubles when five eighths are in use, or a neighbourhood is full; removal shifts back, so there are no tombstones and probes stay short.
public struct FlowIndex: ~Copyable {
    @usableFromInline var entries: ReservedMemory<UInt64>
    @usableFromInline var mask: Int
    @usableFromInline var count = 0
    /// The longest probe that is made; a connection that would need more is refused.
    public static var probeLimit: Int { 128 }

    /// An index with room for some thousand connections; nil when memory is refused.
    public init?() {
        let capacity = 4096
        guard let entries = ReservedMemory<UInt64>(capacity: capacity) else { return nil }
        self.entries = entries
        mask = capacity - 1
    }

    /// The place where a search for `hash` starts.
    @inlinable @inline(__always)
    public func start(_ hash: UInt32) -> Int { Int(hash) & mask }

    /// The place after `place`.
    @inlinable @inline(__always)
    public func after(_ place: Int) -> Int { (place &+ 1) & mask }

    /// The entry at `place`: 0 when empty.
    @inlinable @inline(__always)
    public func entry(_ place: Int) -> UInt64 { entries[place] }

    /// Asks the cache for the place where a search for `hash` starts.
    @inlinable @inline(__always)
    public func prefetch(_ hash: UInt32) { entries.prefetch(start(hash)) }

    /// The first connection whose entry has `hash`, without looking at it; -1 when there is none near.
    @inlinable @inline(__always)
    public func guess(_ hash: UInt32) -> Int32 {
        var place = start(hash)
        var entry = entries[place]
        var left = 16
        while UInt32(truncatingIfNeeded: entry &>> 32) != hash {
            if entry == 0 || left == 0 { return -1 }
            left &-= 1
            place = after(place)
            entry = entries[place]
        }
        return Int32(truncatingIfNeeded: entry & 0xFFFF_FFFF) &- 1
    }

    /// Adds a connection; false when the index cannot grow or its neighbourhood is full.
    @inlinable
    public mutating func insert(_ slot: Int32, hash: UInt32) -> Bool {
        if (count &+ 1) &* 8 > (mask &+ 1) &* 5, !grow() { return false }
        var place = start(hash)
        var probes = 0
        while entries[place] != 0 {
            place = after(place)
            probes &+= 1
            if probes >= Self.probeLimit {
                // A long run of full places is bad luck once; in an index twice as large it falls apart.
                guard count &* 8 > mask, grow() else { return false }
                return insert(slot, hash: hash)
            }
        }
        entries[place] = UInt64(hash) &<< 32 | UInt64(UInt32(bitPattern: slot &+ 1))
        count &+= 1
        return true
    }

    /// Removes the entry of a connection that was inserted with `hash`.
    @inlinable
    public mutating func remove(_ slot: Int32, hash: UInt32) {
        let wanted = UInt64(hash) &<< 32 | UInt64(UInt32(bitPattern: slot &+ 1))
        var hole = start(hash)
        while entries[hole] != wanted {
            if entries[hole] == 0 { return }
            hole = after(hole)
        }
        count &-= 1
        var place = after(hole)
        while entries[place] != 0 {
            let home = start(UInt32(truncatingIfNeeded: entries[place] &>> 32))
            // The entry may move back when its home does not lie between the hole and itself, cyclically.
            if (place &- home) & mask >= (place &- hole) & mask {
                entries[hole] = entries[place]
                hole = place
            }
            place = after(place)
        }
        entries[hole] = 0
    }

    /// Doubles; entries carry their whole hash, so no connection is touched.
    @usableFromInline
    mutating func grow() -> Bool {
        let capacity = (mask + 1) * 2
        guard capacity <= 1 << 31,
            var larger = ReservedMemory<UInt64>(capacity: capacity, hugePages: capacity >= 1 << 18)
        else { return false }
        let largerMask = capacity - 1
        for place in 0...mask where entries[place] != 0 {
            var target = Int(truncatingIfNeeded: entries[place] >> 32) & largerMask
            while larger[target] != 0 { target = (target + 1) & largerMask }
            larger[target] = entries[place]
        }
        entries = larger
        mask = largerMask
        return true
    }
}
