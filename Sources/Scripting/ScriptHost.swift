// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import CMosLua

/// Scripts over one worker of the engine: loads them and runs the loop that asks the engine for events.
public final class ScriptHost {
    /// How a run ended.
    public struct Outcome: Equatable, Sendable {
        /// Errors in callbacks, timers, `on_start` and `on_exit`.
        public var errors: Int
        /// True when the scripts ended before the packets did: at the first error (``ScriptOptions/isStrict``), or
        /// because the loop itself failed again and again.
        public var wasStopped: Bool

        /// An outcome.
        public init(errors: Int, wasStopped: Bool) {
            self.errors = errors
            self.wasStopped = wasStopped
        }
    }

    /// Why the scripts' loop was left.
    enum Pause: Equatable {
        case ended(Outcome)
        /// Another thread asked for it, between packets.
        case attention
        /// Of a version that has just taken over.
        case trialPassed, trialFailed
    }

    let lua: LuaState
    /// Looks at the scripts from another thread; nil without ``ScriptOptions/isWatched``.
    public let watch: ScriptWatch?

    /// A host bound to the engine's calls.
    ///
    /// - Parameters:
    ///   - api: the table of the worker's calls; it must outlive the host.
    ///   - options: how scripts are run.
    /// - Throws: ``ScriptError/library(_:)`` when the engine's layout is not the library's.
    public init(api: UnsafePointer<mos_api>, options: ScriptOptions) throws(ScriptError) {
        lua = unsafe try LuaState.open(api: api)
        // A profile knows what was allocated from who limits it.
        let isUnlimited = options.isProfiled && options.memoryLimit == 0
        lua.limitMemory(to: isUnlimited ? Int.max / 4 : options.memoryLimit)
        do {
            _ = try lua.call("open", options.encoded)
        } catch {
            throw .scriptLibrary(error.description)
        }
        watch = options.isWatched ? unsafe lua.watch(api) : nil
    }

    /// Reads a script file and runs its top level.
    ///
    /// - Parameter path: the file.
    /// - Throws: that it cannot be read, is not Lua, or raised an error.
    public func load(file path: String) throws(ScriptError) {
        try load(bytes: ScriptFile.read(path), source: "@" + path)
    }

    /// Runs the top level of a script that was given as text.
    ///
    /// - Parameters:
    ///   - code: the script.
    ///   - name: how messages call it.
    /// - Throws: that it is not Lua, or raised an error.
    public func load(code: String, name: String) throws(ScriptError) {
        try load(bytes: Array(code.utf8), source: "=" + name)
    }

    private func load(bytes: [UInt8], source: String) throws(ScriptError) {
        let answer = try lua.call("load", source, bytes: bytes)
        if answer.flag { throw .syntax(answer.text) }
    }

    /// Runs the scripts over everything that the engine hands out, from `on_start` to `on_exit`.
    ///
    /// - Returns: what went wrong in callbacks; it has been reported already.
    /// - Throws: ``ScriptError/script(_:)`` when the run could not begin.
    public func run() throws(ScriptError) -> Outcome {
        while true {
            if case .ended(let outcome) = try runOn() { return outcome }
        }
    }

    /// Runs until the end, or until something is wanted between packets; then it can be called again.
    func runOn() throws(ScriptError) -> Pause {
        let answer = try lua.call("run")
        switch answer.text {
        case "attention": return .attention
        case "passed": return .trialPassed
        case "failed": return .trialFailed
        default:
            return .ended(Outcome(errors: Int(answer.number), wasStopped: answer.flag))
        }
    }

    /// Runs the functions of `mos.on_report` on what all workers know: for worker 0, when all have ended.
    ///
    /// - Returns: what went wrong in them, besides what ``run()`` told; it has been reported already.
    /// - Throws: ``ScriptError/script(_:)`` when what workers know cannot be made into one.
    public func report() throws(ScriptError) -> Outcome {
        let answer = try lua.call("report")
        return Outcome(errors: Int(answer.number), wasStopped: answer.flag)
    }

    /// What is known of the cost of callbacks after ``run()``: lines for ``profile(of:)``.
    ///
    /// - Returns: the lines, empty without ``ScriptOptions/isProfiled``.
    /// - Throws: ``ScriptError/script(_:)`` when there is no memory for it.
    public func profileShare() throws(ScriptError) -> String { try lua.call("profile_share").text }

    /// The text about what callbacks cost.
    ///
    /// - Parameter shares: what ``profileShare()`` gave for each worker.
    /// - Returns: lines for the person who runs the scripts.
    /// - Throws: ``ScriptError/script(_:)`` when there is no memory for it.
    public func profile(of shares: [String]) throws(ScriptError) -> String {
        try lua.call("profile", shares.joined(separator: "\n")).text
    }

    /// What is wrong with a script, found without traffic.
    ///
    /// - Parameter path: the file.
    /// - Returns: what was found, in the order of lines.
    /// - Throws: that it cannot be read.
    public func check(file path: String) throws(ScriptError) -> [Finding] {
        let answer = try lua.call("check", "@" + path, bytes: ScriptFile.read(path))
        return answer.text.split(separator: "\u{1}").map { Finding(String($0), of: path) }
    }

    /// Calls a function of host.lua that is there for tests of scripts.
    func callForTest(_ name: String, _ argument: String = "", bytes: [UInt8] = [])
        throws(ScriptError) -> [UInt8]
    {
        try lua.callForBytes(name, argument, bytes: bytes)
    }

    /// The events that scripts can register for, with hooks, sides and meaning.
    ///
    /// - Parameter glob: which ones, `*` and `?` as in a shell; nil = all.
    /// - Returns: a paragraph for each.
    /// - Throws: ``ScriptError/script(_:)`` when none matches.
    public static func eventCatalogue(matching glob: String?) throws(ScriptError) -> String {
        let lua = unsafe try LuaState.open(api: nil)
        return try lua.call("events", glob ?? "").text
    }
}

extension ScriptHost {
    /// The version of the Lua in this program, as in "LuaJIT 2.1.0-beta3".
    public static var luaVersion: String { unsafe String(cString: mos_lua_version()) }
}
