// SPDX-License-Identifier: BSD-2-Clause
import Capture

/// Conversations that run at the same time and take turns; where one ends, another begins.
struct Turns {
    private var active: [Conversation] = []
    private var started: UInt64 = 0
    private var current = 0
    /// Segments that are still to come from the current one.
    private var train = 0
    private let longestTrain: UInt64

    /// No conversations.
    init() { longestTrain = 1 }

    /// So many conversations of a profile.
    init(_ options: TrafficOptions, concurrency: Int, _ random: inout SplitMix64) {
        longestTrain = UInt64(options.profile.train)
        active.reserveCapacity(concurrency)
        for _ in 0..<concurrency { active.append(start(options, &random)) }
    }

    /// The next segment, of whoever's turn it is.
    mutating func next(_ random: inout SplitMix64) -> (Segment, Endpoints) {
        if train == 0 {
            current = Int(random.below(UInt64(active.count)))
            train = 1 + Int(random.below(longestTrain))
        }
        train -= 1
        return (active[current].next(&random), active[current].ends)
    }

    /// Replaces the conversation in hand when it is over.
    mutating func settle(_ options: TrafficOptions, _ random: inout SplitMix64) {
        guard current < active.count, active[current].isOver else { return }
        active[current] = start(options, &random)
        train = 0
    }

    private mutating func start(
        _ options: TrafficOptions,
        _ random: inout SplitMix64
    ) -> Conversation {
        let isIPv6 = random.chance(options.ipv6 ?? options.profile.shareOfIPv6)
        var ends = Endpoints(number: started, isIPv6: isIPv6, random: &random)
        ends.vlan = options.vlan(of: started)
        started += 1
        var plan = options.profile.plan(isIPv6: isIPv6, &random)
        plan.faults = options.faults(usual: plan.faults)
        return Conversation(ends, plan, random: &random)
    }
}

extension TrafficOptions {
    /// The VLAN of a connection; drawn apart, so that the rest is the same whatever the share.
    func vlan(of number: UInt64) -> UInt16? {
        guard vlan > 0 else { return nil }
        var random = SplitMix64(seed: seed ^ (number &+ 1) &* 0xD1B5_4A32_D192_ED03)
        guard random.chance(vlan) else { return nil }
        return 100 + UInt16(random.below(16))
    }
}
