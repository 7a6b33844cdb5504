// SPDX-License-Identifier: BSD-2-Clause

/// The tests of a file with what they came to.
public struct RecipeTestSuite: Sendable {
    /// The file.
    public let file: String
    /// The tests that were run, in order.
    public var results: [(test: String, line: Int, result: RecipeTestResult)] = []
    /// Why the file could not be loaded; nil when it could.
    public var problem: String?
    /// It cannot be read, or is not Lua.
    public var isMalformed = false

    /// A file of which no test was run yet.
    public init(file: String) { self.file = file }

    /// Tests that failed; a file that cannot be loaded counts as one.
    public var failed: Int {
        results.filter { !$0.result.failures.isEmpty }.count + (problem == nil ? 0 : 1)
    }

    /// Tests that were run, and the loading where that failed.
    public var total: Int { results.count + (problem == nil ? 0 : 1) }

    /// Functions that were registered for an event and that no test reached, as `file:line event`, in order.
    public var unreached: [String] {
        var calls: [String: Int] = [:]
        var order: [String] = []
        for handler in results.flatMap(\.result.handlers) {
            let key = "\(handler.place) \(handler.event)"
            if calls[key] == nil { order.append(key) }
            calls[key, default: 0] += handler.calls
        }
        return order.filter { calls[$0] == 0 }
    }
}

/// What tests came to, in the Test Anything Protocol, version 13.
public enum TAPReport {
    /// The whole report, with a line end behind each line.
    public static func text(_ suites: [RecipeTestSuite]) -> String {
        var lines = ["TAP version 13", "1..\(suites.reduce(0) { $0 + $1.total })"]
        var number = 0
        func add(_ name: String, _ failures: [String]) {
            number += 1
            let shown = name.replacing("\\", with: "\\\\").replacing("#", with: "\\#")
            lines.append("\(failures.isEmpty ? "ok" : "not ok") \(number) - \(shown)")
            guard !failures.isEmpty else { return }
            lines.append("  ---")
            lines.append("  message: |")
            for line in failures.flatMap({ $0.split(separator: "\n") }) {
                lines.append("    \(line)")
            }
            lines.append("  ...")
        }
        for suite in suites {
            for entry in suite.results {
                add("\(suite.file): \(entry.test)", entry.result.failures)
            }
            if let problem = suite.problem { add("\(suite.file): loading", [problem]) }
            lines += suite.unreached.map { "# no test reached \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// What tests came to, as the XML that JUnit made common.
public enum JUnitReport {
    /// The document.
    public static func text(_ suites: [RecipeTestSuite]) -> String {
        let total = suites.reduce(0) { $0 + $1.total }
        let failed = suites.reduce(0) { $0 + $1.failed }
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        lines.append("<testsuites tests=\"\(total)\" failures=\"\(failed)\">")
        for suite in suites {
            let name = escaped(suite.file)
            lines.append(
                "  <testsuite name=\"\(name)\" tests=\"\(suite.total)\" failures=\"\(suite.failed)\">"
            )
            for entry in suite.results {
                lines += testCase(name, entry.test, entry.line, entry.result.failures)
            }
            if let problem = suite.problem { lines += testCase(name, "loading", 1, [problem]) }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func testCase(
        _ file: String,
        _ name: String,
        _ line: Int,
        _ failures: [String]
    ) -> [String] {
        let start =
            "    <testcase classname=\"\(file)\" name=\"\(escaped(name))\" file=\"\(file)\" line=\"\(line)\""
        guard !failures.isEmpty else { return [start + "/>"] }
        var lines = [start + ">"]
        for failure in failures {
            let head = failure.split(separator: "\n").first.map(String.init) ?? failure
            lines.append(
                "      <failure message=\"\(escaped(head))\">\(escaped(failure))</failure>"
            )
        }
        lines.append("    </testcase>")
        return lines
    }

    /// By scalar; what XML 1.0 cannot hold is written as U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x26: result += "&amp;"
            case 0x3C: result += "&lt;"
            case 0x3E: result += "&gt;"
            case 0x22: result += "&quot;"
            case 0x09, 0x0A, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...:
                result.unicodeScalars.append(scalar)
            case 0x0D: result += "&#13;"
            default: result += "\u{FFFD}"
            }
        }
        return result
    }
}
