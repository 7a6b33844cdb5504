// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Synchronization

/// A bounded queue of frames from one thread to another, with room for their bytes.
///
///     first cache lines: | published (the writer's) | released (the reader's) |
///     records:           | header, 32 bytes | the frame | up to a multiple of 32 | header ...
///
/// A record never crosses the end of the memory: what is left there is skipped. Positions count bytes and never run back;
/// 2^64 of them are never reached. Nobody waits, and nothing is allocated once it is made.
@safe
final class FrameRing: @unchecked Sendable {
    /// Bytes for records; a power of two.
    let capacity: Int
    fileprivate let records: UnsafeMutableRawPointer
    fileprivate let positions: UnsafeMutableRawPointer

    /// The least capacity: two of the largest frames that libpcap delivers, wherever the first begins.
    static let leastCapacity = 1 << 20

    /// Two lines each, because processors fetch lines in pairs.
    fileprivate static let spacing = 128

    /// A ring of at least `capacity` bytes; pages that were never reached cost nothing.
    init(capacity: Int) {
        var size = Self.leastCapacity
        while size < capacity { size *= 2 }
        self.capacity = size
        unsafe records = .allocate(byteCount: size, alignment: 4096)
        unsafe positions = .allocate(byteCount: 2 * Self.spacing, alignment: Self.spacing)
        for index in 0..<2 {
            unsafe (positions + index * Self.spacing).bindMemory(
                to: Atomic<UInt64>.self,
                capacity: 1
            ).initialize(to: Atomic(0))
        }
    }

    deinit {
        unsafe records.deallocate()
        unsafe positions.deallocate()
    }
}

/// What stands ahead of a frame in its ring.
private struct RecordHeader: BitwiseCopyable {
    var time: Int64
    var wireLength: UInt32
    /// Bytes of the frame; ``RecordHeader/skip`` where the rest of the memory is skipped.
    var captured: UInt32
    var linkType: UInt32

    static let skip: UInt32 = .max
    /// Its room; records begin at multiples of it, so that one always fits.
    static let length = 32

    /// Bytes of a record with a frame of `captured` bytes.
    @inline(__always)
    static func recordLength(_ captured: Int) -> UInt64 {
        UInt64((length &+ captured &+ length &- 1) & ~(length &- 1))
    }
}

/// The positions of a ring, and its records, as the packet path reads them: plain addresses, nothing to retain.
@safe
private struct RingMemory {
    let records: UnsafeMutableRawPointer
    let published: UnsafeMutablePointer<Atomic<UInt64>>
    let released: UnsafeMutablePointer<Atomic<UInt64>>
    let capacity: UInt64

    init(_ ring: FrameRing) {
        unsafe records = ring.records
        unsafe published = ring.positions.assumingMemoryBound(to: Atomic<UInt64>.self)
        unsafe released = (ring.positions + FrameRing.spacing)
            .assumingMemoryBound(to: Atomic<UInt64>.self)
        capacity = UInt64(ring.capacity)
    }

    /// Where the record at `position` stands.
    @inline(__always)
    func place(of position: UInt64) -> UnsafeMutableRawPointer {
        unsafe records + Int(position & (capacity &- 1))
    }
}

/// The end of a ring that one thread writes to; somebody else keeps the ring.
struct FrameRingWriter {
    private let memory: RingMemory
    private var written: UInt64 = 0
    private var published: UInt64 = 0
    /// As it was when it was looked at last.
    private var released: UInt64 = 0

    init(_ ring: FrameRing) { memory = RingMemory(ring) }

    /// Adds a copy of `frame`, which the reader sees after ``publish()``.
    ///
    /// - Returns: false when there is no room; then nothing was added.
    @inline(__always)
    mutating func append(_ frame: Frame) -> Bool {
        let length = RecordHeader.recordLength(frame.bytes.count)
        let left = memory.capacity &- written & (memory.capacity &- 1)
        let skipped = length > left ? left : 0
        guard hasRoom(skipped &+ length) else { return false }
        if skipped > 0 {
            put(RecordHeader(time: 0, wireLength: 0, captured: RecordHeader.skip, linkType: 0))
            written &+= skipped
        }
        put(
            RecordHeader(
                time: frame.time.nanoseconds,
                wireLength: frame.wireLength,
                captured: UInt32(truncatingIfNeeded: frame.bytes.count),
                linkType: UInt32(frame.linkType.rawValue)
            )
        )
        unsafe (memory.place(of: written) + RecordHeader.length).copyMemory(
            from: frame.bytes.base,
            byteCount: frame.bytes.count
        )
        written &+= length
        return true
    }

    /// Shows the reader what was added.
    ///
    /// - Returns: true when there was anything.
    @inline(__always)
    mutating func publish() -> Bool {
        guard written != published else { return false }
        published = written
        unsafe memory.published.pointee.store(written, ordering: .releasing)
        return true
    }

    @inline(__always)
    private mutating func hasRoom(_ length: UInt64) -> Bool {
        if written &+ length &- released <= memory.capacity { return true }
        released = unsafe memory.released.pointee.load(ordering: .acquiring)
        return written &+ length &- released <= memory.capacity
    }

    @inline(__always)
    private func put(_ header: RecordHeader) {
        unsafe memory.place(of: written).storeBytes(of: header, as: RecordHeader.self)
    }
}

/// The end of a ring that one thread reads from; somebody else keeps the ring.
struct FrameRingReader {
    private let memory: RingMemory
    private var read: UInt64 = 0
    private var released: UInt64 = 0
    /// As it was when it was looked at last.
    private var published: UInt64 = 0

    init(_ ring: FrameRing) { memory = RingMemory(ring) }

    /// The next frame, which stays valid until ``release()``; nil when there is none.
    @inline(__always)
    mutating func next() -> Frame? {
        while hasMore() {
            let place = unsafe memory.place(of: read)
            let header = unsafe place.load(as: RecordHeader.self)
            if header.captured == RecordHeader.skip {
                read &+= memory.capacity &- read & (memory.capacity &- 1)
                continue
            }
            let captured = Int(header.captured)
            read &+= RecordHeader.recordLength(captured)
            return Frame(
                bytes: unsafe ByteView(base: place + RecordHeader.length, count: captured),
                wireLength: header.wireLength,
                time: Timestamp(nanoseconds: header.time),
                linkType: LinkType(rawValue: UInt16(truncatingIfNeeded: header.linkType))
            )
        }
        return nil
    }

    /// True when there is a frame.
    @inline(__always)
    mutating func hasMore() -> Bool {
        if read != published { return true }
        published = unsafe memory.published.pointee.load(ordering: .acquiring)
        return read != published
    }

    /// Gives the room of all frames that were read back to the writer.
    @inline(__always)
    mutating func release() {
        guard read != released else { return }
        released = read
        unsafe memory.released.pointee.store(read, ordering: .releasing)
    }
}
