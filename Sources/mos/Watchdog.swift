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
        weak var host: ScriptHost?
        let calls: EngineCalls
        /// Others run as long as it does not: it may fail.
        let isReplacing: Bool
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
    /// What all workers saw and lost.
    var summary: () -> String = { "" }

    /// Begins to watch those that ``add(_:_:isReplacing:)`` names.
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

    /// Watches one more state, for as long as it is there.
    func add(_ host: ScriptHost, _ calls: EngineCalls, isReplacing: Bool) {
        guard host.watch != nil else { return }
        let clock = RunawayClock(limit: limit)
        let charge = Charge(host: host, calls: calls, isReplacing: isReplacing, clock: clock)
        monitor.hold {
            charges.removeAll { $0.host == nil }
            charges.append(charge)
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
        guard let host = charges[index].host, let watch = host.watch else { return }
        let look = watch.look(previous: charges[index].epoch)
        charges[index].epoch = look.epoch
        guard let verdict = charges[index].clock.note(look, elapsed: elapsed) else { return }
        if charges[index].isReplacing, watch.isLoading {
            watch.interrupt(at: look.epoch)
        } else if let place = watch.stop(at: look.epoch, verdict) {
            end(charges[index], host, verdict, place)
        }
    }

    /// Says what does not end, saves what can be, and ends the process.
    private func end(
        _ charge: Charge,
        _ host: ScriptHost,
        _ verdict: RunawayClock.Verdict,
        _ place: ScriptWatch.Whereabouts
    ) -> Never {
        let name = charge.calls.workers > 1 ? "worker \(charge.calls.index): " : ""
        let forwards = forwardsAlone && place.isSteady
        let end = forwards ? "the scripts end" : "the run ends"
        Diagnostics.write(Self.message(name, verdict, place, end))
        endAnyhow(after: 3)
        if forwards { forward(charge) }
        stop.halt()
        leaveOthers(host)
        if place.isSteady {
            charge.calls.writer.advance(to: .last)
            Diagnostics.write(summary())
        } else {
            Diagnostics.say("mos: records that were not written yet are lost")
        }
        _exit(ExitStatus.script)
    }

    /// Gives the other workers time to end; those that do not are stuck alike.
    private func leaveOthers(_ host: ScriptHost) {
        func isStuck(_ charge: Charge) -> Bool {
            charge.host !== host && charge.host?.watch?.isInside == true
        }
        for _ in 0..<100 where charges.contains(where: isStuck) { usleep(10_000) }
        for other in charges where isStuck(other) { other.calls.writer.abandon() }
    }

    /// Inline, open: packets pass without the scripts, until the user ends it.
    private func forward(_ charge: Charge) -> Never {
        Diagnostics.say("mos: packets pass without the scripts until Ctrl-C")
        charge.calls.writer.flush()
        alarm(0)
        Signals.allowForThisThread()
        charge.calls.withWorker { $0.forwardAlone() }
        Diagnostics.write(summary())
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
        _ place: ScriptWatch.Whereabouts,
        _ end: String
    ) -> String {
        let what =
            switch verdict {
            case .running(let seconds): "has been running for \(tenths(seconds)) s and does not end"
            case .blocked(let seconds): "has been blocked for \(tenths(seconds)) s"
            }
        let head = "mos: \(name)\(place.subject) \(what): \(end) (setting 'runaway')"
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
