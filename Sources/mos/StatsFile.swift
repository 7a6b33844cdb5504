// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Glibc
import Outputs
import Scripting

/// The counters of all workers in a file for Prometheus, written anew every second by a thread of its own.
final class StatsFile {
    private let file: ReplacedFile
    private let members: [EngineCalls]
    /// What each counter counts.
    private let meanings: [String]
    private let started = ProcessFacts.startTime ?? .nan
    private let monitor = Monitor()
    private var isOver = false
    /// A failure was said already.
    private var hasComplained = false
    private var thread: WorkerThread?

    /// Writes the file for the first time and begins to renew it.
    ///
    /// - Throws: that it cannot be written.
    init(_ path: String, _ members: [EngineCalls]) throws {
        self.members = members
        meanings = try Manual().counterMeanings()
        do throws(OutputError) {
            file = try ReplacedFile(path: path)
            try write()
        } catch {
            throw Failure(ExitStatus.usage, "--stats: \(error.description)")
        }
        thread = WorkerThread(on: nil) { [unowned self] in renew() }
        if thread == nil {
            throw Failure(ExitStatus.usage, "--stats: the system refuses a thread")
        }
    }

    /// Ends the thread and writes the file for the last time.
    func finish() {
        monitor.hold {
            isOver = true
            monitor.wakeAll()
        }
        thread?.join()
        writeOrComplain()
    }

    private func renew() {
        Signals.blockForThisThread()
        while isWanted() { writeOrComplain() }
    }

    /// Waits a second, or until the run is over; true when it is not.
    private func isWanted() -> Bool {
        monitor.hold {
            if !isOver { monitor.wait(seconds: 1) }
            return !isOver
        }
    }

    private func writeOrComplain() {
        do throws(OutputError) {
            try write()
        } catch {
            if hasComplained { return }
            hasComplained = true
            Diagnostics.say("mos: --stats: \(error.description); the run goes on")
        }
    }

    private func write() throws(OutputError) { try file.replace(with: Array(text.utf8)) }

    private var text: String {
        var text = MetricsText()
        text.add(
            "mos_info",
            .gauge,
            help: "the program",
            [.init(1, labels: [("version", version)])]
        )
        let values = members.map { $0.counterValues() }
        for (index, name) in Counter.names.enumerated() {
            let isGauge = index == Counter.flowsOpen.rawValue
            text.add(
                isGauge ? "mos_\(name)" : "mos_\(name)_total",
                isGauge ? .gauge : .counter,
                help: index < meanings.count ? meanings[index] : name,
                values.enumerated().map { worker, counters in
                    .init(counters[index].value, labels: [("worker", "\(worker)")])
                }
            )
        }
        text.add(
            "process_resident_memory_bytes",
            .gauge,
            help: "memory in use",
            [.init(ProcessFacts.residentBytes ?? .nan)]
        )
        text.add(
            "process_start_time_seconds",
            .gauge,
            help: "when the process began, in Unix time",
            [.init(started)]
        )
        return text.text
    }
}
