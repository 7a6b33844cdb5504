// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// What a thread waits for that has something to do now and then.
final class Bell {
    private var ends: [Int32] = [-1, -1]

    init() {
        guard unsafe pipe(&ends) == 0 else { return }
        // What scripts start does not inherit them.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit { for end in ends where end >= 0 { close(end) } }

    /// Whoever waits is woken, now or when it comes to wait.
    func ring() { _ = unsafe write(ends[1], [UInt8(0)], 1) }

    /// Waits until somebody rings or the time is over.
    ///
    /// - Parameter seconds: the time.
    /// - Returns: true when somebody rang.
    func wait(seconds: Double) -> Bool {
        var end = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        return unsafe poll(&end, 1, Int32(seconds * 1000)) > 0
    }
}
