// SPDX-License-Identifier: BSD-2-Clause
import Engine

/// A test, or a bench, as a script declares it.
public struct RecipeTest: Equatable, Sendable {
    /// What the script calls it.
    public let name: String
    /// The file that declares it.
    public let file: String
    /// The line of its declaration.
    public let line: Int
    /// Why it cannot be run; nil when it can.
    public let problem: String?
    /// `key=value`, as `--set` takes them.
    public let settings: [String]
    /// The arguments of the script.
    public let arguments: [String]
    /// A capture, from the folder of the script on; nil when the test makes its packets.
    public let capture: String?
    /// What of the capture is seen.
    public let filter: String?
    /// A kind of traffic that the program makes; nil when there is none.
    public let profile: String?
    /// Numbers of a bench by name: packets, flows, seed.
    public let numbers: [String: Int]
    /// Packets are handed on.
    public let inline: ScriptOptions.InlineMode?
    /// Its number among those of the file, from 1.
    let number: Int

    /// The tests in the text that test_run.lua gives.
    static func read(_ text: String) -> [RecipeTest] {
        text.split(separator: "\u{1}").enumerated().map { index, record in
            RecipeTest(Fields(record), number: index + 1)
        }
    }

    private init(_ fields: Fields, number: Int) {
        name = fields.first("name") ?? ""
        file = fields.first("file") ?? ""
        line = Int(fields.first("line") ?? "") ?? 0
        problem = fields.first("problem")
        settings = fields.all("setting")
        arguments = fields.all("arg")
        capture = fields.first("capture")
        filter = fields.first("filter")
        profile = fields.first("profile")
        var numbers: [String: Int] = [:]
        for name in ["packets", "flows", "seed"] {
            numbers[name] = fields.first(name).flatMap { Int($0) }
        }
        self.numbers = numbers
        inline = fields.first("inline").flatMap(ScriptOptions.InlineMode.init)
        self.number = number
    }
}

/// What a test came to.
public struct RecipeTestResult: Equatable, Sendable {
    /// A function of the script that was registered, and how often it ran.
    public struct Handler: Hashable, Sendable {
        /// `file:line` where it begins.
        public let place: String
        /// The event that it is for.
        public let event: String
        /// How often it ran.
        public let calls: Int
    }

    /// What failed, each beginning with `file:line` where that is known; none when the test passed.
    public var failures: [String] = []
    /// The script's handlers.
    public var handlers: [Handler] = []
    /// The golden file that was compared.
    public var golden: String?
    /// True when it was written.
    public var wroteGolden = false
    /// What the script wrote, where that was wanted.
    public var output: [String] = []

    /// A test that passed.
    init() {}

    /// A test that could not be run.
    init(failure: String) { failures = [failure] }

    /// The result in the text that test_run.lua gives.
    init(_ text: String) {
        let fields = Fields(text[...])
        failures = fields.all("failure")
        golden = fields.first("golden")
        wroteGolden = fields.first("written") != nil
        output = fields.all("out")
        handlers = fields.all("handler").compactMap { line in
            let parts = line.split(separator: "\t").map(String.init)
            guard parts.count == 3, let calls = Int(parts[2]) else { return nil }
            return Handler(place: parts[0], event: parts[1], calls: calls)
        }
    }
}

/// `name=value`, closed by zero bytes; names may be there more than once.
struct Fields {
    private var list: [(name: Substring, value: String)] = []

    init(_ text: Substring) {
        for field in text.split(separator: "\0") {
            guard let equals = field.firstIndex(of: "=") else { continue }
            list.append((field[..<equals], String(field[field.index(after: equals)...])))
        }
    }

    func all(_ name: String) -> [String] { list.filter { $0.name == name }.map(\.value) }
    func first(_ name: String) -> String? { list.first { $0.name == name }?.value }
}
