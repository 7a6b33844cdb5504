// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Flows
import Packets

/// Frames on their way out of an inline worker, until the burst in hand is done with.
///
/// Two ports are left through while a burst is in hand: the one that its source is bridged with, and that source itself.
/// What is for any other port leaves at once.
@safe
struct Outbox: ~Copyable {
    /// Frames that leave through the peer of the source in hand.
    var onward = DepartureList()
    /// Frames that leave through the source in hand.
    var back = DepartureList()
    /// A frame for another port.
    var aside = DepartureList()
    private let room: ReservedMemory<UInt8>
    private var used = 0

    /// Room for the copies of some two hundred of the longest frames; nil when the address space is refused.
    init?() {
        guard let room = ReservedMemory<UInt8>(capacity: 1 << 24) else { return nil }
        self.room = room
    }

    /// True when nothing waits.
    var isEmpty: Bool { onward.count == 0 && back.count == 0 }

    /// Bytes that may still be claimed.
    var free: Int { room.capacity - used }

    /// `count` bytes that are the caller's until the outbox is emptied; there must be so many.
    @unsafe
    mutating func claim(_ count: Int) -> UnsafeMutableRawPointer {
        precondition(count >= 0 && count <= free)
        defer { used += count }
        return unsafe UnsafeMutableRawPointer(room.base + used)
    }

    /// A copy of `bytes` that stays until the outbox is emptied; there must be room.
    mutating func keep(_ bytes: ByteView) -> ByteView {
        let place = unsafe claim(bytes.count)
        unsafe place.copyMemory(from: bytes.base, byteCount: bytes.count)
        return unsafe ByteView(base: place, count: bytes.count)
    }

    /// Forgets what is listed: it has left.
    mutating func removeListed() {
        onward.removeAll()
        back.removeAll()
    }

    /// Forgets everything, what was claimed included.
    mutating func removeAll() {
        removeListed()
        used = 0
    }

    /// A copy of `bytes`, with `more` bytes behind it, to be changed; nil without room.
    mutating func draft(_ bytes: ByteView, more: Int = 0) -> MutableByteView? {
        guard bytes.count + more <= free else { return nil }
        let frame = unsafe MutableByteView(
            base: claim(bytes.count + more),
            count: bytes.count + more
        )
        frame.set(bytes, at: 0)
        return frame
    }
}

extension ByteView {
    /// The same bytes to be changed.
    ///
    /// Of frames of an inline worker's bursts, and of what its outbox holds: ports hand out memory of their own, which
    /// is the worker's until it asks for the next burst.
    var writable: MutableByteView {
        unsafe MutableByteView(base: UnsafeMutableRawPointer(mutating: base), count: count)
    }

    /// True when both begin at the same byte.
    func isSamePlace(as other: ByteView) -> Bool { unsafe base == other.base }
}

extension Outbox {
    /// A copy of the link layer that is known of a flow; nil without room.
    mutating func draft(linkOf flow: InlineFlow) -> MutableByteView? {
        let length = Int(flow.linkLength)
        guard length <= free else { return nil }
        let frame = unsafe MutableByteView(base: claim(length), count: length)
        for index in 0..<length { frame[index] = flow.link[index] }
        return frame
    }
}
