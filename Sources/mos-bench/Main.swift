// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Glibc

/// The development tool beside `mos`: varies captures, makes attacks, and measures.
struct MosBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mos-bench",
        abstract: "Varies captures, makes attacks, and measures how fast captures are read.",
        subcommands: [
            FloodCommand.self, VaryCommand.self, FloorCommand.self,
            StagesCommand.self, FilterCommand.self, TimeCommand.self, ModelCommand.self,
            BridgeCommand.self,
        ]
    )
}

/// Why a command failed, as one sentence.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// What any error says of itself.
    init(_ error: any Error) { description = "\(error)" }
}

@main
enum Main {
    static func main() {
        do {
            var command = try MosBench.parseAsRoot()
            try command.run()
        } catch {
            MosBench.exit(withError: error)
        }
    }
}
