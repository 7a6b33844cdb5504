// SPDX-License-Identifier: BSD-2-Clause
import Engine
import Glibc
import Outputs
import Packets
import Scripting

/// The workers of a run, each with its own sources, tables, Lua state and writer.
final class Crew {
    /// One of them.
    struct Member {
        let runner: ScriptRunner
        let writer: RecordWriter
        /// For other threads: the counters, which stay where they are.
        let counters: EngineCalls

        init(_ version: ScriptVersion, _ writer: RecordWriter) {
            runner = ScriptRunner(version)
            self.writer = writer
            counters = version.calls
        }

        /// The calls of the scripts that run; on the worker's thread.
        var calls: EngineCalls { runner.current.calls }
    }

    /// How the run of a worker's scripts ended.
    typealias Ending = Result<ScriptHost.Outcome, ScriptError>

    private(set) var members: [Member] = []
    private let stop: StopRequests
    /// Where they hand over what scripts know; nil for one alone.
    private let meeting: Meeting?
    /// Threads bound to processors; without them the one worker runs on the thread that calls.
    private let hasThreads: Bool
    private var results: [Slot] = []
    /// Told on a worker's thread that it has ended.
    var onEnd: (Int) -> Void = { _ in }
    private let processors = Processors.allowed

    /// Where one worker leaves how it ended.
    private final class Slot {
        var ending: Ending?
    }

    init(stop: StopRequests, meeting: Meeting?, hasThreads: Bool) {
        self.stop = stop
        self.meeting = meeting
        self.hasThreads = hasThreads
    }

    func add(_ member: Member) { members.append(member) }

    /// Runs all scripts over all packets.
    ///
    /// - Returns: how they ended, of all workers together.
    /// - Throws: why a worker could not run.
    func run() throws -> ScriptHost.Outcome {
        results = members.map { _ in Slot() }
        if hasThreads {
            try runThreads()
        } else {
            results[0].ending = run(0)
        }
        var sum = ScriptHost.Outcome(errors: 0, wasStopped: false)
        for case .some(let ending) in results.map(\.ending) {
            let outcome = try ending.get()
            sum.errors += outcome.errors
            sum.wasStopped = sum.wasStopped || outcome.wasStopped
        }
        return sum
    }

    /// Runs what scripts do once, on what all workers know; all have ended.
    ///
    /// - Returns: what went wrong in it.
    /// - Throws: that what workers know cannot be made into one.
    func report() throws -> ScriptHost.Outcome {
        defer { members[0].writer.advance(to: .last) }
        return try members[0].runner.current.host.report()
    }

    /// Writes what the callbacks of all workers cost.
    ///
    /// - Parameter file: where to; nil = standard error.
    /// - Throws: that it cannot be written.
    func tellProfile(_ file: ReplacedFile?) throws {
        do {
            let hosts = members.map(\.runner.current.host)
            let text = try hosts[0].profile(of: hosts.map { try $0.profileShare() })
            guard let file else { return Diagnostics.write(text) }
            try file.replace(with: Array(text.utf8))
        } catch let error as ScriptError {
            throw Failure(error.exitStatus, "--profile: \(error.description)")
        } catch let error as OutputError {
            throw Failure(ExitStatus.input, "--profile: \(error.description)")
        }
    }

    /// Where the workers run and what their tables lie on.
    var placement: String {
        let count = members.count
        var text = count == 1 ? "1 worker" : "\(count) workers"
        if hasThreads, !processors.isEmpty {
            let used = processors.prefix(count)
            let names = used.prefix(16).map(String.init) + (used.count > 16 ? ["..."] : [])
            text += (used.count == 1 ? " on processor " : " on processors ")
            text += names.joined(separator: ", ")
        }
        return text + "; tables on " + TransparentHugePages.tables
    }

    private func runThreads() throws {
        let threads = members.indices.map { index in
            // Each thread touches a member and a slot of its own.
            let processor = processors.isEmpty ? nil : processors[index % processors.count]
            return WorkerThread(on: processor) { self.work(index) }
        }
        for (index, thread) in threads.enumerated() where thread == nil {
            // The others must not wait for it.
            members[index].calls.withWorker { $0.closeInputs() }
            meeting?.leave(index)
            stop.halt()
        }
        for case .some(let thread) in threads { thread.join() }
        if threads.contains(where: { $0 == nil }) {
            throw Failure(ExitStatus.usage, "the system refuses \(members.count) threads")
        }
    }

    private func work(_ index: Int) {
        results[index].ending = run(index)
    }

    private func run(_ index: Int) -> Ending {
        let member = members[index]
        let ending: Ending
        do throws(ScriptError) {
            ending = .success(try member.runner.run())
        } catch {
            ending = .failure(error)
        }
        member.writer.advance(to: .last)
        onEnd(index)
        // One that is alone may still be needed: inline it forwards without its scripts.
        if members.count > 1 { leave(index, ending) }
        return ending
    }

    /// Whatever ended it, the others must not wait for it; and a script that stops, stops them all.
    private func leave(_ index: Int, _ ending: Ending) {
        members[index].calls.withWorker { $0.closeInputs() }
        meeting?.leave(index)
        if case .success(let outcome) = ending, !outcome.wasStopped { return }
        stop.halt()
    }
}
