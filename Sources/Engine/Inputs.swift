// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// The sources of one worker: files one after the other, or live sources in turn; the filter ahead of everything; the
/// limits that end a run.
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
    private var takesTurn = false
    /// A filter for frames; what does not pass is counted and otherwise unseen.
    public var filter: FrameFilter?
    /// Packets after which the run ends, nil = no limit.
    public var packetLimit: UInt64?
    /// Seconds of packet time after which the run ends, nil = no limit.
    public var duration: Double?
    /// Says when the user asked for the end.
    public let stop: StopRequests
    /// Called when a source has nothing for now, and now and then while it has: the place for what is not packets.
    public var onBreath: (() -> Void)?
    private var bursts = 0
    /// Why a source could not go on; the others are still read.
    public private(set) var errors: [SourceError] = []

    /// The sources, in the order in which they are read.
    public init(_ sources: [any PacketSource], stop: StopRequests = StopRequests()) {
        self.sources = sources
        self.stop = stop
        source = sources.first ?? NoSource()
        isLive = source.isLive
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
        }
        return sum
    }

    /// How much of the captures was read, 0 to 1; nil when nobody knows.
    var progress: Double? {
        guard index < sources.count, let share = sources[index].progress else { return nil }
        return (Double(index) + share) / Double(sources.count)
    }

    /// Fills `burst` from the source in hand.
    mutating func receive(into burst: inout FrameBurst) -> Outcome {
        if stop.isRaised || sources.isEmpty || index >= sources.count { return .ended }
        if takesTurn { index = (index + 1) % sources.count }
        switch source.receive(into: &burst) {
        case .frames:
            takesTurn = sources.count > 1 && isLive
            bursts &+= 1
            if isBreath { onBreath?() }
            return .frames
        case .idle:
            takesTurn = sources.count > 1 && isLive
            onBreath?()
            return .idle
        case .ended:
            return advance()
        case .failed(let error):
            errors.append(error)
            return advance()
        }
    }

    private mutating func advance() -> Outcome {
        if isLive { return .ended }
        index += 1
        return index < sources.count ? .nextFile : .ended
    }
}

/// What is read when there is nothing to read.
private final class NoSource: PacketSource {
    let name = ""
    let isLive = false
    let statistics = SourceStatistics()
    func receive(into burst: inout FrameBurst) -> Reception { .ended }
}
