// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// The packets of a profile, one after the other; the same seed gives the same packets for ever.
///
/// Memory depends on the connections that run at the same time, not on how many frames are taken.
public struct Traffic {
    private let options: TrafficOptions
    private var random: SplitMix64
    private var maker: FrameMaker
    private var clock: Clock
    private var turns: Turns
    private var standing: StandingConnections?
    private var left: Int

    /// Traffic as `options` want it.
    public init(_ options: TrafficOptions) {
        self.options = options
        random = SplitMix64(seed: options.seed)
        maker = FrameMaker(style: options.profile.style, pool: PayloadPool(seed: options.seed))
        clock = Clock(options.rate)
        left = options.packets ?? .max
        let flows = options.flows ?? options.profile.flows
        switch options.profile {
        case .open:
            turns = Turns()
            standing = StandingConnections(options, count: flows)
        case .syn:
            turns = Turns(options, concurrency: 1, &random)
            if let flows = options.flows { left = min(left, flows) }
        case .small, .mixed, .bulk, .tiny:
            turns = Turns(options, concurrency: flows, &random)
        }
    }

    /// A profile with all its defaults, without an end.
    package init(_ profile: Profile, seed: UInt64) {
        var options = TrafficOptions(profile)
        options.seed = seed
        self.init(options)
    }

    /// The next frame, nil at the end.
    public mutating func next() -> OwnedFrame? {
        guard left > 0 else { return nil }
        left -= 1
        let (segment, ends) = standing?.next() ?? turns.next(&random)
        clock.advance(&random)
        let frame = maker.frame(segment, of: ends, at: clock.time)
        clock.note(length: frame.bytes.count)
        turns.settle(options, &random)
        return frame
    }
}
