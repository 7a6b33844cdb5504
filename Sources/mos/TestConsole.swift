// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Scripting

/// What `mos test` shows while it runs, and at the end.
struct TestConsole {
    /// Something else than this is printed.
    let isQuiet: Bool
    let isVerbose: Bool
    private let hasColors = unsafe isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
    private var file = ""

    init(isQuiet: Bool, isVerbose: Bool) {
        self.isQuiet = isQuiet
        self.isVerbose = isVerbose
    }

    /// A test of `path` begins.
    mutating func begin(_ path: String) {
        if path != file { say(path) }
        file = path
    }

    /// A test is done.
    func show(_ name: String, _ result: RecipeTestResult) {
        if result.failures.isEmpty {
            let note = result.wroteGolden ? "  (wrote \(result.golden ?? ""))" : ""
            say("  \(colored("ok", 32))    \(name)\(note)")
        } else {
            say("  \(colored("FAIL", 31))  \(name)")
        }
        for failure in result.failures {
            for line in failure.split(separator: "\n", omittingEmptySubsequences: false) {
                say("        " + colored(line))
            }
        }
        if isVerbose { for line in result.output { say("        | " + harmless(line)) } }
    }

    /// A file could not be loaded.
    func show(problem: String) {
        say("  \(colored("FAIL", 31))  loading")
        for line in problem.split(separator: "\n") { say("        " + harmless(String(line))) }
    }

    /// All is done.
    func finish(_ suites: [RecipeTestSuite], without: [String], showsUnreached: Bool) {
        let total = suites.reduce(0) { $0 + $1.total }
        if total == 0 { return }
        let unreached = showsUnreached ? suites.flatMap(\.unreached) : []
        if !unreached.isEmpty {
            say("callbacks that no test reached:")
            for line in unreached { say("  " + line) }
        }
        if !without.isEmpty {
            let more = without.count > 20 ? ", and \(without.count - 20) more" : ""
            say("no tests in " + without.prefix(20).joined(separator: ", ") + more)
        }
        let failed = suites.reduce(0) { $0 + $1.failed }
        let files = suites.filter { $0.total > 0 }.count
        say(
            "\(total) \(total == 1 ? "test" : "tests") in \(files) \(files == 1 ? "file" : "files"): "
                + "\(total - failed) passed, "
                + (failed > 0 ? colored("\(failed) failed", 31) : "0 failed")
        )
    }

    private func say(_ line: String) {
        if isQuiet { return }
        print(line)
        // Whoever waits, or interrupts, sees what was done.
        _ = fflush(nil)
    }

    /// Lines of a difference by their sign.
    private func colored(_ line: Substring) -> String {
        let text = harmless(String(line))
        if line.hasPrefix("  - ") { return colored(text, 31) }
        if line.hasPrefix("  + ") { return colored(text, 32) }
        return text
    }

    private func colored(_ text: String, _ color: Int) -> String {
        hasColors ? "\u{1B}[\(color)m\(text)\u{1B}[0m" : text
    }

    /// What a script printed must not steer the terminal.
    private func harmless(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.value < 32 && scalar.value != 9 || (127..<160).contains(scalar.value) {
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
