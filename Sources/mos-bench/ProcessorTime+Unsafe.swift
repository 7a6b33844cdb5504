// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// Processor time of this process, user and system.
enum ProcessorTime {
    /// Nanoseconds since the process began.
    static var now: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
