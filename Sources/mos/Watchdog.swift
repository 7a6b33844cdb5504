// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Glibc
import Outputs
import Scripting

/// Ends the run when a script's function does not come to its end: one thread for the scripts of all workers.
///
/// It looks now and then whether something new has begun; a worker costs that nothing.
final class Watchdog {
    private struct Charge {
        let name: String
        let member: Crew.Member
        let watch: ScriptWatch
        var clock: RunawayClock
        var epoch: UInt32 = 0
    }

    private let limit: Double
    private let stop: StopRequests
    private let forwardsAlone: Bool
    private let monitor = Monitor()
    private var charges: [Charge] = []
    private var isOver = false
    private var thread: WorkerThread?

    /// Begins to watch those that ``add(_:name:)`` names.
    ///
    /// - Parameters:
    ///   - limit: seconds that a callback may take.
    ///   - stop: what ends the run of other workers.
    ///   - forwardsAlone: packets still pass when the scripts have stopped.
    /// - Throws: that there is no thread to be had.
    init(limit: Double, stop: StopRequests, forwardsAlone: Bool) throws {
        self.limit = limit
        self.stop = stop
        self.forwardsAlone = forwardsAlone
        thread = WorkerThread(on: nil) { [unowned self] in run() }
        if thread == nil { throw Failure(ExitStatus.usage, "runaway: the system refuses a thread") }
    }

    /// Watches the scripts of one more worker.
    func add(_ member: Crew.Member, name: String) {
        guard let watch = member.host.watch else { return }
        monitor.hold {
            let clock = RunawayClock(limit: limit)
            charges.append(Charge(name: name, member: member, watch: watch, clock: clock))
        }
    }

    /// Ends the thread.
    func finish() {
        monitor.hold {
            isOver = true
            monitor.wakeAll()
        }
        thread?.join()
    }

    private func run() {
        Signals.blockForThisThread()
        let pause = Int(min(max(limit * 50, 5), 100))
        var last = Self.seconds()
        while isWanted(after: pause) {
            let now = Self.seconds()
            // More is time in which the process was stopped, or the machine slept.
            let elapsed = min(now - last, Double(pause) * 0.002)
            last = now
            monitor.hold { for index in charges.indices { look(index, elapsed) } }
        }
    }

    private func isWanted(after milliseconds: Int) -> Bool {
        monitor.hold {
            if !isOver { monitor.wait(milliseconds: milliseconds) }
            return !isOver
        }
    }

    private func look(_ index: Int, _ elapsed: Double) {
        let look = charges[index].watch.look(previous: charges[index].epoch)
        charges[index].epoch = look.epoch
        guard let verdict = charges[index].clock.note(look, elapsed: elapsed),
            let place = charges[index].watch.stop(at: look.epoch, verdict)
        else { return }
        end(charges[index], verdict, place)
    }

    /// Says what does not end, saves what can be, and ends the process.
    private func end(
        _ charge: Charge,
        _ verdict: RunawayClock.Verdict,
        _ place: ScriptWatch.Whereabouts
    ) -> Never {
        Diagnostics.write(Self.message(charge.name, verdict, place))
        endAnyhow(after: 3)
        if forwardsAlone, place.isSteady { forward(charge) }
        stop.halt()
        leaveOthers(charge)
        if place.isSteady {
            charge.member.writer.advance(to: .last)
            Diagnostics.write(Summary(charges.map(\.member.calls)).text)
        } else {
            Diagnostics.say("mos: records that were not written yet are lost")
        }
        _exit(ExitStatus.script)
    }

    /// Gives the other workers time to end; those that do not are stuck alike.
    private func leaveOthers(_ charge: Charge) {
        let others = charges.filter { $0.watch !== charge.watch }
        for _ in 0..<100 where others.contains(where: { $0.watch.isInside }) { usleep(10_000) }
        for other in others where other.watch.isInside { other.member.writer.abandon() }
    }

    /// Inline, open: packets pass without the scripts, until the user ends it.
    private func forward(_ charge: Charge) -> Never {
        Diagnostics.say("mos: packets pass without the scripts until Ctrl-C")
        charge.member.writer.flush()
        alarm(0)
        Signals.allowForThisThread()
        charge.member.calls.withWorker { $0.forwardAlone() }
        Diagnostics.write(Summary([charge.member.calls]).text)
        _exit(ExitStatus.script)
    }

    /// What is saved may wait for a lock that nobody gives back, or a reader that does not read.
    private func endAnyhow(after seconds: UInt32) {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in _exit(1) }
        _ = unsafe sigaction(SIGALRM, &action, nil)
        alarm(seconds)
    }

    private static func message(
        _ name: String,
        _ verdict: RunawayClock.Verdict,
        _ place: ScriptWatch.Whereabouts
    ) -> String {
        let what =
            switch verdict {
            case .running(let seconds): "has been running for \(tenths(seconds)) s and does not end"
            case .blocked(let seconds): "has been blocked for \(tenths(seconds)) s"
            }
        let head = "mos: \(name)\(place.subject) \(what): the run ends (setting 'runaway')"
        return ([head] + place.details).joined(separator: "\n") + "\n"
    }

    private static func tenths(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func seconds() -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
