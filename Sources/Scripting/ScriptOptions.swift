// SPDX-License-Identifier: BSD-2-Clause

/// How scripts are run.
public struct ScriptOptions: Sendable {
    /// How records are written.
    public enum Format: String, CaseIterable, Sendable {
        /// One JSON object a line.
        case json
        /// Aligned `key=value`.
        case text
        /// A table with tabs between its columns, and their names above it.
        case tsv
    }

    /// What becomes of packets when a script fails in an inline run.
    public enum InlineMode: String, CaseIterable, Sendable {
        /// They pass.
        case failOpen = "fail-open"
        /// They do not.
        case failClosed = "fail-closed"
    }

    /// What a run of a bench measures.
    enum Measure: String, Sendable {
        /// The engine alone, with the script's sockets.
        case engine
        /// The script.
        case script
        /// How many callbacks there are.
        case count
        /// What they leave to the garbage collector.
        case garbage
    }

    /// How tests of scripts are run.
    public struct TestMode: Equatable, Sendable {
        /// Golden files are written anew instead of being compared.
        public var updatesGolden = false
        /// What scripts write is wanted too.
        public var isVerbose = false
        /// What a run of a bench measures; nil for tests.
        var measure: Measure?

        /// Compares, and tells of failures alone.
        public init() {}
    }

    /// How `mos.emit` writes records.
    public var format = Format.json
    /// True to write what one-liners have counted as records too, in ``format``; else as tables for people.
    public var writesAggregatesAsRecords = false
    /// True to stop at the first error of a callback.
    public var isStrict = false
    /// True to let scripts read and make globals as plain Lua does.
    public var allowsGlobals = false
    /// True when records go to a terminal, so that `print` must not steer it.
    public var outputIsTerminal = false
    /// Errors of a callback on one flow, without a success between, that switch it off there.
    public var errorsInARow = 10
    /// Bytes that scripts may hold, 0 = as many as there are.
    public var memoryLimit = 0
    /// What callbacks cost is measured, see ``ScriptHost/profileShare()``.
    public var isProfiled = false
    /// Another thread looks whether callbacks end, see ``ScriptHost/watch``.
    public var isWatched = false
    /// The scripts are loaded beside others that run, and are to take their place.
    public var isReplacing = false
    /// Packets are handed on, and scripts may change them; nil when they are only watched.
    public var inline: InlineMode?
    /// Tests of the scripts are taken note of, and how they are run; nil in every other run.
    public var tests: TestMode?
    /// What stood behind `--` on the command line.
    public var arguments: [String] = []

    /// The defaults.
    public init() {}

    /// The options as host.lua reads them: `name=value`, each closed by a zero byte.
    var encoded: String {
        var text = "format=\(format.rawValue)\0errors_in_a_row=\(errorsInARow)\0"
        text += "strict=\(isStrict ? 1 : 0)\0allow_globals=\(allowsGlobals ? 1 : 0)\0"
        text += "script_memory=\(memoryLimit)\0"
        text += "profile=\(isProfiled ? 1 : 0)\0"
        text += "replacing=\(isReplacing ? 1 : 0)\0"
        text += "records=\(writesAggregatesAsRecords ? 1 : 0)\0"
        text += "terminal=\(outputIsTerminal ? 1 : 0)\0"
        if let inline { text += "inline=\(inline.rawValue)\0" }
        if let tests {
            text += "tests=1\0update=\(tests.updatesGolden ? 1 : 0)\0"
            if let measure = tests.measure { text += "bench=\(measure.rawValue)\0" }
            text += "verbose=\(tests.isVerbose ? 1 : 0)\0"
        }
        for argument in arguments { text += "arg=\(argument)\0" }
        return text
    }
}
