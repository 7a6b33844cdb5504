// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Generation

@Suite struct RateTests {
    @Test(arguments: [
        ("100000pps", Rate.packets(perSecond: 100_000)), ("1.5Mpps", .packets(perSecond: 1.5e6)),
        ("20kpps", .packets(perSecond: 20_000)), ("1Gbps", .bits(perSecond: 1e9)),
        ("250.5mbps", .bits(perSecond: 250.5e6)), ("1bps", .bits(perSecond: 1)),
    ])
    func `packets or bits a second are a rate`(_ text: String, rate: Rate) {
        #expect(Rate(text) == rate)
    }

    @Test(arguments: [
        "", "pps", "100000", "Mpps", "1Xpps", "-1pps", "0pps", "1e3pps", "1..5pps", "infpps",
        "nanbps",
        "1 Mpps", "2000Gpps", "1Gbit",
    ])
    func `anything else is none`(_ text: String) { #expect(Rate(text) == nil) }

    @Test(arguments: ["1Mpps", "20kpps", "14.88Mpps", "1000Mpps", "1pps"])
    func `frames come at the rate in packets`(_ text: String) throws {
        let rate = try #require(Rate(text))
        guard case .packets(let wanted) = rate else { return }
        var options = TrafficOptions(.mixed)
        options.rate = rate
        let frames = frames(options, count: 50_000)
        let seconds = Double(frames[49_999].time.nanoseconds - frames[0].time.nanoseconds) / 1e9
        #expect(abs(49_999 / seconds / wanted - 1) < 0.01, "\(49_999 / seconds)")
    }

    @Test(arguments: ["1Gbps", "10Mbps"])
    func `frames come at the rate in bits`(_ text: String) throws {
        let rate = try #require(Rate(text))
        guard case .bits(let wanted) = rate else { return }
        var options = TrafficOptions(.mixed)
        options.rate = rate
        let frames = frames(options, count: 50_000)
        let seconds = Double(frames[49_999].time.nanoseconds - frames[0].time.nanoseconds) / 1e9
        let bits = Double(frames.dropLast().reduce(0) { $0 + $1.bytes.count * 8 })
        #expect(abs(bits / seconds / wanted - 1) < 0.01, "\(bits / seconds)")
    }

    @Test func `the rate changes times, not connections`() {
        var options = TrafficOptions(.syn)
        let usual = frames(options, count: 1000)
        options.rate = .packets(perSecond: 10)
        #expect(usual.map(\.bytes) == frames(options, count: 1000).map(\.bytes))
    }
}
