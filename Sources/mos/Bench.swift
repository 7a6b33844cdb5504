// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import Generation
import Scripting

/// `mos bench`: what scripts cost on the traffic that they name.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the benches that scripts declare with mos.bench.",
        discussion: """
            In every round the same packets, from memory, go through the engine twice: with the script, and \
            with its sockets but without its callbacks. Times are processor time; nothing is judged. 'mos \
            doc bench' shows how benches are written. Exit codes: 0 measured, 1 script error, 2 usage or no \
            benches.
            """
    )

    @Argument(
        help: ArgumentHelp("Scripts, or directories of them (default: .).", valueName: "path")
    )
    var paths: [String] = []

    @Option(help: ArgumentHelp("Only benches whose name has that in it.", valueName: "text"))
    var filter: String?

    @Option(help: ArgumentHelp("How often both runs are made, in turn.", valueName: "n"))
    var rounds = 5

    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp("Packets, in the place of what benches say.", valueName: "n")
    )
    var packets: Int?

    @Flag(help: "Print the names of benches instead of measuring.")
    var list = false

    func validate() throws {
        if !(1...1000).contains(rounds) {
            throw ValidationError("--rounds is 1 to 1000, not \(rounds).")
        }
        if let packets, !(10...1_000_000).contains(packets) {
            throw ValidationError("--packets is 10 to 1000000, not \(packets).")
        }
    }

    mutating func run() throws {
        TestLimit.handleInterrupts()
        var count = 0
        var failed = false
        for entry in try TestFiles(paths.isEmpty ? ["."] : paths).entries {
            if !entry.isNamed, !RecipeTests.mayDeclare("mos.bench", file: entry.path) { continue }
            var tests = RecipeTests(file: entry.path)
            tests.arguments = CommandWords.forScripts
            do {
                for bench in try tests.benches() where bench.name.contains(filter ?? bench.name) {
                    count += 1
                    if list {
                        print("\(bench.file):\(bench.line): \(bench.name)")
                        continue
                    }
                    let result = try tests.measure(bench, rounds: rounds, packets: packets) {
                        try traffic(of: $0)
                    }
                    print(BenchTable(bench, result).text)
                    failed = failed || result.failure != nil
                }
            } catch let error as ScriptError {
                throw Failure(error.exitStatus, error.description)
            } catch let failure as Failure {
                throw failure
            } catch {
                throw Failure(ExitStatus.usage, "\(entry.path): \(error)")
            }
        }
        if failed { throw Failure(ExitStatus.script) }
        guard count == 0 else { return }
        let names = paths.isEmpty ? "." : paths.joined(separator: ", ")
        throw Failure(
            ExitStatus.usage,
            "no benches in \(names); 'mos doc bench' shows how they are written"
        )
    }

    /// The packets of a profile of `mos generate`.
    private func traffic(of bench: RecipeTest) throws -> [OwnedFrame] {
        let name = bench.profile ?? ""
        guard let profile = Profile(rawValue: name) else {
            let names = Profile.allCases.map(\.rawValue).joined(separator: ", ")
            throw ScriptError.script(
                "\(bench.file):\(bench.line): there is no profile \"\(name)\"; there are \(names)"
            )
        }
        var options = TrafficOptions(profile)
        options.seed = UInt64(max(0, bench.numbers["seed"] ?? 1))
        options.flows = bench.numbers["flows"].map { min(max(1, $0), TrafficOptions.flowLimit) }
        let wanted = min(packets ?? bench.numbers["packets"] ?? 100_000, 1_000_000)
        options.packets = wanted
        var traffic = Traffic(options)
        var frames: [OwnedFrame] = []
        while frames.count < wanted, let frame = traffic.next() { frames.append(frame) }
        return frames
    }
}
