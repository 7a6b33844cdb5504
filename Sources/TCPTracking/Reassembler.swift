// SPDX-License-Identifier: BSD-2-Clause
// The bytes of streams: what of a segment is new, what waits behind a hole, what is contiguous.
// Works on one `mos_stream` at a time; events, readers and states are others' business.
import CMosABI
import Flows
import Packets

/// Contiguous stored bytes of a stream, or, without a block, a range that was seen while nobody read.
public struct Run: BitwiseCopyable {
    /// Stream offset of the first byte.
    public var offset: Int64
    /// Bytes.
    public var length: Int32
    /// Where in the block they start.
    public var skip: Int32
    /// Where they lie.
    public var block: Block
    /// The run with the next higher offset, -1 = none.
    public var next: Int32
    /// The run with the next lower offset, -1 = none.
    public var previous: Int32 = -1

    /// The stream offset behind the last byte.
    @inlinable public var end: Int64 { offset &+ Int64(length) }
}

/// What a segment adds to a stream, before anything is stored.
public struct SegmentExtent: Equatable, Sendable {
    /// It repeats sequence space that was seen before.
    public var repeats: Bool
    /// Bytes of it that were not seen before.
    public var fresh: Int
    /// It starts behind a hole.
    public var isOutOfOrder: Bool

    /// What a segment adds.
    @inlinable @inline(__always)
    public init(repeats: Bool, fresh: Int, isOutOfOrder: Bool) {
        self.repeats = repeats
        self.fresh = fresh
        self.isOutOfOrder = isOutOfOrder
    }
}

/// Stores and orders the payload of all streams of a worker.
///
///     offset 0                 next                                   top
///     ├── kept for readers ──┤├┈┈ hole ┈┈┤├ run ┤├┈ hole ┈┤├─ run ─┤
///                            ▲ ordered_run ends here
///
/// Runs are linked by offset; those below `next` wait for readers, those above for a hole to close. Bytes are stored
/// only while somebody reads (`store`); ranges are tracked always, so repeats are exact without buffers too.
/// Where a segment overlaps with one that waits, the stream's ``OverlapPolicy`` decides; what is below `next` never
/// changes.
public struct Reassembler: ~Copyable {
    /// The most runs of one stream before a hole is given up; twice as many are never stored.
    public static var runLimit: UInt16 { 4096 }

    var runs: SlotPool<Run>
    /// The bytes.
    public var pool: BufferPool
    /// Where the last segment behind a hole was looked for, -1 = nowhere; and the last run of that stream.
    var cursor: Int32 = -1
    var cursorOwner: Int32 = -1

    /// A reassembler with room for `runs` runs and `bytes` bytes; nil when the address space is refused.
    public init?(runs count: Int, bytes: Int) {
        guard let runs = SlotPool<Run>(capacity: count), let pool = BufferPool(bytes: bytes) else {
            return nil
        }
        self.runs = runs
        self.pool = pool
    }

    /// True when nothing is kept or known of any stream.
    public var isEmpty: Bool { runs.count == 0 && pool.bytesInUse == 0 }

    /// What of `length` bytes at `offset` is new.
    @inlinable @inline(__always)
    public mutating func extent(_ stream: mos_stream, at offset: Int64, length: Int)
        -> SegmentExtent
    {
        let next = Int64(stream.next)
        if offset == next && Int64(stream.top) <= next {
            return SegmentExtent(repeats: false, fresh: length, isOutOfOrder: false)
        }
        return slowExtent(stream, at: offset, length: length)
    }

    @usableFromInline
    mutating func slowExtent(_ stream: mos_stream, at offset: Int64, length: Int) -> SegmentExtent {
        let end = offset + Int64(length)
        let next = Int64(stream.next)
        var fresh = max(0, end - max(offset, next))
        // What lies before offset 0 was never seen.
        var seen = max(offset, 0) < min(end, next)
        var run = lastRun(stream, below: max(offset, next))
        noteCursor(stream, run)
        if run < 0 { run = stream.runs }
        while run >= 0, runs[run].offset < end {
            let common = min(end, runs[run].end) - max(offset, runs[run].offset, next)
            if common > 0 {
                fresh -= common
                seen = true
            }
            run = runs[run].next
        }
        return SegmentExtent(repeats: seen, fresh: Int(fresh), isOutOfOrder: offset > next)
    }

    /// True when `length` more bytes that must wait fit under `limit` and the run limit.
    @inlinable
    public func fits(_ stream: mos_stream, length: Int, limit: Int) -> Bool {
        stream.run_count < Self.runLimit
            && Int(stream.charged) &+ (length &+ 255) & ~255 <= max(limit, 256)
    }

    /// Takes in-order bytes that need not wait: `next` moves, nothing is copied.
    @inlinable @inline(__always)
    public func pass(_ stream: inout mos_stream, length: Int) {
        stream.next &+= UInt64(length)
        if stream.top < stream.next { stream.top = stream.next }
    }

    /// Stores what of `bytes` at `offset` is new, or wins by the stream's policy, and closes holes that it fills.
    ///
    /// - Parameters:
    ///   - stream: the stream; `next` moves when bytes became contiguous.
    ///   - bytes: the payload.
    ///   - offset: its stream offset; may lie before, at or behind `next`.
    ///   - store: keep the bytes; false tracks the range alone.
    /// - Returns: false when the pool had no room: what did not fit stays a hole.
    public mutating func merge(
        _ stream: inout mos_stream,
        _ bytes: ByteView,
        at offset: Int64,
        store: Bool
    ) -> Bool {
        let end = offset + Int64(bytes.count)
        stream.top = max(stream.top, UInt64(max(0, end)))
        let complete = place(&stream, bytes, at: offset, store: store)
        collect(&stream)
        return complete
    }

    private mutating func place(
        _ stream: inout mos_stream,
        _ bytes: ByteView,
        at offset: Int64,
        store: Bool
    ) -> Bool {
        // Ranges without bytes are all alike.
        let rule = store ? stream.overlapRule : .first
        if rule.looksAtSegments { return insertSegment(&stream, bytes, at: offset, by: rule) }
        if rule == .last { overwrite(stream, bytes, at: offset) }
        return insertFresh(&stream, bytes, at: offset, store: store)
    }

    /// True when bytes at `offset` that were all seen before may still change what waits behind a hole.
    public func mayReplace(_ stream: mos_stream, upTo end: Int64) -> Bool {
        end > Int64(stream.next) && stream.overlapRule != .first
    }

    /// Stores bytes at offset 0 that count only once ``confirm(_:upTo:)`` is called: data in a SYN (RFC 7413).
    ///
    /// - Returns: how many are new.
    public mutating func storeUnconfirmed(
        _ stream: inout mos_stream,
        _ bytes: ByteView,
        store: Bool
    ) -> Int {
        guard stream.next == 0, stream.top == 0, bytes.count > 0 else { return 0 }
        stream.top = UInt64(bytes.count)
        _ = insertFresh(&stream, bytes, at: 0, store: store)
        return bytes.count
    }

    /// What waited at `next` counts.
    public mutating func confirm(_ stream: inout mos_stream) { collect(&stream) }

    /// What waited to be confirmed counts up to `end`; the repeat of what lies behind will be news.
    ///
    /// - Returns: how many bytes do not count.
    public mutating func confirm(_ stream: inout mos_stream, upTo end: Int64) -> Int {
        guard isUnconfirmed(stream) else { return 0 }
        let run = stream.runs
        let refused = max(0, runs[run].end - end)
        if refused > 0 {
            uncharge(&stream, runs[run])
            runs[run].length -= Int32(refused)
            charge(&stream, runs[run])
            if runs[run].next < 0 { stream.top = UInt64(end) }
        }
        confirm(&stream)
        return Int(refused)
    }

    /// True while data in a SYN waits for what the SYN-ACK says of it.
    public func isUnconfirmed(_ stream: mos_stream) -> Bool {
        stream.next == 0 && stream.runs >= 0 && runs[stream.runs].offset == 0
    }

    /// What waited to be confirmed was not accepted: its repeat will be news.
    ///
    /// - Returns: how many bytes it was.
    public mutating func discardUnconfirmed(_ stream: inout mos_stream) -> Int {
        guard isUnconfirmed(stream) else { return 0 }
        let length = Int(runs[stream.runs].length)
        unlinkFirst(&stream)
        if stream.runs < 0 { stream.top = stream.next }
        return length
    }

    /// Moves `next` to `end`, over bytes that will not come, and on over what waits there.
    public mutating func giveUp(_ stream: inout mos_stream, upTo end: Int64) {
        skip(&stream, end - Int64(stream.next))
        collect(&stream)
    }

    /// Gives up the first hole: `next` moves to the bytes behind it.
    ///
    /// - Returns: offset and length of the hole; nil when nothing waits behind one.
    public mutating func declareGap(_ stream: inout mos_stream) -> (offset: Int64, length: Int64)? {
        let next = Int64(stream.next)
        let run = firstRun(stream, behind: next)
        guard run >= 0 else { return nil }
        let length = runs[run].offset - next
        skip(&stream, length)
        collect(&stream)
        return (next, length)
    }

    /// Moves `next` over `length` bytes that will not come.
    public func skip(_ stream: inout mos_stream, _ length: Int64) {
        stream.next += UInt64(length)
        stream.top = max(stream.top, stream.next)
        stream.ordered_run = -1
    }

    /// True when bytes wait behind a hole.
    @inlinable
    public func hasHole(_ stream: mos_stream) -> Bool { stream.top > stream.next }

    /// Appends in-order bytes to what waits for readers; false when the pool has no room.
    public mutating func append(_ stream: inout mos_stream, _ bytes: ByteView) -> Bool {
        let offset = Int64(stream.next)
        guard keep(&stream, bytes, at: offset) else { return false }
        pass(&stream, length: bytes.count)
        return true
    }

    /// Stores bytes that lie just below `next`, or extends the run that ends where they start.
    public mutating func keep(_ stream: inout mos_stream, _ bytes: ByteView, at offset: Int64)
        -> Bool
    {
        let tail = stream.ordered_run
        if tail >= 0, runs[tail].end == offset, !runs[tail].block.isNone {
            return extend(&stream, tail, by: bytes)
        }
        let run = newRun(&stream, bytes, at: offset, store: true)
        guard run >= 0 else { return false }
        link(&stream, run, after: lastRun(stream, below: offset))
        stream.ordered_run = run
        return true
    }

    /// Contiguous stored bytes from `offset` on; empty when that byte is not kept.
    public func bytes(_ stream: mos_stream, at offset: Int64) -> ByteView {
        let run = lastRun(stream, below: offset)
        guard run >= 0, offset < runs[run].end, !runs[run].block.isNone else { return .empty }
        let into = Int(offset - runs[run].offset)
        return pool.view(
            runs[run].block,
            Int(runs[run].skip) + into,
            Int(runs[run].length) - into
        )
    }

    /// The offset of the first stored byte at or behind `offset`; nil when there is none below `next`.
    public func firstKept(_ stream: mos_stream, from offset: Int64) -> Int64? {
        let before = lastRun(stream, below: offset)
        var run = before >= 0 ? before : stream.runs
        while run >= 0, runs[run].end <= offset || runs[run].block.isNone { run = runs[run].next }
        guard run >= 0, runs[run].offset < Int64(stream.next) else { return nil }
        return max(offset, runs[run].offset)
    }

    /// The ranges that are known, neighbours joined: calls `body` with offset and length of each.
    ///
    /// - Parameters:
    ///   - stream: the stream.
    ///   - stored: those alone whose bytes are there.
    ///   - body: what is done with each.
    public func forEachRange(
        _ stream: mos_stream,
        stored: Bool = false,
        _ body: (Int64, Int64) -> Void
    ) {
        var run = stream.runs
        var start: Int64 = -1
        var end: Int64 = -1
        while run >= 0 {
            if !stored || !runs[run].block.isNone {
                if runs[run].offset != end {
                    if end > start { body(start, end - start) }
                    start = runs[run].offset
                }
                end = runs[run].end
            }
            run = runs[run].next
        }
        if end > start { body(start, end - start) }
    }

    /// Gives back what lies below `offset` and below `next`.
    public mutating func discard(_ stream: inout mos_stream, below offset: Int64) {
        let limit = min(offset, Int64(stream.next))
        while stream.runs >= 0 {
            let run = stream.runs
            guard runs[run].offset < limit else { return }
            guard runs[run].end <= limit else {
                cut(&stream, run, front: limit - runs[run].offset, back: 0)
                return
            }
            if stream.ordered_run == run { stream.ordered_run = -1 }
            unlinkFirst(&stream)
        }
    }

    /// Gives back everything.
    public mutating func release(_ stream: inout mos_stream) {
        while stream.runs >= 0 { unlinkFirst(&stream) }
        stream.ordered_run = -1
    }
}

extension Reassembler {
    /// The offset of the first stored run that starts at or behind `offset`; nil without one.
    public func firstStored(_ stream: mos_stream, behind offset: Int64) -> Int64? {
        let run = firstRun(stream, behind: offset)
        return run >= 0 ? runs[run].offset : nil
    }

    /// Nobody reads any more: bytes go, ranges behind holes stay known.
    public mutating func forgetBytes(_ stream: inout mos_stream) {
        discard(&stream, below: Int64(stream.next))
        stream.ordered_run = -1
        var run = stream.runs
        while run >= 0 {
            uncharge(&stream, runs[run])
            pool.release(runs[run].block)
            runs[run].block = .none
            run = runs[run].next
        }
    }
}
