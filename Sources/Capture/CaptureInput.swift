// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// What asking for more bytes came to.
enum Refill {
    /// At least one byte came.
    case more
    /// A pipe is silent, or a signal came.
    case nothingYet
    /// There is nothing more.
    case end
    /// `read` failed with that error number.
    case failed(Int32)
    /// What the bytes are packed in is broken at that offset of the file.
    case damaged(offset: UInt64, GzipDamage)
}

/// The bytes of a capture file in order, a chunk at a time: in one reused buffer, or in the chunks of a ``ChunkRing``
/// that several readers share.
///
///     memory                start              end           capacity
///       |  taken: frames of   |  not yet taken   |  free        |
///       |  the last burst     |                  |              |
///
/// `refill` moves what is not yet taken to the front, so whoever points into the buffer must be done.
/// A gzip file is unpacked on its way into the buffer, once ``unpack()`` was called; offsets are then those of what
/// comes out.
@safe
struct CaptureInput: ~Copyable {
    /// Large enough to make the calls of `read` cheap, small enough to stay in the second-level cache.
    static let chunk = 256 * 1024

    /// How far ahead of the record in hand lines are asked for where chunks are shared.
    static let ahead = 8192

    private let feed: CaptureFeed
    /// Who shares the chunks, and which seat is ours; nil when the buffer is.
    private let ring: ChunkRing?
    private let seat: Int
    /// The number of the ring's chunk in hand, 0 before the first.
    private var number = 0
    private var memory: UnsafeMutableRawPointer
    private var capacity = chunk
    private var start = 0
    private var end = 0
    /// Where `memory` begins in the file.
    private var origin: UInt64 = 0
    /// True once the file is being unpacked.
    private(set) var isUnpacked = false

    /// Reads what `feed` holds into a buffer of its own.
    init(_ feed: CaptureFeed) {
        self.feed = feed
        ring = nil
        isShared = false
        seat = 0
        unsafe memory = .allocate(byteCount: Self.chunk, alignment: 4096)
    }

    /// Reads the chunks of `ring` from the seat with that number.
    init(_ ring: ChunkRing, seat: Int) {
        feed = ring.feed
        self.ring = ring
        isShared = true
        self.seat = seat
        unsafe memory = ring.emptyChunk
        capacity = 0
    }

    deinit {
        if let ring { ring.leave(seat) } else { unsafe memory.deallocate() }
    }

    /// What messages call the file.
    var name: String { feed.name }

    /// True for a regular file, whose reads never wait.
    var isFile: Bool { feed.isFile }

    /// True when another reader's processor may have read the bytes: they are far away then.
    let isShared: Bool

    /// Bytes not yet taken.
    var count: Int { end &- start }

    /// The bytes not yet taken.
    var bytes: ByteView { unsafe ByteView(base: UnsafeRawPointer(memory) + start, count: count) }

    /// Where the bytes not yet taken begin in the file.
    var offset: UInt64 { origin &+ UInt64(start) }

    /// Takes `length` bytes, which must be there; they stay in place until the next `refill`.
    mutating func advance(_ length: Int) {
        precondition(length >= 0 && length <= count, "taken more than there is")
        start &+= length
    }

    /// Reads on once, with room for `needed` bytes from the ones not yet taken on.
    mutating func refill(toHold needed: Int) -> Refill {
        if let ring { return takeChunk(ring) }
        moveToFront()
        if needed > capacity { grow(to: needed) }
        let (outcome, got) = unsafe feed.read(into: memory + end, capacity &- end)
        end &+= got
        return outcome
    }

    /// The share of a regular file that was read.
    var progress: Double? {
        guard feed.size > 0 else { return nil }
        return min(1, Double(feed.packedOffset ?? offset) / Double(feed.size))
    }

    /// Takes the bytes not yet taken, and all that follow, as gzip: from the next `refill` on, what they hold comes.
    ///
    /// - Returns: false when there is no memory for it.
    mutating func unpack() -> Bool {
        if let ring {
            guard ring.unpack(bytes, behind: number, at: offset) else { return false }
        } else {
            guard unsafe feed.unpack(memory, start: start, end: end, origin: origin) else {
                return false
            }
            unsafe memory = .allocate(byteCount: Self.chunk, alignment: 4096)
            capacity = Self.chunk
        }
        isUnpacked = true
        (start, end, origin) = (0, 0, 0)
        return true
    }

    /// Nobody will ask it for more: those who share the chunks need not wait for it.
    mutating func close() {
        guard let ring else { return }
        (start, end) = (0, 0)
        ring.leave(seat)
    }

    /// The error for an input that is no capture, or cannot be read.
    func unreadable(_ reason: String) -> SourceError { .unreadable(name: name, reason: reason) }

    private mutating func takeChunk(_ ring: ChunkRing) -> Refill {
        let left = ChunkRing.Left(bytes: bytes, offset: offset)
        switch ring.take(after: number, seat: seat, left: left) {
        case .chunk(let next):
            number &+= 1
            unsafe memory = next.memory
            (start, end, origin) = (0, next.count, next.origin)
            return .more
        case .outcome(let outcome): return outcome
        }
    }

    private mutating func moveToFront() {
        guard start > 0 else { return }
        unsafe memory.copyMemory(from: memory + start, byteCount: count)
        origin &+= UInt64(start)
        end &-= start
        start = 0
    }

    private mutating func grow(to needed: Int) {
        while capacity < needed { capacity *= 2 }
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 4096)
        unsafe larger.copyMemory(from: memory, byteCount: end)
        unsafe memory.deallocate()
        unsafe memory = larger
    }
}
