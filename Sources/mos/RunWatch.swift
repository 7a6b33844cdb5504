// SPDX-License-Identifier: BSD-2-Clause
import Engine
import Glibc
import Outputs
import Scripting

/// What happens beside the packets: lines are flushed when the input is idle, counters printed when asked for, and a
/// terminal sees how far a long capture is.
final class RunWatch {
    private let members: [Crew.Member]
    private let reloader: Reloader
    private let isLive: Bool
    private let showsProgress: Bool
    private let started = RunWatch.seconds()
    private var lastShown = 0.0
    private var hasShown = false

    init(_ members: [Crew.Member], _ reloader: Reloader, isLive: Bool) {
        self.members = members
        self.reloader = reloader
        self.isLive = isLive
        showsProgress = !isLive && Diagnostics.isTerminal
        for (index, member) in members.enumerated() {
            member.calls.withWorker { worker in
                worker.onBreath { [unowned self] in self.breathe(member, isFirst: index == 0) }
            }
        }
    }

    /// Takes the progress line away.
    func finish() {
        for member in members { member.calls.withWorker { worker in worker.onBreath(nil) } }
        if hasShown { Diagnostics.write("\r\u{1B}[K") }
    }

    /// Called by each worker on its own thread; what concerns all is done by the first.
    private func breathe(_ member: Crew.Member, isFirst: Bool) {
        if member.writer.isMerged {
            member.writer.advance(to: member.calls.withWorker { $0.position })
        } else if isLive {
            member.writer.flush()
        }
        guard isFirst else { return }
        if Interruption.takeReloadRequest() { reloader.request() }
        if Interruption.takeReportRequest() {
            Diagnostics.write(Summary.allCounters(members.map(\.counters)))
        }
        if showsProgress { progress() }
    }

    private func progress() {
        let now = Self.seconds() - started
        guard now > 1, now - lastShown > 0.2 else { return }
        lastShown = now
        hasShown = true
        let share = members[0].calls.withWorker { $0.progress }
        let packets = members.reduce(0) { $0 + $1.counters.value(.packets) }
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
