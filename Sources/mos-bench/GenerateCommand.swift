// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture

/// `mos-bench generate`: captures from a seed.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Write a capture that follows from a seed.",
        discussion: Profile.allCases.map { "\($0.rawValue): \($0.summary)" }
            .joined(separator: "\n")
    )

    @Argument(help: "The kind of traffic.")
    var profile: Profile

    @Argument(help: "The capture to write; '-' is standard output.")
    var output: String

    @Option(help: "Equal seeds give equal captures.")
    var seed: UInt64 = 1

    @Option(help: "Packets to write; without it those of a full capture, times --scale.")
    var packets: Int?

    @Option(help: "The share of a full capture.")
    var scale = 1.0

    @Option(help: "Connections at a time; without it those of the profile.")
    var flows: Int?

    func validate() throws {
        if let flows, flows < 1 { throw ValidationError("--flows is at least 1.") }
        if let packets, packets < 1 { throw ValidationError("--packets is at least 1.") }
        if !(scale > 0 && scale <= 1000) { throw ValidationError("--scale is more than 0.") }
    }

    func run() throws {
        do throws(CaptureWriteError) {
            let writer = try CaptureWriter(path: output, linkType: .ethernet)
            var traffic = Traffic(profile, seed: seed, concurrency: flows)
            for _ in 0..<(packets ?? max(1, Int(Double(profile.packets) * scale))) {
                try writer.write(traffic.next())
            }
            try writer.close()
        } catch {
            throw Failure(error)
        }
    }
}
