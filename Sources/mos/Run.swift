// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import Engine
import Flows
import Glibc
import Outputs
import Packets
import Scripting

/// `mos run`: scripts over packets.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run scripts over captures or live traffic.",
        discussion: """
            Records go to standard output, everything else to standard error. Exit codes: 0 fine, 1 script \
            error, 2 usage or syntax, 3 input unreadable or cut short, 5 packets lost (--fail-on-drop), 130 \
            interrupted.
            """
    )

    @Argument(help: ArgumentHelp("Lua scripts to run, all in one state.", valueName: "script"))
    var scripts: [String] = []

    @Option(
        name: [.customShort("e"), .customLong("execute")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A script on the command line, with the short names of 'mos doc oneliners'.",
            valueName: "code"
        )
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
            How records are written: json, one object a line (default); text, aligned key=value; tsv, \
            columns between tabs. With json or tsv, what one-liners count is written as records too.
            """
    )
    var format: ScriptOptions.Format?

    @OptionGroup var engine: EngineOptions

    @Option(
        help: ArgumentHelp(
            "Workers, each on a processor of its own, with its own share of the connections.",
            valueName: "n"
        )
    )
    var cores: Int?

    @Flag(help: "Write the records of all workers in the order of the input.")
    var ordered = false

    @Flag(
        help: """
            End with exit code 5 when packets or flows were lost for want of speed or room: dropped by \
            kernel, interface, ring or transmit queue; refused by a full table, evicted from it, shed; \
            no room for fragments, or in the buffer pool.
            """
    )
    var failOnDrop = false

    @Option(
        help: ArgumentHelp(
            "Keep the counters of all workers in a file, for Prometheus; it is replaced every second.",
            valueName: "file"
        )
    )
    var stats: String?

    @Option(
        help: ArgumentHelp(
            """
            Go on as that user once ports and files are open, before scripts are read: they, and what they \
            open, must be readable for it. Needs root.
            """,
            valueName: "name"
        )
    )
    var user: String?

    @Option(
        help: ArgumentHelp(
            """
            End the run, with exit code 1, when a callback takes longer: seconds, off, or auto (1 live, off \
            for captures). The same as --set runaway=.
            """,
            valueName: "seconds"
        )
    )
    var runaway: String?

    @Option(
        help: ArgumentHelp(
            """
            Measure what callbacks cost, and say at the end on standard error, or in a file \
            (--profile=FILE), what LuaJIT did not compile, and why.
            """,
            valueName: "file"
        )
    )
    var profile: String?

    @Flag(
        help: """
            Load scripts again when their files change, those that they require included; flows go on \
            (SIGUSR2 does it once).
            """
    )
    var watch = false

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
        if watch, scripts.isEmpty {
            throw ValidationError("--watch watches script files, and there is none.")
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
        if let cores, cores < 1 || cores > 1024 {
            throw ValidationError("--cores is 1 to 1024, not \(cores).")
        }
        if let cores, cores > 1, input.inline != nil {
            throw ValidationError("--inline works with one worker; leave --cores out.")
        }
        if !input.files.isEmpty, !input.interfaces.isEmpty {
            throw ValidationError("Captures (-r) and interfaces (-i) cannot be read in one run.")
        }
    }

    mutating func run() throws {
        var settings = try engine.settings()
        if let runaway { try settings.assign("runaway", runaway) }
        let user = try self.user.map { try UnprivilegedUser($0) }
        RecordWriter.ignoreBrokenPipes()
        let target = try openOutput()
        let stop = Interruption.install()
        let count = cores ?? 1
        let inputs = try input.open(stop: stop, settings: settings, workers: count)
        try user?.become()
        let merger = ordered && count > 1 ? RecordMerger(target, workers: count) : nil
        let meeting = count > 1 ? Meeting(members: count, waits: inputs.showsEverything) : nil
        let crew = Crew(stop: stop, meeting: meeting, hasThreads: cores != nil)
        let watchdog = try watchdog(settings, stop, isLive: inputs.isLive)
        defer { watchdog?.finish() }
        for index in 0..<count {
            let writer = merger.map { RecordWriter(merging: $0, worker: index) }
            let own = writer ?? RecordWriter(target)
            try crew.add(member(index, meeting, inputs, own, settings, watchdog))
        }
        let profileFile = try profileFile()
        let statsFile = try stats.map { try StatsFile($0, crew.members.map(\.counters)) }
        if inputs.isLive || cores != nil { Diagnostics.say("mos: " + crew.placement) }
        // However the run ends, the thread that writes it ends first.
        defer { statsFile?.finish() }
        let command = self
        let scriptOptions = options(settings, crew.members[0].writer)
        watchdog?.summary = { Summary(crew.members.map(\.counters)).text }
        let reloader = Reloader(crew) { calls, number throws(ScriptError) in
            try command.load(calls, scriptOptions, number, watchdog)
        }
        defer { reloader.finish() }
        if watch { try reloader.watch(crew.members[0].runner.current.host.files()) }
        let runWatch = RunWatch(crew.members, reloader, isLive: inputs.isLive)
        let outcome = try runWatched(crew, runWatch, stop)
        Diagnostics.write(Summary(crew.members.map(\.calls)).text)
        if profile != nil { try crew.tellProfile(profileFile) }
        try conclude(crew, target, outcome, stop)
    }

    private func runWatched(_ crew: Crew, _ watch: RunWatch, _ stop: StopRequests) throws
        -> ScriptHost.Outcome
    {
        defer { watch.finish() }
        do {
            var outcome = try crew.run()
            if outcome.wasStopped, input.inline == .failOpen, !stop.isRaised {
                Diagnostics.say(
                    "mos: the scripts have stopped; packets pass without them until Ctrl-C"
                )
                crew.members[0].calls.withWorker { $0.forwardAlone() }
            }
            outcome.errors += try crew.report().errors
            return outcome
        } catch let error as ScriptError {
            throw Failure(error.exitStatus, error.description)
        }
    }

    private func member(
        _ index: Int,
        _ meeting: Meeting?,
        _ inputs: OpenedInputs,
        _ writer: RecordWriter,
        _ settings: Settings,
        _ watchdog: Watchdog?
    ) throws -> Crew.Member {
        let worker: Worker
        let own = try inputs.inputs(of: index)
        do throws(WorkerError) {
            worker = try Worker(
                inputs: own,
                settings: settings,
                seed: inputs.isLive ? .random() : .fixed,
                share: WorkerShare(
                    index: index,
                    of: meeting?.members ?? 1,
                    decapsulation: settings.decapsulation
                )
            )
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
        let calls = EngineCalls(worker, writer: writer, meeting: meeting, index: index)
        do throws(ScriptError) {
            let version = try load(calls, options(settings, writer), 1, watchdog)
            return Crew.Member(version, writer)
        } catch {
            writer.flush()
            let reader = if case .unreadable = error, let user { " (as \(user))" } else { "" }
            throw Failure(error.exitStatus, error.description + reader)
        }
    }

    /// A Lua state over those calls with all scripts.
    private func load(
        _ calls: EngineCalls,
        _ options: ScriptOptions,
        _ number: Int,
        _ watchdog: Watchdog?
    ) throws(ScriptError) -> ScriptVersion {
        var options = options
        options.isWatched = watchdog != nil
        options.isReplacing = number > 1
        let host = try unsafe ScriptHost(api: calls.api, options: options)
        watchdog?.add(host, calls, isReplacing: number > 1)
        for path in scripts { try host.load(file: path) }
        for (index, text) in code.enumerated() {
            try host.load(code: text, name: code.count == 1 ? "-e" : "-e \(index + 1)")
        }
        return ScriptVersion(calls: calls, host: host, number: number)
    }

    /// Where `--profile` writes, nil = standard error.
    private func profileFile() throws -> ReplacedFile? {
        guard let profile, profile != "-" else { return nil }
        do throws(OutputError) {
            let file = try ReplacedFile(path: profile)
            try file.replace(with: [])
            return file
        } catch {
            throw Failure(ExitStatus.usage, "--profile: \(error.description)")
        }
    }

    private func watchdog(_ settings: Settings, _ stop: StopRequests, isLive: Bool) throws
        -> Watchdog?
    {
        let limit = settings.runaway ?? (isLive ? 1 : 0)
        guard limit > 0 else { return nil }
        let forwardsAlone = input.inline == .failOpen
        return try Watchdog(limit: limit, stop: stop, forwardsAlone: forwardsAlone)
    }

    private func openOutput() throws -> RecordTarget {
        guard let output else { return RecordTarget(descriptor: 1) }
        do {
            return try RecordTarget(path: output)
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
    }

    private func options(_ settings: Settings, _ writer: RecordWriter) -> ScriptOptions {
        var options = ScriptOptions()
        options.format = format ?? .json
        options.writesAggregatesAsRecords = format != nil && format != .text
        options.isStrict = strict
        options.allowsGlobals = allowGlobals
        options.outputIsTerminal = writer.isTerminal
        options.errorsInARow = settings.errorsInARow
        options.memoryLimit = settings.scriptMemory
        options.isProfiled = profile != nil
        options.inline = input.inline
        options.arguments = CommandWords.forScripts
        return options
    }

    /// Picks the exit code: what is worst first.
    private func conclude(
        _ crew: Crew,
        _ target: RecordTarget,
        _ outcome: ScriptHost.Outcome,
        _ stop: StopRequests
    ) throws {
        let summary = Summary(crew.members.map(\.calls))
        if let failure = target.takeFailure(), !failure.isBrokenPipe {
            throw Failure(
                ExitStatus.input,
                "\(failure.description); \(target.lost) records are lost"
            )
        }
        if outcome.errors > 0 { throw Failure(ExitStatus.script) }
        if !summary.inputErrors.isEmpty { throw Failure(ExitStatus.input) }
        if failOnDrop, summary.hasDrops { throw Failure(ExitStatus.dropped) }
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
