// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// What one run of a program took.
struct ProcessCost {
    /// User and system time, microseconds.
    var processor: Int
    /// From start to end, microseconds.
    var wall: Int
    /// The most memory that it had at a time, kilobytes.
    var memory: Int
    /// How it ended: its exit code, or 128 and the signal that ended it.
    var status: Int32
}

/// Runs programs and waits for their end.
enum ChildProcess {
    /// Runs `words`, found by PATH; its output goes nowhere.
    ///
    /// - Parameter words: the program and its arguments.
    /// - Returns: what it took.
    /// - Throws: when it cannot be started.
    static func run(_ words: [String]) throws(Failure) -> ProcessCost {
        let begin = wallMicroseconds()
        let child = try unsafe spawn(words)
        var status: Int32 = 0
        var usage = rusage()
        while unsafe wait4(child, &status, 0, &usage) < 0 {
            guard errno == EINTR else { throw Failure("wait4 failed for \(words[0])") }
        }
        let signal = status & 0x7F
        return ProcessCost(
            processor: microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
            wall: wallMicroseconds() - begin,
            memory: usage.ru_maxrss,
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        )
    }

    @unsafe
    private static func spawn(_ words: [String]) throws(Failure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(&child, words[0], &actions, nil, &arguments, environ)
        guard code == 0 else {
            throw unsafe Failure(
                "\(words[0]) cannot be started: \(String(cString: strerror(code)))"
            )
        }
        return child
    }

    private static func microseconds(_ time: timeval) -> Int {
        time.tv_sec * 1_000_000 + Int(time.tv_usec)
    }

    private static func wallMicroseconds() -> Int {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
