// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import Engine
import Flows
import Glibc
import Outputs
import Scripting

/// `mos run`: scripts over packets.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run scripts over captures or live traffic.",
        discussion: """
            Records go to standard output, everything else to standard error. Exit codes: 0 fine, 1 script \
            error, 2 usage or syntax, 3 input unreadable or cut short, 130 interrupted.
            """
    )

    @Argument(help: ArgumentHelp("Lua scripts to run, all in one state.", valueName: "script"))
    var scripts: [String] = []

    @Option(
        name: [.customShort("e"), .customLong("execute")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A script on the command line.", valueName: "code")
    )
    var code: [String] = []

    @OptionGroup var input: InputOptions

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write records to a file.", valueName: "file")
    )
    var output: String?

    @Option(
        help: """
            How records are written: json, one object a line; text, aligned key=value; tsv, columns \
            between tabs.
            """
    )
    var format = ScriptOptions.Format.json

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a setting; 'mos settings' lists them.", valueName: "key=value")
    )
    var settings: [String] = []

    @Flag(help: "Stop at the first error of a script.")
    var strict = false

    @Flag(help: "Let scripts use globals as plain Lua does.")
    var allowGlobals = false

    func validate() throws {
        if scripts.isEmpty, code.isEmpty {
            throw ValidationError(
                "No script: give a file, or code with -e. 'mos --help' shows more."
            )
        }
        if input.files.isEmpty, input.interfaces.isEmpty {
            throw ValidationError(
                "No input: -r FILE reads a capture ('-' is standard input), -i SOURCE an interface."
            )
        }
        if input.inline != nil, !input.files.isEmpty {
            throw ValidationError(
                "--inline forwards between interfaces (-i); captures (-r) cannot be inline."
            )
        }
        if !input.files.isEmpty, !input.interfaces.isEmpty {
            throw ValidationError("Captures (-r) and interfaces (-i) cannot be read in one run.")
        }
    }

    mutating func run() throws {
        let settings = try engineSettings()
        RecordWriter.ignoreBrokenPipes()
        let writer = try makeWriter()
        let stop = Interruption.install()
        let inputs = try input.open(stop: stop, settings: settings)
        let isLive = inputs.isLive
        let worker: Worker
        do {
            worker = try Worker(
                inputs: inputs,
                settings: settings,
                seed: isLive ? .random() : .fixed
            )
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
        let calls = EngineCalls(worker, writer: writer)
        let watch = RunWatch(calls, writer: writer, isLive: isLive)
        let outcome = try runScripts(calls, writer, settings)
        if outcome.wasStopped, input.inline == .failOpen, !stop.isRaised {
            Diagnostics.say("mos: the scripts have stopped; packets pass without them until Ctrl-C")
            calls.withWorker { $0.forwardAlone() }
        }
        watch.finish()
        writer.flush()
        try conclude(calls, writer, outcome, stop)
    }

    private func engineSettings() throws -> Settings {
        var result = Settings()
        for assignment in settings {
            guard let equals = assignment.firstIndex(of: "=") else {
                throw Failure(
                    ExitStatus.usage,
                    "--set takes key=value, not '\(assignment)'; see 'mos settings'"
                )
            }
            let key = String(assignment[..<equals])
            let value = String(assignment[assignment.index(after: equals)...])
            do {
                try result.set(key, to: value)
            } catch {
                throw Failure(ExitStatus.usage, error.description)
            }
        }
        if input.noChecksums { result.checksums = .off }
        return result
    }

    private func makeWriter() throws -> RecordWriter {
        guard let output else { return RecordWriter(descriptor: 1) }
        do {
            return try RecordWriter(path: output)
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
    }

    private func runScripts(_ calls: EngineCalls, _ writer: RecordWriter, _ settings: Settings)
        throws
        -> ScriptHost.Outcome
    {
        var options = ScriptOptions()
        options.format = format
        options.isStrict = strict
        options.allowsGlobals = allowGlobals
        options.outputIsTerminal = writer.isTerminal
        options.errorsInARow = settings.errorsInARow
        options.inline = input.inline
        options.arguments = CommandWords.forScripts
        do throws(ScriptError) {
            let host = try unsafe ScriptHost(api: calls.api, options: options)
            for path in scripts { try host.load(file: path) }
            for (index, text) in code.enumerated() {
                try host.load(code: text, name: code.count == 1 ? "-e" : "-e \(index + 1)")
            }
            var outcome = try host.run()
            outcome.errors += try host.report().errors
            return outcome
        } catch {
            writer.flush()
            throw Failure(error.exitStatus, error.description)
        }
    }

    /// Says what was seen and lost, and picks the exit code: what is worst first.
    private func conclude(
        _ calls: EngineCalls,
        _ writer: RecordWriter,
        _ outcome: ScriptHost.Outcome,
        _ stop: StopRequests
    ) throws {
        let summary = calls.withWorker { Summary($0) }
        Diagnostics.write(summary.text)
        if let failure = writer.takeFailure(), !failure.isBrokenPipe {
            throw Failure(
                ExitStatus.input,
                "\(failure.description); \(writer.lost) records are lost"
            )
        }
        if outcome.errors > 0 { throw Failure(ExitStatus.script) }
        if !summary.inputErrors.isEmpty { throw Failure(ExitStatus.input) }
        if stop.isRaised { throw Failure(ExitStatus.interrupted) }
    }
}

extension ScriptOptions.Format: ExpressibleByArgument {}
extension ScriptOptions.InlineMode: ExpressibleByArgument {}

extension ScriptError {
    /// The exit code for a script that could not be run.
    var exitStatus: Int32 {
        switch self {
        case .unreadable, .syntax: ExitStatus.usage
        case .outOfMemory, .scriptLibrary, .script: ExitStatus.script
        }
    }
}
