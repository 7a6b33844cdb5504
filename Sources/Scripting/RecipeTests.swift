// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Outputs
import Packets

/// Runs the tests of a script file, each in a Lua state and an engine of its own.
///
/// A file NAME_test.lua tests NAME.lua beside it, which is loaded before it.
public struct RecipeTests {
    /// The file that declares the tests.
    public let file: String
    /// What it tests, when that is another file.
    public let subject: String?
    /// How they are run.
    public var mode = ScriptOptions.TestMode()
    /// Arguments of the scripts, where a test names none.
    public var arguments: [String] = []
    /// Tests know nothing of globals that scripts make.
    public var allowsGlobals = false

    /// The tests of `file`.
    public init(file: String) {
        self.file = file
        let ending = "_test.lua"
        let name = file.hasSuffix(ending) ? String(file.dropLast(ending.count)) + ".lua" : nil
        subject = name.flatMap { (try? ScriptFile.read($0)) == nil ? nil : $0 }
    }

    /// True when the text of a file has a call in it: only then is it worth while to run it for what it declares.
    ///
    /// - Parameters:
    ///   - call: "mos.test" or "mos.bench".
    ///   - file: the file.
    /// - Returns: also true when it cannot be read, which somebody must be told.
    public static func mayDeclare(_ call: String, file: String) -> Bool {
        guard let bytes = try? ScriptFile.read(file) else { return true }
        return String(decoding: bytes, as: UTF8.self).contains(call)
    }

    /// The tests that the file declares; its top level is run for that, without packets.
    ///
    /// - Returns: in the order of the file.
    /// - Throws: that the file cannot be read, is not Lua, or raised an error.
    public func list() throws -> [RecipeTest] { try list("tests") }

    /// The benches that it declares.
    ///
    /// - Returns: in the order of the file.
    /// - Throws: as ``list()``.
    public func benches() throws -> [RecipeTest] { try list("benches") }

    private func list(_ what: String) throws -> [RecipeTest] {
        var settings = Settings()
        settings.maxFlows = 16
        let worker = try Worker(inputs: Inputs([]), settings: settings, seed: .fixed)
        let calls = EngineCalls(worker, writer: try RecordWriter(path: "/dev/null"))
        var options = ScriptOptions()
        options.tests = mode
        options.arguments = arguments
        options.allowsGlobals = allowsGlobals
        let host = try unsafe ScriptHost(api: calls.api, options: options)
        _ = try host.callForTest("begin_test")
        try host.load(file: file)
        let text = String(decoding: try host.callForTest("list_tests", what), as: UTF8.self)
        return RecipeTest.read(text)
    }

    /// Runs one of them.
    ///
    /// - Parameter test: which.
    /// - Returns: what it came to; what keeps it from being run is a failure of it, too.
    public func run(_ test: RecipeTest) -> RecipeTestResult {
        do {
            if let problem = test.problem {
                throw ScriptError.script("\(test.file):\(test.line): \(problem)")
            }
            return try runUnchecked(test)
        } catch let error as ScriptError {
            return RecipeTestResult(failure: error.description)
        } catch {
            return RecipeTestResult(failure: "\(test.file):\(test.line): \(error)")
        }
    }

    private func runUnchecked(_ test: RecipeTest) throws -> RecipeTestResult {
        let settings = try settings(of: test)
        let ports = (0..<(test.inline == nil ? 1 : 2)).map { port in
            LadderSource(port, name: ["client", "server"][port])
        }
        let worker = try Worker(
            inputs: try inputs(of: test, ports),
            settings: settings,
            seed: .fixed
        )
        let calls = EngineCalls(worker, writer: try RecordWriter(path: "/dev/null"))
        let host = try unsafe ScriptHost(api: calls.api, options: options(of: test, settings))
        _ = try host.callForTest("begin_test")
        try load(into: host)
        let bytes = try host.callForTest("prepare_test", String(test.number))
        let ladder = Ladder(Ladder.Step.read(bytes), ports: ports.count)
        let departed = Departed()
        for port in ports {
            port.ladder = ladder
            port.onDeparture = departed.add
        }
        _ = try host.run()
        _ = try host.report()
        let problems = calls.withWorker { $0.inputErrors.map(\.description) }
        var result = RecipeTestResult(
            String(
                decoding: try host.callForTest("finish_test", bytes: departed.bytes),
                as: UTF8.self
            )
        )
        result.failures += problems.map { "\(test.file):\(test.line): \($0)" }
        return result
    }

    func load(into host: ScriptHost) throws {
        if let subject { try host.load(file: subject) }
        try host.load(file: file)
    }

    func options(of test: RecipeTest, _ settings: Settings) -> ScriptOptions {
        var options = ScriptOptions()
        options.tests = mode
        options.arguments = test.arguments.isEmpty ? arguments : test.arguments
        options.allowsGlobals = allowsGlobals
        options.errorsInARow = settings.errorsInARow
        options.inline = test.inline
        return options
    }

    /// What the test sets; a key may have `_` in the place of its points, as Lua's names do.
    func settings(of test: RecipeTest) throws -> Settings {
        var settings = Settings()
        for assignment in test.settings {
            let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
            let name = parts.first ?? ""
            let known = Settings.all.first {
                $0.key.replacing(".", with: "_") == name.replacing(".", with: "_")
            }
            try settings.set(known?.key ?? name, to: parts.count > 1 ? parts[1] : "")
        }
        return settings
    }

    /// A path that a test names, from the folder of its file on.
    func besideFile(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return (file.lastIndex(of: "/").map { String(file[...$0]) } ?? "") + path
    }

    private func inputs(of test: RecipeTest, _ ports: [LadderSource]) throws -> Inputs {
        guard let capture = test.capture else {
            var inputs = Inputs(ports, peers: ports.count > 1 ? [1, 0] : [])
            inputs.leavesWhenIdle = true
            return inputs
        }
        if test.inline != nil {
            throw ScriptError.script("an inline test makes its packets; it takes no capture")
        }
        var inputs = Inputs(try CaptureFileSource.open(path: besideFile(capture), shares: 1))
        inputs.filter = try test.filter.map { try FrameFilter($0) }
        return inputs
    }
}
