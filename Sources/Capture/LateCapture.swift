// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Synchronization

/// A capture file that is opened when its turn comes and closed at its end, so that any number of them can wait.
public final class LateCapture: PacketSource {
    /// The path of the file.
    public let name: String
    /// A capture waits for its reader.
    public var isLive: Bool { false }
    /// How many frames were read.
    public private(set) var statistics = SourceStatistics()
    /// The share of the file that was read: none before its turn.
    public var progress: Double? { source?.progress ?? (isOver ? 1 : 0) }

    private let opening: CaptureOpening
    private let seat: Int
    private var source: CaptureFileSource?
    private var isOver = false
    private var error: SourceError?

    /// A capture at `path`, which nobody has looked at yet.
    public convenience init(path: String) {
        self.init(CaptureOpening(path: path, seats: 1), seat: 0)
    }

    /// The same for several workers, each of which is shown all of it; it is opened when the first comes to it.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - shares: how many workers.
    /// - Returns: a source for each.
    public static func open(path: String, shares: Int) -> [LateCapture] {
        let opening = CaptureOpening(path: path, seats: shares)
        return (0..<shares).map { LateCapture(opening, seat: $0) }
    }

    private init(_ opening: CaptureOpening, seat: Int) {
        name = opening.path
        self.opening = opening
        self.seat = seat
    }

    /// Fills `burst` with frames that point into the chunk at hand.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if let error { return .failed(error) }
        if isOver { return .ended }
        let reception = readOn(&burst)
        switch reception {
        case .frames, .idle: break
        case .ended: finish()
        case .failed(let why):
            error = why
            finish()
        }
        return reception
    }

    /// Nobody will ask it for more.
    public func close() {
        if let source { source.close() } else if !isOver { opening.leave(seat) }
    }

    private func readOn(_ burst: inout FrameBurst) -> Reception {
        if source == nil {
            do throws(SourceError) {
                source = try opening.open(seat)
            } catch {
                return .failed(error)
            }
        }
        guard let source else { return .ended }
        let reception = source.receive(into: &burst)
        statistics = source.statistics
        return reception
    }

    private func finish() {
        source = nil
        isOver = true
    }
}

/// A capture that several workers open, each when it comes to it: the first really does.
private final class CaptureOpening: Sendable {
    let path: String
    private let seats: Int
    private let state: Mutex<OpeningState>

    init(path: String, seats: Int) {
        self.path = path
        self.seats = seats
        state = Mutex(OpeningState(awaited: seats))
    }

    func open(_ seat: Int) throws(SourceError) -> CaptureFileSource {
        if seats == 1 { return try CaptureFileSource(path: path) }
        let (ring, error) = state.withLock { $0.enter(path, seats) }
        if let error { throw error }
        guard let ring else { throw .unreadable(name: path, reason: "was closed already") }
        return try CaptureFileSource(ring, seat: seat)
    }

    func leave(_ seat: Int) { state.withLock { $0.leave(seat) } }
}

private struct OpeningState {
    var ring: ChunkRing?
    var error: SourceError?
    /// How many have not come yet, and those that never will.
    var awaited: Int
    var absent: [Int] = []

    /// What the next worker reads; the last one takes the ring along.
    mutating func enter(_ path: String, _ seats: Int) -> (ChunkRing?, SourceError?) {
        if ring == nil, error == nil {
            do throws(SourceError) {
                let ring = ChunkRing(try CaptureFeed(path: path), seats: seats)
                for seat in absent { ring.leave(seat) }
                self.ring = ring
            } catch {
                self.error = error
            }
        }
        awaited -= 1
        defer { if awaited == 0 { ring = nil } }
        return (ring, error)
    }

    mutating func leave(_ seat: Int) {
        awaited -= 1
        absent.append(seat)
        ring?.leave(seat)
        if awaited == 0 { ring = nil }
    }
}
