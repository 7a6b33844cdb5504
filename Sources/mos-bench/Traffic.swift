// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// The packets of a profile, one after the other; the same seed gives the same packets for ever.
struct Traffic {
    private let profile: Profile
    private var random: SplitMix64
    private var maker: FrameMaker
    private var active: [Conversation] = []
    private var started: UInt64 = 0
    private var current = 0
    private var train = 0
    private var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    init(_ profile: Profile, seed: UInt64, concurrency: Int? = nil) {
        self.profile = profile
        random = SplitMix64(seed: seed)
        maker = FrameMaker(style: profile.style, pool: PayloadPool(seed: seed))
        for _ in 0..<(concurrency ?? profile.concurrency) { active.append(newConversation()) }
    }

    /// The next frame.
    mutating func next() -> OwnedFrame {
        if train == 0 {
            current = Int(random.below(UInt64(active.count)))
            train = 1 + Int(random.below(UInt64(profile.train)))
        }
        train -= 1
        let segment = active[current].next(&random)
        // A million packets a second.
        time = time.advanced(nanoseconds: 500 + Int64(random.below(1000)))
        let frame = maker.frame(segment, of: active[current].ends, at: time)
        if active[current].isOver {
            active[current] = newConversation()
            train = 0
        }
        return frame
    }

    private mutating func newConversation() -> Conversation {
        let isIPv6 = random.chance(profile.shareOfIPv6)
        let ends = Endpoints(number: started, isIPv6: isIPv6, random: &random)
        started += 1
        return Conversation(ends, profile.plan(isIPv6: isIPv6, &random), random: &random)
    }
}
