// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets
import Testing

@testable import TCPTracking

struct ReassemblerTests {
    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `it stores, orders and delivers as a byte array does`(seed: UInt64) throws {
        var bench = try ReassemblyBench(seed: seed, pool: 1 << 20)
        for step in 0..<150 {
            bench.receive()
            if bench.random.chance(0.3) { bench.readSome() }
            if bench.random.chance(0.04) { bench.declareGap() }
            try #require(bench.problem == nil, "seed \(seed) step \(step)")
        }
        while bench.declareGap() {}
        bench.readAll()
        try #require(bench.problem == nil, "seed \(seed) at the end")
        #expect(bench.delivered > 200, "seed \(seed)")
        bench.release()
        #expect(bench.problem == nil, "seed \(seed)")
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `while nobody reads it tracks ranges alone`(seed: UInt64) throws {
        var bench = try ReassemblyBench(seed: seed, pool: 1 << 20)
        bench.stores = false
        for step in 0..<150 {
            bench.receive()
            if bench.random.chance(0.04) { bench.declareGap() }
            try #require(bench.problem == nil, "seed \(seed) step \(step)")
            try #require(bench.reassembler.pool.bytesInUse == 0)
        }
        bench.release()
        #expect(bench.problem == nil, "seed \(seed)")
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `with too small a pool the bytes that it delivers are right`(seed: UInt64) throws {
        var bench = try ReassemblyBench(seed: seed, pool: 1024)
        bench.isPredictable = true
        for step in 0..<300 {
            bench.receive()
            if bench.random.chance(0.3) { bench.readSome() }
            if bench.random.chance(0.1) { bench.declareGap() }
            try #require(bench.problem == nil, "seed \(seed) step \(step)")
        }
        bench.release()
        #expect(bench.problem == nil, "seed \(seed)")
    }

    @Test func `forgetting bytes keeps the ranges behind holes`() throws {
        var bench = try ReassemblyBench(seed: 1, pool: 1 << 20)
        bench.put(10, Array("later".utf8))
        bench.put(0, Array("now".utf8))
        bench.reassembler.forgetBytes(&bench.stream)
        #expect(bench.reassembler.pool.bytesInUse == 0)
        #expect(bench.stream.charged == 0)
        #expect(bench.ranges == [10..<15])
        #expect(bench.stream.next == 3)
        bench.stores = false
        bench.put(3, Array("between".utf8))
        #expect(bench.stream.next == 15)
        #expect(bench.ranges == [])
    }

    @Test func `a range behind a hole may be longer than a run`() throws {
        var bench = try ReassemblyBench(seed: 1, pool: 4096)
        bench.stores = false
        let piece = [UInt8](repeating: 0, count: 65_535)
        let end = Int64(40_000) * 65_535
        for offset in stride(from: Int64(1), to: end, by: 65_535) {
            let complete = ByteView.of(piece) {
                bench.reassembler.merge(&bench.stream, $0, at: offset, store: false)
            }
            try #require(complete)
        }
        #expect(bench.ranges == [1..<end + 1])
    }

    @Test func `the number of runs is limited`() throws {
        var bench = try ReassemblyBench(seed: 1, pool: 4 << 20)
        let limit = Int64(Reassembler.runLimit)
        for index in 0..<limit * 2 {
            // From the limit on a hole ought to be given up; what comes meanwhile still fits.
            let fits = bench.reassembler.fits(bench.stream, length: 1, limit: .max)
            try #require(fits == (index < limit))
            try #require(bench.merge([1], at: 1 + index * 2) == true)
        }
        #expect(Int64(bench.stream.run_count) == limit * 2)
        #expect(bench.merge([1], at: 100_001) == false)
        bench.release()
        #expect(bench.problem == nil)
    }
}

/// A stream with its reassembler next to a model: what each offset holds, first come first kept.
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
    private var modelNext: Int64 = 0
    private var read: Int64 = 0

    init(seed: UInt64, pool: Int) throws {
        guard let reassembler = Reassembler(runs: 8192, bytes: pool) else { throw NoMemory() }
        self.reassembler = reassembler
        random = SplitMix64(seed: seed)
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
        let bytes = (0..<length).map { index in
            isPredictable
                ? UInt8(truncatingIfNeeded: (offset + Int64(index)) &* 31)
                : UInt8(truncatingIfNeeded: random.next())
        }
        put(offset, bytes)
    }

    /// Hands one segment to the reassembler and to the model, as a worker would.
    mutating func put(_ offset: Int64, _ bytes: [UInt8]) {
        expectExtent(offset, bytes.count)
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
        for index in 0..<taken where !isPredictable { model[offset + Int64(index)] = bytes[index] }
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
            for (index, byte) in bytes.enumerated() {
                let at = offset + Int64(index)
                if at >= modelNext, model[at] == nil { model[at] = byte }
            }
            while model[modelNext] != nil { modelNext += 1 }
        }
        expect(Int64(stream.next) == modelNext, "next is another")
        expectRanges()
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
