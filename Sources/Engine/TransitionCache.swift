// SPDX-License-Identifier: BSD-2-Clause
import Flows

/// Which set a change leads to from another: what flows did before is found again without making the set anew.
///
/// A cache of fixed size, for it is asked with every registration on a flow. Sets are named by serial numbers, which are
/// never used twice: an entry of a set that has gone is never followed.
struct TransitionCache: ~Copyable {
    struct Entry: BitwiseCopyable {
        /// Serial number of the set that changes, 0 = no entry.
        var from: UInt64 = 0
        var change: UInt64 = 0
        /// Serial number of the set that it leads to.
        var to: UInt64 = 0
        var set: Int32 = 0
    }

    private var entries: ReservedMemory<Entry>
    private var victim = 0

    /// Places that a transition may lie in, next to each other.
    private static var ways: Int { 4 }
    private static var sizeInBits: Int { 15 }

    /// An empty cache; nil when memory is refused.
    init?() {
        let entries = ReservedMemory<Entry>(capacity: 1 << Self.sizeInBits + Self.ways)
        guard let entries else { return nil }
        self.entries = entries
    }

    /// Where `change` leads to from the set with serial number `from`; nil when nobody asked lately.
    @inline(__always)
    mutating func find(_ change: RegistrationChange, from: UInt64) -> (set: Int32, serial: UInt64)?
    {
        let home = home(change, from)
        for place in home..<home &+ Self.ways
        where entries[place].from == from && entries[place].change == change.bits {
            return (entries[place].set, entries[place].to)
        }
        return nil
    }

    /// Notes where a change leads to.
    mutating func insert(
        _ change: RegistrationChange,
        from: UInt64,
        to set: Int32,
        serial: UInt64
    ) {
        let home = home(change, from)
        var place = home
        while place < home + Self.ways, entries[place].from != 0,
            entries[place].from != from || entries[place].change != change.bits
        {
            place += 1
        }
        if place == home + Self.ways {
            // None is free: they go in turn, so that those that are asked for find places side by side.
            victim = (victim + 1) % Self.ways
            place = home + victim
        }
        entries[place] = Entry(from: from, change: change.bits, to: serial, set: set)
    }

    @inline(__always)
    private func home(_ change: RegistrationChange, _ from: UInt64) -> Int {
        let product = (change.bits ^ from &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        let mixed = (product ^ product >> 32) &* 0x9E37_79B9_7F4A_7C15
        return Int(mixed >> UInt64(64 - Self.sizeInBits))
    }
}
