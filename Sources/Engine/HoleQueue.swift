// SPDX-License-Identifier: BSD-2-Clause
import Flows

/// The streams in which holes opened, oldest first: where room is to be found when the pool of bytes is full.
///
/// The last 65,536 are remembered. Whoever takes one out checks whether the hole is still there.
struct HoleQueue: ~Copyable {
    struct Entry: BitwiseCopyable {
        var slot: Int32
        var generation: UInt32
        var side: Side
    }

    private static var capacity: Int { 1 << 16 }
    private var entries: ReservedMemory<Entry>
    private var first = 0
    private var count = 0

    init?() {
        guard let entries = ReservedMemory<Entry>(capacity: Self.capacity) else { return nil }
        self.entries = entries
    }

    mutating func add(_ entry: Entry) {
        entries[(first &+ count) & (Self.capacity &- 1)] = entry
        if count < Self.capacity {
            count &+= 1
        } else {
            first = (first &+ 1) & (Self.capacity &- 1)
        }
    }

    mutating func takeOldest() -> Entry? {
        guard count > 0 else { return nil }
        defer {
            first = (first &+ 1) & (Self.capacity &- 1)
            count &-= 1
        }
        return entries[first]
    }
}
