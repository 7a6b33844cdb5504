// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Outputs

/// The samples of one family as a strict reader finds them.
private func read(_ text: MetricsText) throws -> [Exposition.Family] {
    try Exposition(text.text).families
}

@Suite struct `Metrics as text` {
    @Test func `are a help, a type and a line for each number`() {
        var text = MetricsText()
        text.add(
            "mos_packets_total",
            .counter,
            help: "frames read",
            [.init(7, labels: [("worker", "0")]), .init(0, labels: [("worker", "1")])]
        )
        text.add("up", .gauge, help: "it runs", [.init(1.5)])
        #expect(
            text.text == """
                # HELP mos_packets_total frames read
                # TYPE mos_packets_total counter
                mos_packets_total{worker="0"} 7
                mos_packets_total{worker="1"} 0
                # HELP up it runs
                # TYPE up gauge
                up 1.5

                """
        )
    }

    @Test func `leave out what nobody knows, and a family without anything else`() throws {
        var text = MetricsText()
        let two = [("worker", "0"), ("worker", "1")]
        text.add(
            "a",
            .gauge,
            help: "x",
            [.init(.nan, labels: [two[0]]), .init(2, labels: [two[1]])]
        )
        text.add("b", .gauge, help: "x", [.init(.nan)])
        text.add("c", .gauge, help: "x", [])
        #expect(try read(text).map(\.name) == ["a"])
        #expect(try read(text)[0].samples.map(\.labels) == [["worker": "1"]])
    }

    @Test(arguments: [
        (0, "0"), (-3, "-3"), (0x1p53, "9007199254740992"), (0.25, "0.25"), (1e300, "1e+300"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"),
    ])
    func `write numbers as they are`(value: Double, written: String) throws {
        var text = MetricsText()
        text.add("x", .gauge, help: "x", [.init(value)])
        #expect(try read(text)[0].samples[0].value == written)
    }

    @Test func `say any text so that a strict reader finds it again`() throws {
        let seed = UInt64.random(in: 0...(.max))
        var state = seed
        func next(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        let pieces = ["\\", "\n", "\"", "n", "\r\n", "{", "}", ",", "=", " ", "#", "ü", "\u{301}"]
        for _ in 0..<500 {
            let words = (0..<2).map { _ in (0..<next(8)).map { _ in pieces[next(13)] }.joined() }
            var text = MetricsText()
            text.add("x", .gauge, help: words[0], [.init(1, labels: [("a", words[1]), ("b", "")])])
            let family = try #require(try read(text).first, "seed \(seed)")
            #expect(Array(family.help.unicodeScalars) == Array(words[0].unicodeScalars), "\(seed)")
            let label = family.samples[0].labels["a"] ?? "none"
            #expect(Array(label.unicodeScalars) == Array(words[1].unicodeScalars), "seed \(seed)")
        }
    }
}
