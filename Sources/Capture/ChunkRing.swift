// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// The chunks of one capture that several workers walk, each at its own pace: read once, records copied never.
///
///     chunk   1   2   3   4   5   6   7   8   9 ...        in `places` of memory, used again and again
///                 ▲ seat 1        ▲ seat 0    ▲ read ahead
///
///     a place:   | room for what was left of the chunk before | 256 KiB as they were read |
///
/// Whoever takes a chunk first reads the next one, where nobody has yet, so that reading and walking overlap. Whoever is
/// first at the end of a chunk knows where its last, incomplete record begins and copies that in front of the next chunk.
/// A place is read into again when every seat is past its chunk. All seats see the same bytes in the same chunks.
@safe
final class ChunkRing: @unchecked Sendable {
    /// Bytes that a reader could not take yet, and where they lie in the file.
    struct Left {
        let bytes: ByteView
        let offset: UInt64
    }

    /// A chunk as a reader takes it.
    @safe
    struct Chunk {
        @unsafe let memory: UnsafeMutableRawPointer
        let count: Int
        let origin: UInt64
    }

    /// What asking for the next chunk came to.
    enum Step {
        case chunk(Chunk)
        case outcome(Refill)
    }

    /// Memory for one chunk.
    @safe
    private struct Place {
        @unsafe var memory: UnsafeMutableRawPointer
        /// Bytes in front of those that are read.
        var room = ChunkRing.room
        /// Bytes that were read.
        var count = 0
        /// As readers take it, once what was left of the chunk before stands in front.
        var chunk: Chunk
    }

    /// How far the fastest reader can be ahead of the slowest, in chunks.
    static let places = 8
    /// For what is left of a chunk; longer records make a place larger.
    private static let room = 64 * 1024

    let feed: CaptureFeed
    private let monitor = Monitor()
    private var memory: [Place]
    /// The number of the last chunk that was read, counted from 1, and of the last one that is whole.
    private var lastRead = 0
    private var lastWhole = 0
    /// The chunk that each seat holds; those that left hold none for ever.
    private var held: [Int]
    private var isReading = false
    /// What there is instead of the chunk behind the last one, for ever.
    private var over: Refill?
    /// The number of the chunk behind which everything was unpacked; -1 = none.
    private var unpackedBehind = -1

    /// A ring over `feed` for so many readers.
    init(_ feed: CaptureFeed, seats: Int) {
        self.feed = feed
        held = Array(repeating: 0, count: seats)
        memory = (0..<Self.places).map { _ in
            let memory = UnsafeMutableRawPointer.allocate(
                byteCount: Self.room + CaptureInput.chunk,
                alignment: 4096
            )
            return unsafe Place(
                memory: memory,
                chunk: Chunk(memory: memory, count: 0, origin: 0)
            )
        }
    }

    deinit {
        for place in memory { unsafe place.memory.deallocate() }
    }

    /// What a reader holds before its first chunk.
    @unsafe var emptyChunk: UnsafeMutableRawPointer { unsafe memory[0].memory }

    /// The chunk behind number `after`; the one in hand is given back with it.
    ///
    /// - Parameters:
    ///   - after: the number of the chunk in hand.
    ///   - seat: who asks.
    ///   - left: what could not be taken of the chunk in hand: the next one begins with it.
    /// - Returns: the chunk, or what there is instead; then the one in hand stays.
    func take(after: Int, seat: Int, left: Left) -> Step {
        monitor.hold { takeHeld(after, seat, left) }
    }

    private func takeHeld(_ after: Int, _ seat: Int, _ left: Left) -> Step {
        while lastRead == after {
            if let over { return .outcome(over) }
            if isReading {
                monitor.wait()
            } else if case .nothingYet = read() {
                return .outcome(.nothingYet)
            }
        }
        let number = after + 1
        if lastWhole == after {
            join(number, left)
            lastWhole = number
        }
        held[seat] = number
        monitor.wakeAll()
        // Not behind the first chunk, which may tell that the file is packed; not where reading may wait.
        if lastRead == number, number > 1, feed.isFile, !isReading, over == nil, isFree(number + 1)
        {
            _ = read()
        }
        return .chunk(memory[number % Self.places].chunk)
    }

    /// Takes what is left behind chunk `number`, and all that follows, as gzip; only the first seat that asks does it.
    ///
    /// - Returns: false when there is no memory for it.
    func unpack(_ bytes: ByteView, behind number: Int, at offset: UInt64) -> Bool {
        monitor.hold { unpackHeld(bytes, behind: number, at: offset) }
    }

    private func unpackHeld(_ bytes: ByteView, behind number: Int, at offset: UInt64) -> Bool {
        if unpackedBehind == number { return true }
        let size = max(bytes.count, CaptureInput.chunk)
        let packed = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        unsafe packed.copyMemory(from: bytes.base, byteCount: bytes.count)
        guard unsafe feed.unpack(packed, start: 0, end: bytes.count, origin: offset) else {
            unsafe packed.deallocate()
            return false
        }
        unpackedBehind = number
        return true
    }

    /// Nobody waits for that seat any more; what it holds is given back.
    func leave(_ seat: Int) {
        monitor.hold {
            held[seat] = .max
            monitor.wakeAll()
        }
    }

    /// True when everybody is past the chunk that had the place of `number` before.
    private func isFree(_ number: Int) -> Bool {
        !held.contains { $0 <= number - Self.places }
    }

    /// Reads the chunk behind the last one; the lock is held, but not meanwhile.
    private func read() -> Refill {
        isReading = true
        let number = lastRead + 1
        while !isFree(number) { monitor.wait() }
        // Only whoever is reading touches a place that nobody holds.
        let place = memory[number % Self.places]
        let (outcome, got) = monitor.release {
            unsafe feed.read(into: place.memory + place.room, CaptureInput.chunk)
        }
        isReading = false
        switch outcome {
        case .more:
            memory[number % Self.places].count = got
            lastRead = number
        case .nothingYet: break
        case .end, .failed, .damaged: over = outcome
        }
        monitor.wakeAll()
        return outcome
    }

    /// Puts what was left of the chunk before in front of chunk `number`.
    private func join(_ number: Int, _ left: Left) {
        let count = left.bytes.count
        let index = number % Self.places
        if count > memory[index].room { enlarge(&memory[index], toHold: count) }
        let place = memory[index]
        let start = unsafe place.memory + (place.room - count)
        if count > 0 { unsafe start.copyMemory(from: left.bytes.base, byteCount: count) }
        memory[index].chunk = unsafe Chunk(
            memory: start,
            count: count + place.count,
            origin: left.offset
        )
    }

    private func enlarge(_ place: inout Place, toHold count: Int) {
        let room = (count + 4095) & ~4095
        let larger = UnsafeMutableRawPointer.allocate(
            byteCount: room + CaptureInput.chunk,
            alignment: 4096
        )
        unsafe (larger + room).copyMemory(from: place.memory + place.room, byteCount: place.count)
        unsafe place.memory.deallocate()
        unsafe place.memory = larger
        place.room = room
    }
}
