// SPDX-License-Identifier: BSD-2-Clause

/// Prometheus' text exposition format 0.0.4, read strictly: what its documentation does not allow is an error.
struct Exposition {
    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: String
    }

    struct Family: Equatable {
        var name: String
        var help: String
        var type: String
        var samples: [Sample] = []
    }

    struct Mistake: Error {
        let line: String
        let reason: String
    }

    private(set) var families: [Family] = []

    init(_ text: String) throws {
        let scalars = Array(text.unicodeScalars)
        guard scalars.isEmpty || scalars.last == "\n" else {
            throw Mistake(line: "", reason: "the last line has no end")
        }
        for line in scalars.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            var rest = Cursor(Array(line))
            try read(&rest)
        }
    }

    private mutating func read(_ line: inout Cursor) throws {
        if line.skip("# HELP ") {
            let name = try line.name()
            try line.expect(" ")
            if families.contains(where: { $0.name == name }) {
                throw line.mistake("a second family of that name")
            }
            families.append(
                Family(name: name, help: try line.escaped(until: nil, allows: "n"), type: "")
            )
        } else if line.skip("# TYPE ") {
            let name = try line.name()
            try line.expect(" ")
            guard let last = families.last, last.name == name, last.type.isEmpty,
                last.samples.isEmpty
            else { throw line.mistake("TYPE stands behind its HELP and before its samples") }
            let type = line.rest()
            guard ["counter", "gauge"].contains(type) else { throw line.mistake("what type?") }
            if type == "counter", !name.hasSuffix("_total") {
                throw line.mistake("a counter is called _total")
            }
            families[families.count - 1].type = type
        } else {
            let sample = try sample(&line)
            guard let last = families.last, last.name == sample.name, !last.type.isEmpty else {
                throw line.mistake("a sample of no family")
            }
            if last.samples.contains(where: { $0.labels == sample.labels }) {
                throw line.mistake("the same labels twice")
            }
            families[families.count - 1].samples.append(sample)
        }
    }

    private func sample(_ line: inout Cursor) throws -> Sample {
        var sample = Sample(name: try line.name(), labels: [:], value: "")
        if line.skip("{") {
            repeat {
                let label = try line.name()
                if label.contains(":") || sample.labels[label] != nil {
                    throw line.mistake("label \(label)")
                }
                try line.expect("=\"")
                sample.labels[label] = try line.escaped(until: "\"", allows: "n\"")
            } while line.skip(",")
            try line.expect("}")
        }
        try line.expect(" ")
        sample.value = line.rest()
        let isWord = ["+Inf", "-Inf", "NaN"].contains(sample.value)
        let digits = Set("0123456789+-.e")
        guard isWord || Double(sample.value) != nil && sample.value.allSatisfy(digits.contains)
        else { throw line.mistake("'\(sample.value)' is no number") }
        return sample
    }
}

/// A line and how far it was read.
private struct Cursor {
    private let line: [Unicode.Scalar]
    private var at = 0

    init(_ line: [Unicode.Scalar]) { self.line = line }

    func mistake(_ reason: String) -> Exposition.Mistake {
        .init(line: Self.string(line[...]), reason: reason)
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    mutating func skip(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard line[at...].starts(with: wanted) else { return false }
        at += wanted.count
        return true
    }

    mutating func expect(_ text: String) throws {
        if !skip(text) { throw mistake("wanted '\(text)' at \(at)") }
    }

    mutating func rest() -> String {
        defer { at = line.count }
        return Self.string(line[at...])
    }

    /// Letters, digits, `_` and `:`, no digit first.
    mutating func name() throws -> String {
        let start = at
        while at < line.count {
            switch line[at] {
            case "a"..."z", "A"..."Z", "_", ":": at += 1
            case "0"..."9" where at > start: at += 1
            default:
                guard at > start else { throw mistake("no name at \(at)") }
                return Self.string(line[start..<at])
            }
        }
        throw mistake("nothing behind the name")
    }

    /// Text in which a backslash stands before itself and `allows`, up to `end`, which is read, or the line's end.
    mutating func escaped(until end: Unicode.Scalar?, allows: String) throws -> String {
        var text = ""
        while at < line.count {
            let scalar = line[at]
            at += 1
            if scalar == end { return text }
            guard scalar == "\\" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            guard at < line.count, allows.unicodeScalars.contains(line[at]) || line[at] == "\\"
            else { throw mistake("a wrong escape at \(at)") }
            text.unicodeScalars.append(line[at] == "n" ? "\n" : line[at])
            at += 1
        }
        if end != nil { throw mistake("a label has no end") }
        return text
    }
}
