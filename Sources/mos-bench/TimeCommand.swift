// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser

/// `mos-bench time`: what a whole process takes, at best of several runs.
struct TimeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "time",
        abstract: "Run a program several times; print the least it took.",
        discussion: """
            Prints processor time (user and system) and wall time in microseconds, and the peak of its \
            memory in kilobytes, each the least of all runs. The program's output goes nowhere.
            """
    )

    @Option(help: "How often it is run.")
    var runs = 1

    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
    var words: [String]

    func validate() throws {
        if runs < 1 { throw ValidationError("--runs is at least 1.") }
        if words.isEmpty { throw ValidationError("No program to run.") }
    }

    func run() throws {
        let words = words.first == "--" ? Array(words.dropFirst()) : words
        var best: ProcessCost?
        for _ in 0..<runs {
            let cost = try ChildProcess.run(words)
            guard cost.status == 0 else {
                throw Failure("\(words.joined(separator: " ")): exit code \(cost.status)")
            }
            best = best.map { least($0, cost) } ?? cost
        }
        if let best { print(best.processor, best.wall, best.memory) }
    }

    private func least(_ a: ProcessCost, _ b: ProcessCost) -> ProcessCost {
        ProcessCost(
            processor: min(a.processor, b.processor),
            wall: min(a.wall, b.wall),
            memory: min(a.memory, b.memory),
            status: 0
        )
    }
}
