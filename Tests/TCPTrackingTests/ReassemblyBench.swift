// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets

@testable import TCPTracking

/// A stream with its reassembler next to a model: what each offset holds, and which segment it came with.
struct ReassemblyBench: ~Copyable {
    var reassembler: Reassembler
    var stream = mos_stream()
    var random: SplitMix64
    /// Somebody reads: bytes are kept.
    var stores = true
    /// The byte at an offset is always the same, and what the pool refuses is not modelled.
    var isPredictable = false
    /// What went wrong first.
    private(set) var problem: String?
    /// Bytes read.
    private(set) var delivered = 0

    private var model: [Int64: UInt8] = [:]
    /// The segment that each byte came with.
    private var owner: [Int64: Int] = [:]
    private var segments = 0
    private let rule: OverlapRule
    private var modelNext: Int64 = 0
    private var read: Int64 = 0

    init(seed: UInt64, pool: Int, policy: OverlapPolicy = .first) throws {
        guard let reassembler = Reassembler(runs: 8192, bytes: pool) else { throw NoMemory() }
        self.reassembler = reassembler
        random = SplitMix64(seed: seed)
        rule = policy.rule
        stream.policy = policy.rawValue
        stream.runs = -1
        stream.last_run = -1
        stream.ordered_run = -1
    }

    /// The stored ranges.
    var ranges: [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        reassembler.forEachRange(stream) { ranges.append($0..<($0 + $1)) }
        return ranges
    }

    /// A segment near `next`: in order, behind a hole, or overlapping what is known.
    mutating func receive() {
        let next = Int64(stream.next)
        let length = 1 + Int(random.below(random.chance(0.1) ? 700 : 60))
        let offset =
            random.chance(0.4) ? next : max(0, next - 80) + Int64(random.below(260))
        // Some repeats are faithful.
        let repeats = random.chance(0.3)
        let bytes = (0..<length).map { index -> UInt8 in
            if isPredictable { return UInt8(truncatingIfNeeded: (offset + Int64(index)) &* 31) }
            let byte = UInt8(truncatingIfNeeded: random.next())
            return repeats ? model[offset + Int64(index)] ?? byte : byte
        }
        put(offset, bytes)
    }

    /// Compares a segment with what is kept.
    private mutating func expectComparison(_ offset: Int64, _ bytes: [UInt8]) {
        if isPredictable || !stores { return }
        let next = Int64(stream.next)
        let seen = bytes.indices.map { offset + Int64($0) }.filter { $0 < next || model[$0] != nil }
        let ranges = ranges
        let kept = seen.filter { at in ranges.contains { $0.contains(at) } }
        let isDifferent = kept.contains { model[$0] != bytes[Int($0 - offset)] }
        let isComplete = kept.count == seen.count
        let expected: RepeatedBytes = isDifferent ? .different : isComplete ? .same : .unknown
        let found = ByteView.of(bytes) { reassembler.compare(stream, $0, at: offset) }
        expect(found == expected, "the comparison is another")
    }

    /// Hands one segment to the reassembler and to the model, as a worker would.
    mutating func put(_ offset: Int64, _ bytes: [UInt8]) {
        expectExtent(offset, bytes.count)
        expectComparison(offset, bytes)
        let next = Int64(stream.next)
        let skipped = Int(min(max(0, next - offset), Int64(bytes.count)))
        let fresh = Array(bytes.dropFirst(skipped))
        let start = offset + Int64(skipped)
        if fresh.isEmpty { return }
        if start == next, !reassembler.hasHole(stream), !stores || stream.runs < 0 {
            passLive(fresh, at: start)
        } else if start == next, !reassembler.hasHole(stream) {
            if !ByteView.of(fresh, { reassembler.append(&stream, $0) }) {
                expect(isPredictable, "append refused")
                return
            }
        } else {
            let complete = merge(fresh, at: start)
            expect(complete || isPredictable, "merge refused")
        }
        note(start, fresh)
    }

    /// Hands bytes to the reassembler alone.
    mutating func merge(_ bytes: [UInt8], at offset: Int64) -> Bool {
        ByteView.of(bytes) { reassembler.merge(&stream, $0, at: offset, store: stores) }
    }

    /// In order and nobody has anything unread: the bytes are passed on, the unread rest is kept.
    private mutating func passLive(_ bytes: [UInt8], at offset: Int64) {
        reassembler.pass(&stream, length: bytes.count)
        guard stores else { return }
        let taken = Int(random.below(UInt64(bytes.count + 1)))
        for index in 0..<taken where !isPredictable {
            model[offset + Int64(index)] = bytes[index]
            owner[offset + Int64(index)] = 0
        }
        read = offset + Int64(taken)
        delivered += taken
        if taken == bytes.count { return }
        let kept = ByteView.of(Array(bytes.dropFirst(taken))) {
            reassembler.keep(&stream, $0, at: read)
        }
        expect(kept || isPredictable, "keep refused")
        if !kept { read = Int64(stream.next) }
    }

    private mutating func note(_ offset: Int64, _ bytes: [UInt8]) {
        if isPredictable {
            modelNext = Int64(stream.next)
        } else {
            place(offset, bytes)
            while model[modelNext] != nil { modelNext += 1 }
        }
        expect(Int64(stream.next) == modelNext, "next is another")
        expectRanges()
    }

    /// Places a segment as its policy says, byte by byte.
    private mutating func place(_ offset: Int64, _ bytes: [UInt8]) {
        segments += 1
        let start = max(offset, modelNext)
        let new = start..<max(start, offset + Int64(bytes.count))
        // Judged before anything changes: by what is left of each stored segment.
        let won = new.filter { at in
            guard owner[at] != nil else { return true }
            return stores && rule.prefersNew(new, over: storedSegment(at))
        }
        for at in won {
            model[at] = bytes[Int(at - offset)]
            owner[at] = segments
        }
    }

    /// What is left of the segment that holds the byte at `offset`, behind `next`.
    private func storedSegment(_ offset: Int64) -> Range<Int64> {
        var (start, end) = (offset, offset + 1)
        while start > modelNext, owner[start - 1] == owner[offset] { start -= 1 }
        while owner[end] == owner[offset] { end += 1 }
        return start..<end
    }

    private mutating func expectExtent(_ offset: Int64, _ length: Int) {
        if isPredictable { return }
        let next = Int64(stream.next)
        let places = offset..<(offset + Int64(length))
        let fresh = places.filter { $0 >= next && model[$0] == nil }.count
        let expected = SegmentExtent(
            repeats: fresh < length,
            fresh: fresh,
            isOutOfOrder: offset > next
        )
        let extent = reassembler.extent(stream, at: offset, length: length)
        expect(extent == expected, "the extent is another")
    }

    /// Behind `next` exactly what the model has is stored; each run is charged at its rounded length.
    private mutating func expectRanges() {
        let next = Int64(stream.next)
        var charge = 0
        var run = stream.runs
        var last: Int32 = -1
        var end: Int64 = -1
        var count: UInt32 = 0
        while run >= 0 {
            let one = reassembler.runs[run]
            expect(one.offset >= end, "runs overlap")
            expect(one.previous == last, "the run before is another")
            if !one.block.isNone { charge += (Int(one.length) + 255) & ~255 }
            end = one.end
            last = run
            count += 1
            run = one.next
        }
        expect(stream.last_run == last || stream.runs < 0, "the last run is another")
        expect(Int(stream.charged) == charge, "the charge is another")
        expect(stream.run_count == count, "the number of runs is another")
        if isPredictable { return }
        let behind = ranges.flatMap { Array($0) }.filter { $0 >= next }
        let expected = model.keys.filter { $0 >= next }.sorted()
        expect(behind == expected, "another set of bytes is stored")
        guard stores else { return }
        var at = next
        while let start = reassembler.firstStored(stream, behind: at) {
            let bytes = reassembler.bytes(stream, at: start).array
            let isSame = bytes.indices.allSatisfy { model[start + Int64($0)] == bytes[$0] }
            expect(isSame, "a byte is another")
            at = start + Int64(bytes.count)
        }
    }

    /// Reads some of what is there and gives it back.
    mutating func readSome() {
        guard let start = reassembler.firstKept(stream, from: read) else { return }
        let view = reassembler.bytes(stream, at: start)
        let readable = view.slice(0, Int(Int64(stream.next) - start)).array
        expect(!readable.isEmpty, "nothing at a kept offset")
        let count = Int(random.below(UInt64(readable.count + 1)))
        for index in 0..<count {
            let at = start + Int64(index)
            let byte =
                isPredictable ? UInt8(truncatingIfNeeded: at &* 31) : model[at] ?? ~readable[index]
            expect(readable[index] == byte, "a byte is another")
        }
        // Between where it was and where bytes go on there must have been nothing.
        for at in read..<start where !isPredictable {
            expect(model[at] == nil, "a byte is lost")
        }
        delivered += count
        if count > 0 { read = start + Int64(count) }
        reassembler.discard(&stream, below: read)
        if !stores { return }
        expect(ranges.allSatisfy { $0.lowerBound >= read }, "read bytes are kept")
    }

    /// Reads until nothing is left below `next`.
    mutating func readAll() {
        var tries = 0
        while reassembler.firstKept(stream, from: read) != nil, tries < 10_000, problem == nil {
            readSome()
            tries += 1
        }
        expect(tries < 10_000, "reading does not end")
    }

    /// Gives up the first hole; false when there is none.
    @discardableResult
    mutating func declareGap() -> Bool {
        let next = Int64(stream.next)
        let gap = reassembler.declareGap(&stream)
        if isPredictable {
            modelNext = Int64(stream.next)
            return gap != nil
        }
        let following = model.keys.filter { $0 > next }.min()
        expect(gap?.offset == (following == nil ? nil : next), "the gap is elsewhere")
        guard let following else { return false }
        expect(gap?.length == following - next, "the gap is longer or shorter")
        modelNext = following
        while model[modelNext] != nil { modelNext += 1 }
        expect(Int64(stream.next) == modelNext, "next is another behind the gap")
        return true
    }

    /// Gives everything back: nothing may be left.
    mutating func release() {
        reassembler.release(&stream)
        expect(reassembler.pool.bytesInUse == 0, "blocks are lost")
        expect(reassembler.runs.count == 0, "runs are lost")
        expect(stream.charged == 0 && stream.run_count == 0, "something is still charged")
    }

    private mutating func expect(_ condition: Bool, _ text: String) {
        if !condition, problem == nil { problem = text }
    }
}
