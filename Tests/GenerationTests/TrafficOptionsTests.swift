// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Generation

@Suite struct TrafficOptionsTests {
    /// The share of connections whose first SYN is such a one.
    private func share(_ options: TrafficOptions, of isSuch: (SeenSegment) -> Bool) -> Double {
        let openings = frames(options, count: 20_000).map(SeenSegment.init).filter(\.isOpening)
        return Double(openings.filter(isSuch).count) / Double(openings.count)
    }

    @Test(arguments: [Profile.small, .syn, .open, .tiny], [0.0, 0.1, 0.6, 1.0])
    func `so many connections are over IPv6 as was asked for`(_ profile: Profile, wanted: Double) {
        var options = TrafficOptions(profile)
        options.seed = 31
        options.ipv6 = wanted
        let share = share(options) { $0.isIPv6 }
        // More than 1800 connections: four standard deviations are less than 0.05.
        #expect(abs(share - wanted) < 0.05, "\(share)")
        if wanted == 0 || wanted == 1 { #expect(share == wanted) }
    }

    @Test(arguments: Profile.allCases, [0.0, 0.2, 1.0])
    func `so many connections have a tag as was asked for`(_ profile: Profile, wanted: Double) {
        var options = TrafficOptions(profile)
        options.seed = 32
        options.flows = profile == .bulk ? 3000 : nil
        options.vlan = wanted
        let share = share(options) { $0.vlan != nil }
        #expect(abs(share - wanted) < 0.05, "\(share)")
        if wanted == 0 || wanted == 1 { #expect(share == wanted) }
    }

    @Test func `all segments of a connection have the same tag, from 100 to 115`() {
        var options = TrafficOptions(.small)
        options.vlan = 0.5
        var tags: [Set<UInt16?>] = []
        var places: [[UInt8]: Int] = [:]
        for segment in frames(options, count: 20_000).map(SeenSegment.init) {
            let place = places[segment.ends] ?? tags.count
            if place == tags.count { tags.append([]) }
            places[segment.ends] = place
            // The other direction: addresses and ports exchanged.
            places[
                Array(
                    segment.ends[4..<8] + segment.ends[0..<4] + segment.ends[10..<12]
                        + segment.ends[8..<10]
                )
            ] = place
            tags[place].insert(segment.vlan)
            #expect(segment.vlan.map { (100...115).contains($0) } ?? true)
        }
        #expect(tags.count > 2000)
        #expect(tags.allSatisfy { $0.count == 1 })
    }

    @Test func `tags change nothing else`() {
        var options = TrafficOptions(.mixed)
        let plain = frames(options, count: 5000)
        options.vlan = 1
        for (frame, tagged) in zip(plain, frames(options, count: 5000)) {
            #expect(frame.time == tagged.time)
            #expect(frame.bytes == Array(tagged.bytes[..<12] + tagged.bytes[16...]))
        }
    }

    /// The share of data segments that come behind a later one of their sender, or again.
    private func faults(_ options: TrafficOptions, count: Int) -> Double {
        var next: [[UInt8]: UInt32] = [:]
        var seen: [[UInt8]: Set<UInt32>] = [:]
        var late = 0
        var data = 0
        for segment in frames(options, count: count).map(SeenSegment.init) {
            let opens = segment.flags & 0x02 != 0
            if opens { (next[segment.ends], seen[segment.ends]) = (segment.seq &+ 1, []) }
            guard segment.length > 0, let expected = next[segment.ends] else { continue }
            if seen[segment.ends, default: []].insert(segment.seq).inserted { data += 1 }
            let end = segment.seq &+ UInt32(segment.length)
            if Int32(bitPattern: segment.seq &- expected) < 0 { late += 1 }
            if Int32(bitPattern: end &- expected) > 0 { next[segment.ends] = end }
        }
        return Double(late) / Double(data)
    }

    @Test(arguments: [Profile.small, .mixed, .bulk, .tiny], [0.0, 0.01, 0.05, 0.1])
    func `so many data segments are lost and sent again as was asked for`(
        _ profile: Profile,
        wanted: Double
    ) {
        var options = TrafficOptions(profile)
        options.seed = 33
        options.flows = 20
        options.loss = wanted
        options.reordering = 0
        let share = faults(options, count: 60_000)
        #expect(abs(share - wanted) < 0.1 * wanted + 0.001, "\(share)")
        if wanted == 0 { #expect(share == 0) }
    }

    @Test(arguments: [Profile.mixed, .bulk], [0.01, 0.05, 0.1])
    func `so many data segments come late as was asked for`(_ profile: Profile, wanted: Double) {
        var options = TrafficOptions(profile)
        options.seed = 34
        options.flows = 20
        options.loss = 0
        options.reordering = wanted
        let share = faults(options, count: 60_000)
        #expect(abs(share - wanted) < 0.1 * wanted + 0.001, "\(share)")
    }

    @Test func `what is not asked for stays as the profile has it`() {
        var options = TrafficOptions(.mixed)
        options.loss = 0.02
        let usual = PathFaults(loss: 0.01, reordering: 0.01)
        #expect(
            options.faults(usual: usual)
                == PathFaults(loss: 0.02, reordering: 0.01, areShares: true)
        )
    }

    @Test(arguments: [1, 2, 7, 1000])
    func `open connections have their turn once a round, and none is closed`(flows: Int) {
        var options = TrafficOptions(.open)
        options.flows = flows
        #expect(options.packetsOfCapture == 5 * flows)
        let segments = frames(options, count: 7 * flows).map(SeenSegment.init)
        for (round, isFromClient) in [true, false, true, true, false, true, false].enumerated() {
            let turn = segments[(round * flows)..<((round + 1) * flows)]
            #expect(Set(turn.map(\.ends)).count == flows)
            #expect(turn.allSatisfy { $0.length == (round < 3 ? 0 : 1) })
            #expect(turn.allSatisfy { ($0.ends[0] == 10) == isFromClient })
        }
        #expect(segments.allSatisfy { $0.flags & 0x05 == 0 })
    }

    @Test func `as many connections as can be told apart take no more memory than one`() {
        var options = TrafficOptions(.open)
        options.flows = TrafficOptions.flowLimit
        #expect(frames(options, count: 10).count == 10)
    }
}
