// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Flows
import Glibc
import Outputs
import Packets
import TestNetworks

@testable import Scripting

/// A run in which other versions of the script are loaded between frames.
struct ReloadRun {
    /// What was printed and emitted.
    var lines: [String] = []
    /// What became of each version, in order.
    var reports: [String] = []
    var outcome = ScriptHost.Outcome(errors: 0, wasStopped: false)
    /// Versions that were needed no more, by number.
    var disposed: [Int] = []
    var flowsOpen = 0.0

    /// Runs `code` over `frames`.
    ///
    /// - Parameters:
    ///   - code: the first version.
    ///   - frames: the frames.
    ///   - edits: what takes its place behind the frame of that place, counted from 0.
    ///   - burst: frames in a burst; 1 = an edit comes where it says.
    ///   - stands: versions that pass their trial are accepted, ones that fail go, as a run with one worker does.
    ///   - options: how scripts are run.
    /// - Throws: that the first version does not load.
    init(
        _ code: String,
        over frames: [OwnedFrame],
        edits: [Int: String] = [:],
        burst: Int = 1,
        stands: Bool = true,
        options: ScriptOptions = ScriptOptions()
    ) throws {
        let path = "/tmp/mos-reload-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).txt"
        defer { _ = unsafe remove(path) }
        let source = InterruptedList(frames, burst: burst)
        let writer = try RecordWriter(path: path)
        let calls = EngineCalls(
            try Worker(inputs: Inputs([source]), settings: Settings(), seed: .fixed),
            writer: writer
        )
        let runner = ScriptRunner(try Self.version(calls, code, options, 1))
        var number = 1
        var reports: [String] = []
        var disposed: [Int] = []
        runner.onReport = { report in
            if let text = Self.describe(report) { reports.append(text) }
            guard stands else { return }
            switch report {
            case .tried(let number, let passed):
                runner.post(passed ? .accept(number) : .goBack(number))
            case .refused(let number, _): runner.post(.goBack(number))
            default: break
            }
        }
        runner.onDisposal = { disposed.append($0.number) }
        source.atFrame = { frame in
            guard let code = edits[frame] else { return }
            number += 1
            // As in a run: beside the worker, on a thread that is not its own.
            let loaded = onNewThreads(1) { _ in
                Result {
                    let staged = try EngineCalls(staging: runner.current.calls)
                    return try Self.version(staged, code, options, number)
                }
            }
            switch loaded[0] {
            case .success(let version): runner.post(.takeOver(version))
            case .failure(let error): reports.append("not loaded: \(error)")
            }
        }
        outcome = try runner.run()
        outcome.errors += try runner.current.host.report().errors
        flowsOpen = runner.current.calls.value(.flowsOpen)
        writer.flush()
        let text = String(decoding: try ScriptFile.read(path), as: UTF8.self)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map(String.init)
        self.reports = reports
        self.disposed = disposed
        // What it calls reaches into this function.
        runner.onReport = { _ in }
    }

    private static func version(
        _ calls: EngineCalls,
        _ code: String,
        _ options: ScriptOptions,
        _ number: Int
    ) throws -> ScriptVersion {
        let host = try unsafe ScriptHost(api: calls.api, options: options)
        try host.load(code: code, name: "test")
        return ScriptVersion(calls: calls, host: host, number: number)
    }

    private static func describe(_ report: ScriptRunner.Report) -> String? {
        switch report {
        case .tookOver(let number, _, let lines): "\(number): " + lines.joined(separator: "; ")
        case .refused(let number, let reason): "\(number) refused: \(reason)"
        case .tried(let number, let passed): "\(number) \(passed ? "passed" : "failed")"
        case .wentBack(let number, _, let lines):
            "back from \(number): " + lines.joined(separator: "; ")
        case .answered: nil
        }
    }
}

/// Frames that lie in memory; says which one comes next.
private final class InterruptedList: PacketSource {
    let name = "memory"
    let isLive = false
    let statistics = SourceStatistics()
    /// Told the place of the last frame of each burst.
    var atFrame: (Int) -> Void = { _ in }
    private let frames: [OwnedFrame]
    private let length: Int
    private var next = 0
    private var store = FrameStore()

    init(_ frames: [OwnedFrame], burst: Int) {
        self.frames = frames
        length = burst
    }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if next >= frames.count { return .ended }
        let end = min(next + length, frames.count)
        store.replace(by: frames[next..<end], in: &burst)
        for place in next..<end { atFrame(place) }
        next = end
        return .frames
    }
}
