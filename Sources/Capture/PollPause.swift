// SPDX-License-Identifier: BSD-2-Clause

/// How long to sleep after a poll that found nothing: not at all for a while, then briefly, and a
/// millisecond once the port has been silent for some time.
///
/// A millisecond is short against the receive queue: 4096 descriptors last four at a million
/// packets per second.
struct PollPause {
    private var emptyPolls = 0

    /// Polls that are repeated at once; some ten microseconds in all.
    static let spins = 256
    /// Short pauses before the long ones.
    static let shortPauses = 200

    /// A packet came.
    mutating func reset() { emptyPolls = 0 }

    /// Nothing came.
    ///
    /// - Returns: nanoseconds to sleep before the next poll; 0 = poll again at once.
    mutating func next() -> Int {
        guard emptyPolls < Self.spins + Self.shortPauses else { return 1_000_000 }
        emptyPolls += 1
        return emptyPolls <= Self.spins ? 0 : 50_000
    }
}
