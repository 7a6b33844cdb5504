// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Glibc
import Outputs
import Scripting

/// `mos test`: the tests within scripts.
struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the tests that scripts declare with mos.test.",
        discussion: """
            Of a directory all *.lua files that declare tests; NAME_test.lua tests NAME.lua beside it. Each \
            test has a Lua state and an engine of its own. 'mos doc test' shows how tests are written. What \
            stands behind -- are arguments for scripts. Exit codes: 0 all passed, 2 usage, no tests, or a \
            file that is not Lua, 4 a test failed, 130 interrupted.
            """
    )

    @Argument(
        help: ArgumentHelp("Scripts, or directories of them (default: .).", valueName: "path")
    )
    var paths: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only tests whose name has that in it; with * and ?: whose whole name matches.",
            valueName: "pattern"
        )
    )
    var filter: String?

    @Flag(help: "Print the names of tests instead of running them.")
    var list = false

    @Flag(help: "Print results in the Test Anything Protocol.")
    var tap = false

    @Option(
        name: .customLong("junit"),
        help: ArgumentHelp("Write results to a file as JUnit's XML, too.", valueName: "file")
    )
    var junit: String?

    @Flag(help: "Write golden files anew instead of comparing with them.")
    var update = false

    @Flag(name: [.short, .long], help: "Print what the scripts write in each test.")
    var verbose = false

    @Flag(help: "Let scripts use globals as plain Lua does.")
    var allowGlobals = false

    @Option(
        help: ArgumentHelp(
            "Seconds of processor time after which a test is taken for endless; 0 = never.",
            valueName: "seconds"
        )
    )
    var timeout = 60

    func validate() throws {
        if timeout < 0 || timeout > 1_000_000 {
            throw ValidationError("--timeout is seconds, 0 to 1000000, not \(timeout).")
        }
    }

    mutating func run() throws {
        TestLimit.handleInterrupts()
        let files = try TestFiles(paths.isEmpty ? ["."] : paths)
        var suites: [RecipeTestSuite] = []
        var without: [String] = []
        let subjects = files.entries.compactMap { RecipeTests(file: $0.path).subject }
        var console = TestConsole(isQuiet: tap || list, isVerbose: verbose)
        for entry in files.entries {
            if !entry.isNamed, !RecipeTests.mayDeclare("mos.test", file: entry.path) {
                without.append(entry.path)
                continue
            }
            guard let suite = runFile(entry.path, &console) else {
                without.append(entry.path)
                continue
            }
            suites.append(suite)
        }
        without.removeAll { subjects.contains($0) }
        console.finish(suites, without: without, showsUnreached: filter == nil)
        if tap { print(TAPReport.text(suites), terminator: "") }
        if let junit { try write(JUnitReport.text(suites), to: junit) }
        try conclude(suites, without)
    }

    /// The tests of a file; nil when it has none.
    private func runFile(_ path: String, _ console: inout TestConsole) -> RecipeTestSuite? {
        var tests = RecipeTests(file: path)
        tests.mode.updatesGolden = update
        tests.mode.isVerbose = verbose
        tests.allowsGlobals = allowGlobals
        tests.arguments = CommandWords.forScripts
        var suite = RecipeTestSuite(file: path)
        do {
            let all = try tests.list()
            if all.isEmpty { return nil }
            for test in all where matches(test.name) {
                if list {
                    print("\(test.file):\(test.line): \(test.name)")
                    continue
                }
                console.begin(path)
                TestLimit.start(seconds: timeout, "\(path):\(test.line): \(test.name)")
                let result = tests.run(test)
                TestLimit.stop()
                suite.results.append((test.name, test.line, result))
                console.show(test.name, result)
            }
        } catch {
            suite.problem = "\(error)"
            suite.isMalformed = (error as? ScriptError)?.exitStatus == ExitStatus.usage
            console.begin(path)
            console.show(problem: suite.problem ?? "")
            if list { Diagnostics.say("mos: \(suite.problem ?? "")") }
        }
        return suite
    }

    private func matches(_ name: String) -> Bool {
        guard let filter, !filter.isEmpty else { return true }
        guard filter.contains(where: { $0 == "*" || $0 == "?" }) else {
            return name.contains(filter)
        }
        return unsafe fnmatch(filter, name, 0) == 0
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try ReplacedFile(path: path).replace(with: Array(text.utf8))
        } catch {
            throw Failure(ExitStatus.usage, "junit: \(error.description)")
        }
    }

    private func conclude(_ suites: [RecipeTestSuite], _ without: [String]) throws {
        if suites.contains(where: \.isMalformed) { throw Failure(ExitStatus.usage) }
        if suites.contains(where: { $0.failed > 0 }) { throw Failure(ExitStatus.test) }
        if list { return }
        guard suites.allSatisfy({ $0.total == 0 }) else { return }
        if let filter, !suites.isEmpty {
            throw Failure(ExitStatus.usage, "no test has '\(filter)' in its name")
        }
        let names = paths.isEmpty ? "." : paths.joined(separator: ", ")
        throw Failure(
            ExitStatus.usage,
            "no tests in \(names); 'mos doc test' shows how they are written"
        )
    }
}
