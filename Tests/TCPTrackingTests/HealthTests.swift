// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import TCPTracking

struct HealthTests {
    @Test func `samples give minimum, mean and maximum`() {
        var health = mos_health()
        for (sent, acknowledged): (UInt32, UInt32) in [(1000, 1300), (2000, 2100), (3000, 3800)] {
            health.sample_time = sent
            let isTaken = health.endSample(at: acknowledged)
            #expect(isTaken)
        }
        #expect(health.rtt_min == 100)
        #expect(health.rtt_max == 800)
        #expect(health.rtt_count == 3)
        #expect(health.meanRTT == 400)
    }

    @Test func `a sample may run over the end of the scale, but not backwards`() {
        var health = mos_health()
        health.sample_time = .max - 9
        health.endSample(at: 20)
        #expect(health.rtt_min == 30)
        health.sample_time = 500
        let isTaken = health.endSample(at: 499)
        #expect(!isTaken)
        #expect(health.rtt_count == 1)
    }

    @Test func `without samples there is no mean`() {
        #expect(mos_health().meanRTT == 0)
    }

    @Test func `the most in flight stays`() {
        var stream = mos_stream()
        for flight: Int64 in [100, 4000, -3, 200] { stream.noteFlight(flight) }
        #expect(stream.in_flight == 4000)
    }

    @Test(arguments: RetransmissionKind.allCases)
    func `each kind has a count of its own`(kind: RetransmissionKind) {
        var health = mos_health()
        health.count(kind)
        let counts = [
            UInt64(health.rexmit_rto), UInt64(health.rexmit_fast), UInt64(health.rexmit_spurious),
            UInt64(health.rexmit_probe),
        ]
        #expect(counts.reduce(0, +) == 1)
        #expect(counts[Int(kind.rawValue) - 1] == 1)
    }

    @Test func `closed windows add up, over the end of the scale too`() {
        var health = mos_health()
        health.closeWindow(at: .max)
        let first = health.openWindow(at: 99)
        #expect(first == 100)
        health.closeWindow(at: 1000)
        let second = health.openWindow(at: 1500)
        #expect(second == 500)
        #expect(health.zero_windows == 2)
        #expect(health.zero_window_time == 600)
    }

    @Test func `small counts stop at their largest number`() {
        var count = UInt16.max - 1
        count.increase()
        count.increase()
        #expect(count == .max)
    }

    @Test func `the scale of times counts microseconds modulo 2 to the 32`() {
        #expect(Micros.of(mos_time(sec: 1, nsec: 2_999)) == 1_000_002)
        #expect(Micros.of(mos_time(sec: 4295, nsec: 0)) == 32_704)
    }
}
