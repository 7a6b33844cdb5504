// SPDX-License-Identifier: BSD-2-Clause

/// How long a script has been at one thing, from what is seen of it now and then.
///
/// Time counts that its thread was running, or was blocked though it was a packet's turn. Time does not count in which
/// the thread was ready and others ran, in which the engine waited on its behalf, and in which the whole process stood
/// still: then nobody looked either.
public struct RunawayClock: Sendable {
    /// What is seen at one look.
    public struct Look: Sendable {
        /// Another one: something else has begun.
        public var epoch: UInt32
        /// Code of the script runs, or was called by it.
        public var isInside: Bool
        /// It is about packets and timers: not the top level, `on_start`, `on_exit`, `on_report`.
        public var isCallback: Bool
        /// The engine waits for a reader or for other workers.
        public var isWaiting: Bool
        /// The thread could run.
        public var isRunnable: Bool
        /// Seconds of processor time that the thread has used in all.
        public var processorTime: Double

        /// A look.
        public init(
            epoch: UInt32,
            isInside: Bool = true,
            isCallback: Bool = true,
            isWaiting: Bool = false,
            isRunnable: Bool = true,
            processorTime: Double = 0
        ) {
            self.epoch = epoch
            self.isInside = isInside
            self.isCallback = isCallback
            self.isWaiting = isWaiting
            self.isRunnable = isRunnable
            self.processorTime = processorTime
        }
    }

    /// What went on for too long.
    public enum Verdict: Equatable, Sendable {
        /// It ran, for so many seconds.
        case running(Double)
        /// It waited for something else, for so many seconds.
        case blocked(Double)
    }

    /// What is not a callback may take so many times as long.
    public static let patience = 10.0

    private let limit: Double
    private var epoch: UInt32 = 0
    private var wasInside = false
    private var processorTime = 0.0
    private var running = 0.0
    private var blocked = 0.0

    /// A clock for a limit in seconds.
    public init(limit: Double) { self.limit = limit }

    /// Takes in a look.
    ///
    /// - Parameters:
    ///   - look: what was seen.
    ///   - elapsed: seconds since the look before; far more than looks are apart was time in which nobody could look.
    /// - Returns: what is too long; nil when nothing is.
    public mutating func note(_ look: Look, elapsed: Double) -> Verdict? {
        guard look.isInside, wasInside, look.epoch == epoch else {
            epoch = look.epoch
            wasInside = look.isInside
            processorTime = look.processorTime
            running = 0
            blocked = 0
            return nil
        }
        let used = min(max(look.processorTime - processorTime, 0), elapsed)
        processorTime = look.processorTime
        running += used
        if look.isCallback, !look.isWaiting, !look.isRunnable { blocked += elapsed - used }
        guard running + blocked >= (look.isCallback ? limit : limit * Self.patience) else {
            return nil
        }
        return blocked > running ? .blocked(running + blocked) : .running(running + blocked)
    }
}
