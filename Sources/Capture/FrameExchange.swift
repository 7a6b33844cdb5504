// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// The rings by which workers hand each other frames that one received and another owns: one for each pair, each way.
final class FrameExchange: Sendable {
    /// How many workers there are.
    let count: Int
    /// From worker i to worker j at i * count + j; none from one to itself.
    fileprivate let rings: [FrameRing?]
    let bells: [WorkerBell]

    /// Bytes that may wait for one worker, all rings together; more when there are many.
    private static let waiting = 16 << 20

    /// Rings for `count` workers; nil when the process may open no further descriptor.
    ///
    /// - Parameters:
    ///   - count: workers.
    ///   - ringCapacity: bytes of each ring, nil = what suits the count.
    init?(count: Int, ringCapacity: Int? = nil) {
        self.count = count
        let capacity = ringCapacity ?? Self.waiting / max(1, count - 1)
        rings = (0..<count * count).map {
            $0 / count == $0 % count ? nil : FrameRing(capacity: capacity)
        }
        let bells = (0..<count).compactMap { _ in WorkerBell() }
        guard bells.count == count else { return nil }
        self.bells = bells
    }

    fileprivate func ring(from writer: Int, to reader: Int) -> FrameRing? {
        rings[writer * count + reader]
    }
}

/// One worker's end of a ``FrameExchange``: used by its thread alone.
@safe
struct FrameExchangeEnd: ~Copyable {
    /// Frames that were put into the rings of others, a copy for everyone counted as one each.
    private(set) var handedOver: UInt64 = 0
    /// Frames that found the ring of their owner full.
    private(set) var dropped: UInt64 = 0
    private let exchange: FrameExchange
    private let index: Int
    private let count: Int
    private let peers: UnsafeMutablePointer<Peer>
    private let bell: WorkerBellReference
    private var isAsleep = false
    /// Whose frames are taken first.
    private var turn = 0

    /// Another worker: what is handed to it, and what comes from it.
    private struct Peer {
        let number: Int
        var writer: FrameRingWriter
        var reader: FrameRingReader
        let bell: WorkerBellReference
    }

    /// The end of worker `index`; there must be but one of each.
    init(_ exchange: FrameExchange, index: Int) {
        self.exchange = exchange
        self.index = index
        bell = WorkerBellReference(exchange.bells[index])
        let peers = (0..<exchange.count).compactMap { other -> Peer? in
            guard let outgoing = exchange.ring(from: index, to: other),
                let incoming = exchange.ring(from: other, to: index)
            else { return nil }
            return Peer(
                number: other,
                writer: FrameRingWriter(outgoing),
                reader: FrameRingReader(incoming),
                bell: WorkerBellReference(exchange.bells[other])
            )
        }
        count = peers.count
        unsafe self.peers = .allocate(capacity: max(1, peers.count))
        for (place, peer) in peers.enumerated() {
            unsafe (self.peers + place).initialize(to: peer)
        }
    }

    deinit { unsafe peers.deallocate() }

    // MARK: to others

    /// Hands a copy of `frame` to its owner, another worker; they see it after ``publish()``.
    @inline(__always)
    mutating func hand(_ frame: Frame, to owner: Int) {
        // The peers are all workers but this one, in order.
        let place = owner < index ? owner : owner &- 1
        precondition(place >= 0 && place < count, "an owner is one of the workers")
        if unsafe peers[place].writer.append(frame) {
            handedOver &+= 1
        } else {
            dropped &+= 1
        }
    }

    /// Hands a copy of `frame` to every other worker.
    mutating func handToAll(_ frame: Frame) {
        for place in 0..<count { hand(frame, to: unsafe peers[place].number) }
    }

    /// Shows the others what was handed to them, and wakes those who sleep.
    @inline(__always)
    mutating func publish() {
        for place in 0..<count {
            if unsafe peers[place].writer.publish() { unsafe peers[place].bell.ring() }
        }
    }

    // MARK: from others

    /// Gives back the room of the frames that were taken.
    @inline(__always)
    mutating func release() {
        for place in 0..<count { unsafe peers[place].reader.release() }
    }

    /// Adds frames to `burst` up to `limit` in all; they stay valid until ``release()``.
    @inline(__always)
    mutating func take(into burst: inout FrameBurst, upTo limit: Int) {
        var place = turn
        for _ in 0..<count {
            while burst.count < limit, let frame = unsafe peers[place].reader.next() {
                burst.append(frame)
            }
            place = place &+ 1 < count ? place &+ 1 : 0
        }
        turn = turn &+ 1 < count ? turn &+ 1 : 0
    }

    // MARK: waiting

    /// What others hand over from now on rings the bell.
    ///
    /// - Returns: false when something was handed over before; then the worker stays awake.
    mutating func fallAsleep() -> Bool {
        bell.fallAsleep()
        isAsleep = true
        for place in 0..<count where unsafe peers[place].reader.hasMore() {
            wakeUp()
            return false
        }
        return true
    }

    /// Takes note that the worker is awake.
    @inline(__always)
    mutating func wakeUp() {
        guard isAsleep else { return }
        isAsleep = false
        bell.wakeUp()
    }
}
