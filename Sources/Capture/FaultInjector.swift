// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// What can happen to a frame on the way, each with its probability from 0 to 1.
public struct Faults: Equatable, Sendable {
    /// The frame is not there.
    public var loss: Double
    /// The frame comes twice.
    public var duplication: Double
    /// The frame comes later, after others.
    public var reordering: Double
    /// The capture keeps a part of the frame alone.
    public var truncation: Double
    /// A bit behind the link layer is flipped.
    public var corruption: Double
    /// The most frames that overtake a late one, 1 at least.
    public var distance: Int

    /// No fault but those that are named.
    public init(
        loss: Double = 0,
        duplication: Double = 0,
        reordering: Double = 0,
        truncation: Double = 0,
        corruption: Double = 0,
        distance: Int = 3
    ) {
        self.loss = loss
        self.duplication = duplication
        self.reordering = reordering
        self.truncation = truncation
        self.corruption = corruption
        self.distance = distance
    }
}

/// A source with faults: what another one delivers, with losses, repeats and late frames.
///
/// The same seed gives the same faults for the same frames on every machine.
public typealias FaultInjector = RewritingSource<FaultPlan>

extension RewritingSource where Rewriter == FaultPlan {
    /// Wraps `upstream` with the faults that follow from `seed`.
    public convenience init(_ upstream: any PacketSource, faults: Faults, seed: UInt64) {
        self.init(upstream, by: FaultPlan(faults, seed: seed))
    }
}

/// Decides by a seed which frame meets which fault, and counts them.
///
/// Captured order is time order: times are never reordered, only what was captured at them. So a late
/// frame takes the time at which it comes.
public struct FaultPlan: FrameRewriter {
    /// How many frames met each fault.
    public struct Tally: Equatable, Sendable {
        /// Frames that were taken away.
        public var lost: UInt64 = 0
        /// Frames that came twice.
        public var duplicated: UInt64 = 0
        /// Frames that came late.
        public var reordered: UInt64 = 0
        /// Frames that were cut.
        public var truncated: UInt64 = 0
        /// Frames with a wrong bit.
        public var corrupted: UInt64 = 0
    }

    private struct LateFrame {
        var frame: OwnedFrame
        /// Frames still to pass before it.
        var patience: UInt64
    }

    /// What happened so far.
    public private(set) var tally = Tally()
    private let faults: Faults
    private var random: SplitMix64
    /// What is done to the bytes, apart from what is done to whole frames.
    private var harm: SplitMix64
    private var late: [LateFrame] = []
    /// Times of frames that are still held back; as many as `late`.
    private var times: [Timestamp] = []

    /// The faults that follow from `seed`.
    ///
    /// - Parameters:
    ///   - faults: their probabilities.
    ///   - seed: any number.
    public init(_ faults: Faults, seed: UInt64) {
        precondition(faults.distance >= 1, "a late frame is overtaken by one other at least")
        self.faults = faults
        random = SplitMix64(seed: seed)
        harm = SplitMix64(seed: ~seed)
    }

    /// Passes `frame` on, or not, or twice, or later.
    public mutating func rewrite(_ frame: OwnedFrame, into output: inout [OwnedFrame]) {
        // Every frame draws the same numbers, so that one fault's probability does not move the others.
        let isLost = random.chance(faults.loss)
        let isDuplicated = random.chance(faults.duplication)
        let isLate = random.chance(faults.reordering)
        let patience = 1 + random.below(UInt64(faults.distance))
        if isLost {
            tally.lost += 1
            return
        }
        if isDuplicated {
            tally.duplicated += 1
            pass(frame, into: &output)
        }
        let frame = harmed(frame)
        if isLate {
            tally.reordered += 1
            times.append(frame.time)
            late.append(LateFrame(frame: frame, patience: patience))
        } else {
            pass(frame, into: &output)
        }
    }

    /// Passes on all that is still late.
    public mutating func finish(into output: inout [OwnedFrame]) {
        for waiting in late { emit(waiting.frame, into: &output) }
        late.removeAll()
    }

    /// The frame cut, or with a wrong bit, or as it is.
    private mutating func harmed(_ frame: OwnedFrame) -> OwnedFrame {
        let isTruncated = harm.chance(faults.truncation)
        let isCorrupted = harm.chance(faults.corruption)
        let draw = harm.next()
        // Headers up to TCP's stay in a cut frame; a wrong bit is seen in a whole one alone.
        var frame = frame
        if isTruncated, frame.bytes.count > 60 {
            tally.truncated += 1
            frame.bytes.removeLast(1 + Int(draw % UInt64(frame.bytes.count - 60)))
        } else if isCorrupted, frame.bytes.count > 14 {
            tally.corrupted += 1
            let bit = 14 * 8 + Int(draw % UInt64((frame.bytes.count - 14) * 8))
            frame.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        return frame
    }

    private mutating func pass(_ frame: OwnedFrame, into output: inout [OwnedFrame]) {
        times.append(frame.time)
        emit(frame, into: &output)
        for index in late.indices { late[index].patience -= 1 }
        while let index = late.firstIndex(where: { $0.patience == 0 }) {
            emit(late.remove(at: index).frame, into: &output)
        }
    }

    private mutating func emit(_ frame: OwnedFrame, into output: inout [OwnedFrame]) {
        var frame = frame
        frame.time = times.removeFirst()
        output.append(frame)
    }
}
