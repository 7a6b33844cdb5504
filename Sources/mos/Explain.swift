// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import Engine
import Glibc
import Outputs
import Packets
import Scripting

/// `mos explain`: captures as ladders, with what the engine made of each packet.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the engine makes of each packet of a capture, and which events fire.",
        discussion: """
            FILTER is a libpcap expression in one or several words. It selects flows by their first packet, as the \
            'syn' filter of a script's socket does, and packets that belong to no flow.

            Each flow is shown as a whole when it ends: the client on the left, the server on the right, one packet \
            a rung, numbers relative to the beginning of their stream, times to that of the flow; below a packet \
            what the reconstruction decided. Flows that run at the same time would tear each other's ladders apart; \
            --interleaved shows packets as they come, each line tagged with its flow. What is kept of a flow until \
            it ends is bounded (--packets); what is left out is said. Packets of no flow stand between, with why.

            'mos doc explain' has an example and what the words mean. Exit codes: 0 fine, 2 usage, 3 input \
            unreadable or cut short, 130 interrupted.
            """
    )

    @Argument(help: ArgumentHelp("Which flows: a libpcap expression.", valueName: "filter"))
    var filter: [String] = []

    @Option(
        name: [.customShort("r"), .customLong("read")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Read a capture (pcap, pcapng, gzip of them), or those in a directory; '-' is standard input.",
            valueName: "file"
        )
    )
    var files: [String] = []

    @Flag(
        name: .shortAndLong,
        help: "Show every event with hook and side, in the order in which callbacks would run."
    )
    var events = false

    @Option(
        name: .customLong("flow"),
        help: ArgumentHelp(
            "Show that flow only, by the number in its heading; may be given several times.",
            valueName: "n"
        )
    )
    var flows: [Int] = []

    @Option(help: ArgumentHelp("Show no more than the first n flows, and stop.", valueName: "n"))
    var maxFlows: Int?

    @Option(
        help: ArgumentHelp(
            "Rows kept of a flow until it ends, the last ones among them; 0 keeps all.",
            valueName: "n"
        )
    )
    var packets = 1000

    @Flag(help: "Show each packet as it comes, tagged with its flow.")
    var interleaved = false

    @Option(help: "text, or json: one object for each packet and each end of a flow.")
    var format = Format.text

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write to a file.", valueName: "file")
    )
    var output: String?

    @Option(
        name: [.customShort("c"), .customLong("count")],
        help: ArgumentHelp("End after that many packets of the capture.", valueName: "n")
    )
    var count: UInt64?

    @OptionGroup var engine: EngineOptions

    /// How rows are written.
    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    /// The words of the filter, those behind `--` too.
    private var expression: String? {
        let text = (filter + CommandWords.forScripts).joined(separator: " ")
        return text.allSatisfy(\.isWhitespace) ? nil : text
    }

    /// The filter, where it is a file: `-r` was forgotten.
    private var namedFile: String? {
        guard filter.count == 1, unsafe access(filter[0], F_OK) == 0 else { return nil }
        return filter[0]
    }

    func validate() throws {
        if files.isEmpty {
            throw ValidationError(
                "No capture: -r \(namedFile ?? "FILE") reads one ('-' is standard input)."
            )
        }
        if count == 0 { throw ValidationError("--count is at least 1.") }
        if packets < 0 { throw ValidationError("--packets is a number of rows, or 0 for all.") }
        if let wrong = (flows + [maxFlows].compactMap { $0 }).first(where: { $0 < 1 }) {
            throw ValidationError("Flows are numbered from 1, not \(wrong).")
        }
    }

    mutating func run() throws {
        let settings = try engine.settings()
        try checkFilter()
        RecordWriter.ignoreBrokenPipes()
        let target = try openTarget()
        let stop = Interruption.install()
        let sources = try files.flatMap { try CaptureFiles.open($0, workers: 1) }.map { $0[0] }
        var inputs = Inputs(sources, stop: stop)
        inputs.packetLimit = count
        let writer = RecordWriter(target)
        do {
            let worker = try Worker(inputs: inputs, settings: settings, seed: .fixed)
            let calls = EngineCalls(worker, writer: writer)
            try explain(calls, writer, stop)
            try conclude(calls, target, stop)
        } catch let error as WorkerError {
            throw Failure(ExitStatus.usage, error.description)
        } catch let error as ScriptError {
            writer.flush()
            throw Failure(error.exitStatus, error.description)
        }
    }

    private func explain(_ calls: EngineCalls, _ writer: RecordWriter, _ stop: StopRequests) throws
    {
        let host = try unsafe ScriptHost(api: calls.api, options: ScriptOptions())
        var explanation = Explanation()
        explanation.filter = expression
        explanation.showsEvents = events
        explanation.isInterleaved = interleaved
        explanation.writesRecords = format == .json
        explanation.hasColour = writer.isTerminal && !Self.refusesColour
        explanation.keepsBytes = !engine.assignments.contains { $0.hasPrefix("keep=") }
        explanation.flows = flows
        explanation.maxFlows = maxFlows
        explanation.packets = packets
        try host.explain(explanation)
        let outcome = try host.run()
        let shown = try host.explained()
        writer.flush()
        Diagnostics.say("mos: " + shown)
        if outcome.errors > 0 { throw Failure(ExitStatus.script) }
    }

    /// NO_COLOR as no-color.org has it, and terminals that have none.
    private static var refusesColour: Bool {
        if let wish = unsafe getenv("NO_COLOR"), unsafe wish.pointee != 0 { return true }
        guard let terminal = unsafe getenv("TERM") else { return true }
        return unsafe String(cString: terminal) == "dumb"
    }

    /// Says what is wrong with the filter before anything is read.
    private func checkFilter() throws {
        guard let expression else { return }
        do throws(SourceError) {
            _ = try FrameFilter(expression)
        } catch {
            var text = error.description
            if let namedFile { text += "; to read the file: -r \(namedFile)" }
            throw Failure(ExitStatus.usage, text)
        }
    }

    private func openTarget() throws -> RecordTarget {
        guard let output else { return RecordTarget(descriptor: 1) }
        do {
            return try RecordTarget(path: output)
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
    }

    private func conclude(_ calls: EngineCalls, _ target: RecordTarget, _ stop: StopRequests) throws
    {
        let summary = Summary([calls])
        Diagnostics.write(summary.text)
        if let failure = target.takeFailure(), !failure.isBrokenPipe {
            throw Failure(
                ExitStatus.input,
                "\(failure.description); \(target.lost) lines are lost"
            )
        }
        if !summary.inputErrors.isEmpty { throw Failure(ExitStatus.input) }
        if stop.isRaised { throw Failure(ExitStatus.interrupted) }
    }
}
