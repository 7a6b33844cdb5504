// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Glibc

/// A version of the scripts: a Lua state, and the calls that lead from it to the engine.
public final class ScriptVersion {
    /// The calls.
    public let calls: EngineCalls
    /// The state.
    public let host: ScriptHost
    /// Which version it is, counted from 0.
    public let number: Int

    /// A version whose scripts are loaded.
    public init(calls: EngineCalls, host: ScriptHost, number: Int = 0) {
        self.calls = calls
        self.host = host
        self.number = number
    }
}

/// Runs the scripts of one worker, whose versions may take the place of one another between packets.
///
///     takeOver(2)            version 2 runs on trial, version 1 is kept
///     ├─ accept(2)           when its trial is passed everywhere: version 1 goes, when no context is left there
///     └─ goBack(2)           when it fails anywhere: version 1 goes on where version 2 was
public final class ScriptRunner {
    /// What another thread asks for.
    public enum Request {
        /// A version is to take the place of the one that runs.
        case takeOver(ScriptVersion)
        /// That version stands, in all workers.
        case accept(Int)
        /// That version goes, in all workers.
        case goBack(Int)
    }

    /// What happened in answer to a request, or to a trial.
    public enum Report {
        /// The version runs, on trial: nanoseconds that the worker stood still; what was kept and what was lost.
        case tookOver(Int, nanoseconds: UInt64, lines: [String])
        /// The version did not come to run, or failed at once.
        case refused(Int, reason: String)
        /// The version has had its first thousand callbacks; or ten errors in a row before.
        case tried(Int, passed: Bool)
        /// A request was answered, or had become meaningless.
        case answered
        /// The version before runs again.
        case wentBack(Int, nanoseconds: UInt64, lines: [String])
    }

    /// What runs.
    public private(set) var current: ScriptVersion
    /// Told of everything, on the worker's thread.
    public var onReport: (Report) -> Void = { _ in }
    /// Given what is needed no more; ending a large Lua state takes a while.
    public var onDisposal: (ScriptVersion) -> Void = { _ in }
    /// What comes back when the one on trial fails.
    private var former: ScriptVersion?
    /// Errors of versions that have gone.
    private var errors = 0
    private let monitor = Monitor()
    private var requests: [Request] = []
    /// For other threads: the worker stays, whatever version runs.
    private let attention: Attention

    /// A runner of that version.
    public init(_ version: ScriptVersion) {
        current = version
        attention = version.calls.withWorker { $0.attention }
    }

    /// Asks for something, from any thread; it is done between packets.
    public func post(_ request: Request) {
        monitor.hold { requests.append(request) }
        attention.raise()
    }

    /// Runs the scripts over everything that the engine hands out.
    ///
    /// - Returns: what went wrong in callbacks of all versions; it has been reported already.
    /// - Throws: ``ScriptError/script(_:)`` when a version could not begin, or not go on.
    public func run() throws(ScriptError) -> ScriptHost.Outcome {
        while true {
            switch try current.host.runOn() {
            case .ended(var outcome):
                outcome.errors += errors + (former?.host.retire() ?? 0)
                return outcome
            case .attention:
                for request in takeRequests() {
                    try answer(request)
                    onReport(.answered)
                }
            case .trialPassed: onReport(.tried(current.number, passed: true))
            case .trialFailed: onReport(.tried(current.number, passed: false))
            }
        }
    }

    private func takeRequests() -> [Request] {
        monitor.hold {
            defer { requests = [] }
            return requests
        }
    }

    private func answer(_ request: Request) throws(ScriptError) {
        switch request {
        case .takeOver(let version): try takeOver(version)
        case .accept(let number) where number == current.number: try accept()
        case .goBack(let number) where number == current.number: try goBack()
        case .accept, .goBack: break
        }
    }

    private func takeOver(_ next: ScriptVersion) throws(ScriptError) {
        // What runs is what there is to come back to.
        if former != nil { try accept() }
        let started = Self.now()
        do throws(ScriptError) {
            try next.host.prepare(try current.host.handOver(try next.host.wants()))
        } catch {
            onReport(.refused(next.number, reason: error.description))
            onDisposal(next)
            return
        }
        let before = current
        before.calls.exchange(with: next.calls)
        next.calls.setFormer(FormerContexts(before.host) { [unowned self] in onDisposal(before) })
        current = next
        former = before
        let lines = try next.host.takeOver()
        do throws(ScriptError) {
            try next.host.tell()
        } catch {
            onReport(.refused(next.number, reason: error.description))
            return
        }
        onReport(.tookOver(next.number, nanoseconds: Self.now() - started, lines: lines))
    }

    private func accept() throws(ScriptError) {
        guard let before = former else { return }
        former = nil
        errors += before.host.retire()
        if try current.host.accept() { return }
        current.calls.setFormer(nil)
        onDisposal(before)
    }

    private func goBack() throws(ScriptError) {
        guard let before = former else { return }
        let started = Self.now()
        let failed = current
        try before.host.prepare(try failed.host.handOver("r"))
        failed.calls.exchange(with: before.calls)
        current = before
        former = nil
        errors += failed.host.retire()
        let lines = try before.host.takeOver("r")
        _ = try before.host.accept()
        failed.calls.setFormer(nil)
        onDisposal(failed)
        onReport(.wentBack(failed.number, nanoseconds: Self.now() - started, lines: lines))
    }

    private static func now() -> UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
