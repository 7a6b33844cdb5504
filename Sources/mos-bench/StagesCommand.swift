// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser

/// `mos-bench stages`: where the nanoseconds go.
struct StagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stages",
        abstract: "Print nanoseconds per packet, stage by stage.",
        discussion: """
            Each stage is a pass of its own over the file, within this process; the least of several \
            rounds counts. The difference between two lines is what the later one adds.
            """
    )

    @Argument(help: "A classic capture, little-endian.")
    var file: String

    @Option(help: "Passes of each stage.")
    var rounds = 3

    func validate() throws {
        if rounds < 1 { throw ValidationError("--rounds is at least 1.") }
    }

    func run() throws {
        guard var read = PlainRead(path: file), read.run(), read.packets > 0 else {
            throw Failure("\(file): not a classic little-endian capture with packets")
        }
        let run = StageRun(path: file)
        var best = [Stage: (nanoseconds: Int64, events: Int)]()
        for _ in 0..<rounds {
            for stage in Stage.allCases {
                let result = try run.measure(stage)
                if result.nanoseconds < best[stage]?.nanoseconds ?? .max { best[stage] = result }
            }
        }
        print("\(file): \(read.packets) packets, \(read.bytes / read.packets) bytes each")
        for stage in Stage.allCases {
            guard let result = best[stage] else { continue }
            let cost = Double(result.nanoseconds) / Double(read.packets)
            print(pad(tenths(cost), 8), " ns  ", stage.rawValue, separator: "")
        }
    }

    private func tenths(_ value: Double) -> String {
        let whole = Int((value * 10).rounded())
        return "\(whole / 10).\(whole % 10)"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
