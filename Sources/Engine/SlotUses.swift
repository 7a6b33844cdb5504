// SPDX-License-Identifier: BSD-2-Clause
import Flows

/// How often each callback slot is named, and which are named no more: scripts take those for other functions.
struct SlotUses: ~Copyable {
    private var counts: ReservedMemory<Int32>
    /// A chain through the slots that are free: the next one, -1 behind the last, 0 for a slot that is not in it.
    private var links: ReservedMemory<Int32>
    private var first: Int32 = -1

    /// Slots are below it.
    static var capacity: Int { 1 << 24 }

    /// None is named; nil when the address space is refused.
    init?() {
        guard let counts = ReservedMemory<Int32>(capacity: Self.capacity),
            let links = ReservedMemory<Int32>(capacity: Self.capacity)
        else { return nil }
        self.counts = counts
        self.links = links
    }

    /// The slot is named once more; 0 is no slot.
    mutating func name(_ slot: Int32) {
        if slot > 0 { counts[Int(slot)] += 1 }
    }

    /// The slot is named once less.
    mutating func forget(_ slot: Int32) {
        guard slot > 0 else { return }
        counts[Int(slot)] -= 1
        guard counts[Int(slot)] == 0, links[Int(slot)] == 0 else { return }
        links[Int(slot)] = first
        first = slot
    }

    /// A slot that was named and is no more, each once; 0 = none.
    mutating func takeFree() -> Int32 {
        while first > 0 {
            let slot = first
            first = links[Int(slot)]
            links[Int(slot)] = 0
            if counts[Int(slot)] == 0 { return slot }
        }
        return 0
    }
}
