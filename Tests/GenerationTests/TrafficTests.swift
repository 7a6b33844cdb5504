// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Packets
import Testing

@testable import mos_bench

@Suite struct TrafficTests {
    /// What the engine counts over the first `count` frames of a profile.
    private func counters(_ profile: Profile, seed: UInt64, count: Int) throws -> [String: Double] {
        var traffic = Traffic(profile, seed: seed, concurrency: min(profile.concurrency, 200))
        let source = FrameSource((0..<count).map { _ in traffic.next() })
        var worker = try Worker(inputs: Inputs([source]), settings: Settings(), seed: .fixed)
        _ = worker.makeSocket(type: Int32(MOS_SOCK_MONITOR_STREAM))
        while worker.next() != 0 {}
        return Dictionary(
            worker.counterValues().map { ($0.name, $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    @Test(arguments: Profile.allCases)
    func `every frame is a TCP segment with right checksums`(_ profile: Profile) {
        let decoder = PacketDecoder(checksums: .strict)
        var traffic = Traffic(profile, seed: 7)
        let source = FrameSource((0..<5000).map { _ in traffic.next() })
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

    @Test(arguments: [Profile.small, .bulk, .tiny])
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

    @Test func `equal seeds give equal frames, other seeds others`() {
        var first = Traffic(.mixed, seed: 1)
        var second = Traffic(.mixed, seed: 1)
        var other = Traffic(.mixed, seed: 2)
        let frames = (0..<1000).map { _ in first.next() }
        #expect(frames == (0..<1000).map { _ in second.next() })
        #expect(frames != (0..<1000).map { _ in other.next() })
    }

    @Test func `tiny packets are 64 bytes, bulk segments carry 1448`() {
        var tiny = Traffic(.tiny, seed: 1, concurrency: 100)
        var bulk = Traffic(.bulk, seed: 1)
        #expect((0..<1000).allSatisfy { _ in tiny.next().bytes.count == 64 })
        #expect((0..<5000).map { _ in bulk.next().bytes.count }.max() == 14 + 20 + 32 + 1448)
    }

    @Test func `a scan has a source of its own for every packet`() {
        var scan = Traffic(.syn, seed: 1)
        let sources = (0..<20_000).map { _ in Array(scan.next().bytes[26..<30]) }
        #expect(Set(sources).count == 20_000)
    }
}
