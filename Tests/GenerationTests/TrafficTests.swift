// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Packets
import Testing

@testable import Generation

@Suite struct TrafficTests {
    /// What the engine counts over the first `count` frames of a profile.
    private func counters(_ profile: Profile, seed: UInt64, count: Int) throws -> [String: Double] {
        var options = TrafficOptions(profile)
        options.seed = seed
        options.flows = profile == .syn ? nil : min(profile.flows, 200)
        let source = FrameList(frames(options, count: count))
        var worker = try Worker(inputs: Inputs([source]), settings: Settings(), seed: .fixed)
        _ = worker.makeSocket(type: Int32(MOS_SOCK_MONITOR_STREAM))
        while worker.next() != 0 {}
        return Dictionary(
            worker.counterValues().map { ($0.name, $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    @Test(arguments: Profile.allCases, [0, 0.5])
    func `every frame is a TCP segment with right checksums`(_ profile: Profile, share: Double) {
        var options = TrafficOptions(profile)
        options.seed = 7
        options.flows = profile == .syn ? nil : min(profile.flows, 1000)
        options.ipv6 = share
        options.vlan = share
        let decoder = PacketDecoder(checksums: .strict)
        let source = FrameList(frames(options, count: 5000))
        var packet = mos_packet()
        var verdicts: [ChecksumVerdict: Int] = [:]
        var burst = FrameBurst()
        while case .frames = source.receive(into: &burst) {
            for index in 0..<burst.count {
                let result = decoder.decode(burst[index], into: &packet)
                #expect(result.kind == .tcp)
                verdicts[result.checksum, default: 0] += 1
            }
        }
        #expect(verdicts == [.good: 5000])
    }

    @Test(arguments: Profile.allCases)
    func `no segment is one that TCP would refuse, and every one has its connection`(
        _ profile: Profile
    ) throws {
        let counters = try counters(profile, seed: 3, count: 20_000)
        #expect(counters["tcp"] == 20_000)
        #expect(counters["invalid"] == 0)
        #expect(counters["orphans"] == 0)
    }

    @Test(arguments: [Profile.small, .bulk, .tiny, .open])
    func `a path without faults shows neither gaps nor repeats`(_ profile: Profile) throws {
        let counters = try counters(profile, seed: 5, count: 20_000)
        #expect(counters["retransmitted"] == 0)
        #expect(counters["out_of_order"] == 0)
        #expect(counters["gaps"] == 0)
    }

    @Test func `mixed traffic has losses, late segments and a quarter of IPv6`() throws {
        let counters = try counters(.mixed, seed: 5, count: 50_000)
        #expect(counters["retransmitted", default: 0] > 20)
        #expect(counters["out_of_order", default: 0] > 50)
        let share = counters["ipv6", default: 0] / 50_000
        #expect(share > 0.1 && share < 0.4)
    }

    @Test(arguments: Profile.allCases)
    func `equal seeds give equal frames, other seeds others`(_ profile: Profile) {
        var options = TrafficOptions(profile)
        let first = frames(options, count: 1000)
        #expect(first == frames(options, count: 1000))
        options.seed = 2
        #expect(first != frames(options, count: 1000))
    }

    @Test func `tiny packets are 64 bytes, bulk segments carry 1448`() {
        let tiny = frames(TrafficOptions(.tiny), count: 1000)
        let bulk = frames(TrafficOptions(.bulk), count: 5000)
        #expect(tiny.allSatisfy { $0.bytes.count == 64 })
        #expect(bulk.map(\.bytes.count).max() == 14 + 20 + 32 + 1448)
    }

    @Test func `a scan has a source of its own for every packet`() {
        let sources = frames(TrafficOptions(.syn), count: 20_000).map { Array($0.bytes[26..<30]) }
        #expect(Set(sources).count == 20_000)
    }

    @Test func `a scan ends when all its connections have been asked for`() {
        var options = TrafficOptions(.syn)
        options.flows = 77
        #expect(frames(options, count: 1000).count == 77)
    }
}
