// SPDX-License-Identifier: BSD-2-Clause
import Engine
import Glibc
import Synchronization

/// What signals ask for.
///
/// A handler only counts; the run looks at it between bursts.
enum Interruption {
    private static let stop = StopRequests()
    private static let reports = Atomic<Int>(0)
    private static let reloads = Atomic<Int>(0)

    /// Ctrl-C and SIGTERM end the capture and run the end handlers, a second one aborts; SIGUSR1 prints counters,
    /// SIGUSR2 reloads scripts.
    static func install() -> StopRequests {
        // Made before a handler can need them.
        _ = stop.isRaised
        _ = reports.load(ordering: .relaxed)
        _ = reloads.load(ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            handle(number) { _ in
                if Interruption.stop.raise() > 0 { Glibc._exit(130) }
            }
        }
        handle(SIGUSR1) { _ in Interruption.reports.add(1, ordering: .relaxed) }
        handle(SIGUSR2) { _ in Interruption.reloads.add(1, ordering: .relaxed) }
        return stop
    }

    /// True once for every time that counters were asked for.
    static func takeReportRequest() -> Bool { reports.exchange(0, ordering: .relaxed) > 0 }

    /// True once for every time that a reload was asked for.
    static func takeReloadRequest() -> Bool { reloads.exchange(0, ordering: .relaxed) > 0 }

    private static func handle(_ number: Int32, _ handler: @convention(c) (Int32) -> Void) {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = handler
        // No SA_RESTART: a read that waits for a slow pipe returns.
        _ = unsafe sigaction(number, &action, nil)
    }
}

/// Signals as threads are given them.
enum Signals {
    /// The calling thread is given none: they are for those that wait for packets.
    static func blockForThisThread() { mask(SIG_BLOCK) }

    /// It is given them again.
    static func allowForThisThread() { mask(SIG_UNBLOCK) }

    private static func mask(_ how: Int32) {
        var all = sigset_t()
        _ = unsafe sigfillset(&all)
        _ = unsafe pthread_sigmask(how, &all, nil)
    }
}
