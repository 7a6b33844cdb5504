// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets
import Synchronization

/// The time of day, for live sources while no packet moves the clock.
func wallClock() -> Timestamp {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

/// How often the user asked for the end; safe to raise in a signal handler.
///
/// All workers of a run share one.
public final class StopRequests: Sendable {
    private let count = Atomic<Int>(0)
    private let halted = Atomic<Bool>(false)

    /// Nobody asked yet.
    public init() {}

    /// One more request.
    ///
    /// - Returns: how many there were before.
    @discardableResult
    public func raise() -> Int { count.add(1, ordering: .relaxed).oldValue }

    /// True when the end was asked for.
    public var isRaised: Bool { count.load(ordering: .relaxed) > 0 }

    /// Ends the run of all workers though the user did not ask.
    public func halt() { halted.store(true, ordering: .relaxed) }

    /// True when the run is to end, for whatever reason.
    var endsRun: Bool { isRaised || halted.load(ordering: .relaxed) }
}
