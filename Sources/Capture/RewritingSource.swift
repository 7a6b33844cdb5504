// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// What a ``RewritingSource`` does to the frames that pass: none, one or several come out for each.
public protocol FrameRewriter {
    /// Takes the next frame and appends what leaves because of it.
    mutating func rewrite(_ frame: OwnedFrame, into output: inout [OwnedFrame])
    /// Appends what was held back, at the end of the input.
    mutating func finish(into output: inout [OwnedFrame])
}

/// A source that changes what another one delivers: for tests and for making captures, not for speed.
public final class RewritingSource<Rewriter: FrameRewriter>: PacketSource {
    /// What is done to the frames, with what it counted.
    public private(set) var rewriter: Rewriter
    private let upstream: any PacketSource
    private var input = FrameBurst()
    private var store = FrameStore()
    private var output: [OwnedFrame] = []
    private var handedOut = 0
    private var received: UInt64 = 0
    /// How the source upstream ended, once it has.
    private var outcome: Reception?

    /// A source of what `rewriter` makes of the frames of `upstream`.
    public init(_ upstream: any PacketSource, by rewriter: Rewriter) {
        self.upstream = upstream
        self.rewriter = rewriter
    }

    /// The name of the source upstream.
    public var name: String { upstream.name }
    /// Whether the source upstream is live.
    public var isLive: Bool { upstream.isLive }
    /// As the source upstream.
    public var readiness: Readiness { upstream.readiness }
    /// What the source upstream lost, and what was handed out here.
    public var statistics: SourceStatistics {
        var statistics = upstream.statistics
        statistics.received = received
        return statistics
    }

    /// Fills `burst` with what has become of the frames upstream.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        while handedOut == output.count {
            if let outcome { return outcome }
            output.removeAll(keepingCapacity: true)
            handedOut = 0
            switch upstream.receive(into: &input) {
            case .frames:
                for index in 0..<input.count {
                    rewriter.rewrite(OwnedFrame(input[index]), into: &output)
                }
            case .idle: return .idle
            case .ended: finish(.ended)
            case .failed(let error): finish(.failed(error))
            }
        }
        let frames = output[handedOut...].prefix(FrameBurst.capacity)
        store.replace(by: frames, in: &burst)
        handedOut += frames.count
        received += UInt64(frames.count)
        return .frames
    }

    private func finish(_ outcome: Reception) {
        self.outcome = outcome
        rewriter.finish(into: &output)
    }
}
