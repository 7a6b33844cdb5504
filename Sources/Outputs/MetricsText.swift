// SPDX-License-Identifier: BSD-2-Clause

/// Numbers in Prometheus' text exposition format, version 0.0.4.
public struct MetricsText {
    /// What a family's numbers are.
    public enum Kind: String, Sendable {
        /// Only ever grows.
        case counter
        /// Goes up and down.
        case gauge
    }

    /// One number of a family, and the labels that tell it from the others.
    public struct Sample {
        let labels: [(name: String, value: String)]
        let value: Double

        /// A number with its labels, whose names are right already.
        public init(_ value: Double, labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }
    }

    /// What was added so far; every line ends with a line end.
    public private(set) var text = ""

    /// Nothing yet.
    public init() {}

    /// Adds a family; those of its numbers that nobody knows (NaN) are left out, and so is a family of no others.
    ///
    /// - Parameters:
    ///   - name: letters, digits and `_`.
    ///   - kind: what its numbers are.
    ///   - help: one sentence.
    ///   - samples: its numbers, each with other labels.
    public mutating func add(_ name: String, _ kind: Kind, help: String, _ samples: [Sample]) {
        let known = samples.filter { !$0.value.isNaN }
        if known.isEmpty { return }
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
        for sample in known {
            text += name + Self.labels(sample.labels) + " " + Self.number(sample.value) + "\n"
        }
    }

    private static func labels(_ labels: [(name: String, value: String)]) -> String {
        if labels.isEmpty { return "" }
        let pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// By scalar: a carriage return and a line feed are one Swift character.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whole numbers without a point, as far as doubles are exact.
    private static func number(_ value: Double) -> String {
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) <= 0x1p53 { return String(Int(value)) }
        return value.description
    }
}
