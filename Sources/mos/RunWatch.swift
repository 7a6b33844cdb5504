// SPDX-License-Identifier: BSD-2-Clause
import Engine
import Glibc
import Outputs
import Scripting

/// What happens beside the packets: lines are flushed when the input is idle, counters printed when asked for, and a
/// terminal sees how far a long capture is.
final class RunWatch {
    private let calls: EngineCalls
    private let writer: RecordWriter
    private let isLive: Bool
    private let showsProgress: Bool
    private let started = RunWatch.seconds()
    private var lastShown = 0.0
    private var hasShown = false

    init(_ calls: EngineCalls, writer: RecordWriter, isLive: Bool) {
        self.calls = calls
        self.writer = writer
        self.isLive = isLive
        showsProgress = !isLive && Diagnostics.isTerminal
        calls.withWorker { worker in worker.onBreath { [unowned self] in self.breathe() } }
    }

    /// Takes the progress line away.
    func finish() {
        calls.withWorker { worker in worker.onBreath(nil) }
        if hasShown { Diagnostics.write("\r\u{1B}[K") }
    }

    private func breathe() {
        if isLive { writer.flush() }
        if Interruption.takeReportRequest() {
            let text = calls.withWorker { Summary($0).allCounters }
            Diagnostics.write(text)
        }
        if showsProgress { progress() }
    }

    private func progress() {
        let now = Self.seconds() - started
        guard now > 1, now - lastShown > 0.2 else { return }
        lastShown = now
        hasShown = true
        let (packets, share) = calls.withWorker { ($0.value(.packets), $0.progress) }
        var line = "\r\u{1B}[K"
        if let share {
            let filled = Int(share * 30)
            line +=
                "[" + String(repeating: "#", count: filled)
                + String(repeating: ".", count: 30 - filled) + "] \(Int(share * 100)) % "
        }
        Diagnostics.write(line + "\(Int(packets)) packets")
    }

    private static func seconds() -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
