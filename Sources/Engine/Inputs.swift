// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// The sources of one worker: files one after the other, interfaces in turn; which of them are the two ends of an
/// inline pair; the filter ahead of everything; the limits that end a run.
public struct Inputs: ~Copyable {
    /// What a worker is told when it asks for packets.
    enum Outcome {
        case frames, idle, nextFile, ended
    }

    private let sources: [any PacketSource]
    /// The one in hand, apart from the others: a call on an element of an array counts references.
    private var source: any PacketSource
    private var index = 0 {
        didSet { if index < sources.count { source = sources[index] } }
    }
    /// Interfaces take turns, files come one after the other.
    private let takesTurns: Bool
    private var wait: SourceWait
    /// Those of the sources in turn that are at their end.
    private var isOver: [Bool]
    private var pairs: PortPairs
    /// A filter for frames; what does not pass is counted and otherwise unseen.
    public var filter: FrameFilter?
    /// Packets after which the run ends, nil = no limit.
    public var packetLimit: UInt64?
    /// What is left of a limit that this worker shares with others, nil = none: for live sources, where each sees its own.
    public var allowance: PacketAllowance? {
        didSet { hasAllowance = allowance != nil }
    }
    /// The same as a plain value: looking at a reference counts it.
    private(set) var hasAllowance = false
    /// Seconds of packet time after which the run ends, nil = no limit.
    public var duration: Double?
    /// Every one of several workers is shown all frames, its own and those of the others.
    public var showsEverything = false
    /// A source that has nothing for now makes the worker leave its loop: tests look at scripts between packets.
    public var leavesWhenIdle = false
    /// Says when the user asked for the end.
    public let stop: StopRequests
    /// Called when a source has nothing for now, and now and then while it has: the place for what is not packets.
    public var onBreath: (() -> Void)?
    private var bursts = 0
    /// Why a source could not go on; the others are still read.
    public private(set) var errors: [SourceError] = []

    /// The sources, in the order in which they are read.
    ///
    /// - Parameters:
    ///   - sources: files, or interfaces, which are asked in turn.
    ///   - peers: for each source the number of the one through which its frames leave, nil for one that is only
    ///     watched; none at all = nothing is ever sent. Those that have a peer are each other's, and ports.
    ///   - stop: what says that the user asked for the end.
    public init(
        _ sources: [any PacketSource],
        peers: [Int?] = [],
        stop: StopRequests = StopRequests()
    ) {
        self.sources = sources
        self.stop = stop
        source = sources.first ?? NoSource()
        pairs = PortPairs(sources, peers: peers)
        isLive = sources.contains(where: \.isLive)
        takesTurns = pairs.isInline || sources.contains { $0.readiness != .ownWait }
        wait = SourceWait(takesTurns ? sources : [])
        isOver = sources.map { _ in false }
        // Whose turn it is comes first.
        if takesTurns { index = sources.count - 1 }
    }

    /// True when packets are lost if nobody takes them.
    public let isLive: Bool

    /// True when frames are filtered, or the run ends by a limit.
    var isLimited: Bool { filter != nil || packetLimit != nil || duration != nil }

    /// True after every 1024th burst: time for what is not packets.
    var isBreath: Bool { bursts & 1023 == 0 }

    /// The number of the source in hand.
    var number: Int { min(index, max(0, sources.count - 1)) }

    /// The name of the source in hand.
    public var name: String { sources.isEmpty ? "" : sources[number].name }

    /// What all sources received and lost.
    public var statistics: SourceStatistics {
        var sum = SourceStatistics()
        for source in sources {
            let one = source.statistics
            sum.received += one.received
            sum.dropped += one.dropped
            sum.interfaceDropped += one.interfaceDropped
            sum.ringDropped += one.ringDropped
            sum.handedOver += one.handedOver
        }
        return sum
    }

    /// How much of the captures was read, 0 to 1; nil when nobody knows.
    var progress: Double? {
        guard index < sources.count, let share = sources[index].progress else { return nil }
        return (Double(index) + share) / Double(sources.count)
    }

    /// Fills `burst` from the source in hand, or from the next one that has frames.
    mutating func receive(into burst: inout FrameBurst) -> Outcome {
        if stop.endsRun || index >= sources.count { return .ended }
        return takesTurns ? receiveInTurn(into: &burst) : receiveInOrder(into: &burst)
    }

    /// Nobody will ask for more: other workers need not wait for this one.
    func close() { for source in sources { source.close() } }

    private mutating func receiveInOrder(into burst: inout FrameBurst) -> Outcome {
        switch source.receive(into: &burst) {
        case .frames: return hasFrames()
        case .idle: return isIdle()
        case .failed(let error): errors.append(error)
        case .ended: break
        }
        index += 1
        return index < sources.count ? .nextFile : .ended
    }

    /// Waits only after all were asked in vain.
    private mutating func receiveInTurn(into burst: inout FrameBurst) -> Outcome {
        repeat {
            var left = 0
            for _ in 0..<sources.count {
                index = index + 1 < sources.count ? index + 1 : 0
                if isOver[index] { continue }
                switch source.receive(into: &burst) {
                case .frames:
                    wait.reset()
                    return hasFrames()
                case .idle: left += 1
                case .ended: isOver[index] = true
                case .failed(let error):
                    errors.append(error)
                    return .ended
                }
            }
            if left == 0 { return .ended }
        } while wait.wait() && !stop.endsRun
        return isIdle()
    }

    private mutating func hasFrames() -> Outcome {
        bursts &+= 1
        if isBreath { onBreath?() }
        return .frames
    }

    private func isIdle() -> Outcome {
        onBreath?()
        return .idle
    }
}

extension Inputs {
    /// True when the frames of some source leave through another one.
    @inline(__always)
    public var isInline: Bool { pairs.isInline }

    /// The number of the port through which the frames of source `index` leave; nil when it is only watched.
    @inline(__always)
    public func peer(of index: Int) -> Int? { pairs.peer(of: index) }

    /// Bytes of the largest IP packet that port `index` sends, as it was opened.
    @inline(__always)
    public func mtu(of index: Int) -> Int { pairs.mtu(of: index) }

    /// True when port `index` sends frames of its peer whose transport checksum is not finished: both must know how.
    @inline(__always)
    public func carriesOffloads(_ index: Int) -> Bool { pairs.carriesOffloads(index) }

    /// What all ports sent and what they could not.
    public var departures: DepartureStatistics { pairs.departures }

    /// Sends all frames of `list`.
    ///
    /// - Parameters:
    ///   - list: the frames, in order.
    ///   - through: the number of a port that has a peer.
    ///   - from: the number of the port whose last burst the list's places mean.
    @inline(__always)
    public mutating func send(_ list: borrowing DepartureList, through: Int, from: Int) {
        pairs.send(list, through: through, from: from)
    }
}

/// What is read when there is nothing to read.
private final class NoSource: PacketSource {
    let name = ""
    let isLive = false
    let statistics = SourceStatistics()
    func receive(into burst: inout FrameBurst) -> Reception { .ended }
}
