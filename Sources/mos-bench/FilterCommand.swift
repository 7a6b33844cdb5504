// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser

/// `mos-bench filter`: what a filter ahead of everything costs, and what of it is libpcap's own part.
struct FilterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "filter",
        abstract:
            "Print ns per packet of libpcap's filter alone, and of the same filter in a worker (-f).",
        discussion: """
            The filter should let all packets pass. Both are differences of two passes within this process, with the \
            filter and without, the least of many rounds: take a capture that fits into the processor's cache.
            """
    )

    @Argument(help: "A classic capture, little-endian.")
    var file: String

    @Argument(help: "The filter, as tcpdump takes it.")
    var expression = "tcp port 80 or tcp port 443"

    @Option(help: "Passes of each kind.")
    var rounds = 40

    func validate() throws {
        if rounds < 1 { throw ValidationError("--rounds is at least 1.") }
    }

    func run() throws {
        guard var read = PlainRead(path: file), read.run(), read.packets > 0 else {
            throw Failure("\(file): not a classic little-endian capture with packets")
        }
        let plain = StageRun(path: file)
        let filtered = StageRun(path: file, filter: expression)
        var best = [Int64](repeating: .max, count: 4)
        for _ in 0..<rounds {
            for (index, (run, stage)) in [
                (plain, Stage.source), (filtered, .source), (plain, .worker), (filtered, .worker),
            ].enumerated() {
                best[index] = min(best[index], try run.measure(stage).nanoseconds)
            }
        }
        let alone = Double(best[1] - best[0]) / Double(read.packets)
        let within = Double(best[3] - best[2]) / Double(read.packets)
        print(tenths(alone), tenths(within))
    }

    private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
