// SPDX-License-Identifier: BSD-2-Clause
import Scripting

/// What a bench measured, as a table.
struct BenchTable {
    private let bench: RecipeTest
    private let result: RecipeBenchResult

    init(_ bench: RecipeTest, _ result: RecipeBenchResult) {
        self.bench = bench
        self.result = result
    }

    /// The lines.
    var text: String {
        let packets = Double(max(1, result.packets))
        let callbacks = Double(max(1, result.callbacks))
        let rounds = result.rounds
        var lines = ["\(bench.file): \(bench.name)"]
        lines.append(
            "  \(result.packets) packets, \(result.callbacks) callbacks "
                + "(\(Self.fixed(Double(result.callbacks) / packets, 2)) a packet), "
                + "\(rounds.count) rounds"
        )
        lines.append("  \(Self.padded("", 20)) \(Self.columns(["min", "median", "max"]))")
        lines.append(row("engine alone", "ns a packet", rounds.map { $0.engine * 1e9 / packets }))
        lines.append(
            row("with the script", "ns a packet", rounds.map { $0.script * 1e9 / packets })
        )
        if result.callbacks > 0 {
            lines.append(
                row(
                    "callbacks",
                    "ns a callback, beyond the engine",
                    rounds.map { ($0.script - $0.engine) * 1e9 / callbacks }
                )
            )
            lines.append(
                row("", "callbacks a second", rounds.map { callbacks / max($0.script, 1e-9) }, 0)
            )
        }
        lines.append(
            row(
                "ratio",
                "script / engine of a round",
                rounds.map { $0.script / max($0.engine, 1e-9) },
                2
            )
        )
        if result.callbacks > 0 {
            let garbage = Self.fixed(result.garbage / callbacks, 1)
            lines.append("  garbage: \(garbage) bytes a callback")
        }
        if let failure = result.failure { lines.append("  the script failed: \(failure)") }
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ unit: String, _ values: [Double], _ digits: Int = 1)
        -> String
    {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        let median =
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        let texts = [sorted[0], median, sorted[sorted.count - 1]].map { Self.fixed($0, digits) }
        return "  \(Self.padded(name, 20)) \(Self.columns(texts))  \(unit)"
    }

    private static func columns(_ texts: [String]) -> String {
        texts.map { String(repeating: " ", count: max(0, 10 - $0.count)) + $0 }.joined()
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A number with so many digits behind its point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        let factor = [1.0, 10, 100, 1000][digits]
        let whole = Int((abs(value) * factor).rounded())
        let sign = value < 0 && whole > 0 ? "-" : ""
        if digits == 0 { return sign + String(whole) }
        let rest = String(whole % Int(factor))
        let zeros = String(repeating: "0", count: digits - rest.count)
        return "\(sign)\(whole / Int(factor)).\(zeros)\(rest)"
    }
}
