// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets

/// The chunks of one capture that several workers walk, each at its own pace: read once, copied never.
///
///     chunk   1   2   3   4   5   6   7   8   9 ...        in `places` of memory, used again and again
///                 ▲ seat 1        ▲ seat 0: takes its turn to read the next one
///
/// Whoever is first at the end of the last chunk knows where its last, incomplete record begins: it copies that to the
/// front of the next chunk and reads on behind it, while the others go on with what there is. A place is read into again
/// when every seat is past its chunk. All seats see the same bytes in the same chunks, so the same bursts.
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

    /// How far the fastest reader can be ahead of the slowest, in chunks.
    static let places = 8

    let feed: CaptureFeed
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var memory: [UnsafeMutableRawPointer]
    private var capacities: [Int]
    private var chunks: [Chunk] = []
    /// The number of the last chunk that was read, counted from 1.
    private var last = 0
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
        unsafe memory = (0..<Self.places).map { _ in
            unsafe .allocate(byteCount: CaptureInput.chunk, alignment: 4096)
        }
        capacities = Array(repeating: CaptureInput.chunk, count: Self.places)
        unsafe lock = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(changed, nil)
        chunks = unsafe memory.map { unsafe Chunk(memory: $0, count: 0, origin: 0) }
    }

    deinit {
        unsafe memory.forEach { unsafe $0.deallocate() }
        unsafe pthread_mutex_destroy(lock)
        unsafe pthread_cond_destroy(changed)
        unsafe lock.deallocate()
        unsafe changed.deallocate()
    }

    /// What a reader holds before its first chunk.
    @unsafe var emptyChunk: UnsafeMutableRawPointer { unsafe memory[0] }

    /// The chunk behind number `after`; the one in hand is given back with it.
    ///
    /// - Parameters:
    ///   - after: the number of the chunk in hand.
    ///   - seat: who asks.
    ///   - left: what could not be taken of the chunk in hand: the next one begins with it.
    ///   - room: bytes that must fit into the next one.
    /// - Returns: the chunk, or what there is instead; then the one in hand stays.
    func take(after: Int, seat: Int, left: Left, room: Int) -> Step {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while true {
            if last > after {
                held[seat] = after + 1
                unsafe pthread_cond_broadcast(changed)
                return .chunk(chunks[(after + 1) % Self.places])
            }
            if let over { return .outcome(over) }
            if !isReading { break }
            unsafe pthread_cond_wait(changed, lock)
        }
        isReading = true
        let number = after + 1
        while held.contains(where: { $0 <= number - Self.places }) {
            unsafe pthread_cond_wait(changed, lock)
        }
        unsafe pthread_mutex_unlock(lock)
        let (outcome, chunk) = fill(number % Self.places, left, room)
        unsafe pthread_mutex_lock(lock)
        isReading = false
        unsafe pthread_cond_broadcast(changed)
        switch outcome {
        case .more:
            chunks[number % Self.places] = chunk
            last = number
            held[seat] = number
            return .chunk(chunk)
        case .nothingYet: return .outcome(outcome)
        case .end, .failed, .damaged:
            over = outcome
            return .outcome(outcome)
        }
    }

    /// Takes what is left behind chunk `number`, and all that follows, as gzip; only the first seat that asks does it.
    ///
    /// - Returns: false when there is no memory for it.
    func unpack(_ bytes: ByteView, behind number: Int, at offset: UInt64) -> Bool {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
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
        unsafe pthread_mutex_lock(lock)
        held[seat] = .max
        unsafe pthread_cond_broadcast(changed)
        unsafe pthread_mutex_unlock(lock)
    }

    /// Only whoever is reading touches a place that nobody holds.
    private func fill(_ place: Int, _ left: Left, _ room: Int) -> (Refill, Chunk) {
        if max(room, left.bytes.count + 1) > capacities[place] {
            var capacity = capacities[place]
            while capacity < max(room, left.bytes.count + 1) { capacity *= 2 }
            unsafe memory[place].deallocate()
            unsafe memory[place] = .allocate(byteCount: capacity, alignment: 4096)
            capacities[place] = capacity
        }
        let base = unsafe memory[place]
        let count = left.bytes.count
        if count > 0 { unsafe base.copyMemory(from: left.bytes.base, byteCount: count) }
        let (outcome, got) = unsafe feed.read(into: base + count, capacities[place] - count)
        return unsafe (outcome, Chunk(memory: base, count: count + got, origin: left.offset))
    }
}
