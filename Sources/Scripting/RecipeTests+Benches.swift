// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Outputs
import Packets

/// What a bench measured: the same packets in every run, from memory, behind some that warm up.
public struct RecipeBenchResult: Sendable {
    /// One round: seconds of processor time of a run with the script, and of one without its callbacks.
    public struct Round: Sendable {
        /// With the script's sockets, without its callbacks.
        public let engine: Double
        /// With the script.
        public let script: Double
    }

    /// Packets that were measured.
    public var packets = 0
    /// Callbacks that they led to.
    public var callbacks = 0
    /// Bytes that callbacks left to the garbage collector.
    public var garbage = 0.0
    /// The rounds, in order.
    public var rounds: [Round] = []
    /// Errors of the script; nil when there were none.
    public var failure: String?
}

extension RecipeTests {
    /// Measures a bench.
    ///
    /// - Parameters:
    ///   - bench: which.
    ///   - rounds: how often both runs are made, in turn.
    ///   - packets: how many at least; nil = as the bench says.
    ///   - make: makes the traffic of a profile.
    /// - Returns: what was measured.
    /// - Throws: that a script or a capture cannot be read, or what a script's top level or the bench's body raised.
    public func measure(
        _ bench: RecipeTest,
        rounds: Int,
        packets: Int?,
        make: (RecipeTest) throws -> [OwnedFrame]
    ) throws -> RecipeBenchResult {
        if let problem = bench.problem {
            throw ScriptError.script("\(bench.file):\(bench.line): \(problem)")
        }
        let frames = try frames(of: bench, packets: packets, make: make)
        // The first fifth warms up.
        let warm = frames.count / 5
        var result = RecipeBenchResult()
        result.packets = frames.count - warm
        func run(_ what: ScriptOptions.Measure) throws -> Fields {
            try self.run(bench, BenchSource(frames, warm: warm), what)
        }
        let counted = try run(.count)
        result.callbacks = Int(counted.first("callbacks") ?? "") ?? 0
        result.failure = counted.first("failure")
        result.garbage = Double(try run(.garbage).first("garbage") ?? "") ?? 0
        for _ in 0..<rounds {
            let engine = try run(.engine).first("seconds")
            let script = try run(.script).first("seconds")
            result.rounds.append(
                .init(engine: Double(engine ?? "") ?? 0, script: Double(script ?? "") ?? 0)
            )
        }
        return result
    }

    private func run(
        _ bench: RecipeTest,
        _ source: BenchSource,
        _ what: ScriptOptions.Measure
    ) throws -> Fields {
        let settings = try settings(of: bench)
        var inputs = Inputs([source])
        inputs.leavesWhenIdle = true
        let worker = try Worker(inputs: inputs, settings: settings, seed: .fixed)
        let calls = EngineCalls(worker, writer: try RecordWriter(path: "/dev/null"))
        var options = options(of: bench, settings)
        options.tests?.measure = what
        let host = try unsafe ScriptHost(api: calls.api, options: options)
        _ = try host.callForTest("begin_bench")
        try load(into: host)
        _ = try host.run()
        _ = try host.report()
        return Fields(
            String(decoding: try host.callForTest("finish_bench"), as: UTF8.self)[...]
        )
    }

    private func frames(
        of bench: RecipeTest,
        packets: Int?,
        make: (RecipeTest) throws -> [OwnedFrame]
    ) throws -> [OwnedFrame] {
        if bench.profile != nil { return try make(bench) }
        if let capture = bench.capture {
            let wanted = packets ?? bench.numbers["packets"] ?? 100_000
            return try Self.repeated(besideFile(capture), bench.filter, wanted)
        }
        var settings = Settings()
        settings.maxFlows = 16
        let worker = try Worker(inputs: Inputs([]), settings: settings, seed: .fixed)
        let calls = EngineCalls(worker, writer: try RecordWriter(path: "/dev/null"))
        let host = try unsafe ScriptHost(api: calls.api, options: options(of: bench, settings))
        try load(into: host)
        let wanted = packets.map { Array(String($0).utf8) } ?? []
        let bytes = try host.callForTest("prepare_bench", String(bench.number), bytes: wanted)
        return Ladder.Step.read(bytes).compactMap { step in
            if case .frame(_, let frame) = step { frame } else { nil }
        }
    }

    /// The frames of a capture again and again, each time behind the time before.
    private static func repeated(_ path: String, _ filter: String?, _ wanted: Int) throws
        -> [OwnedFrame]
    {
        let source = try CaptureFileSource(path: path)
        let filter = try filter.map { try FrameFilter($0) }
        var frames: [OwnedFrame] = []
        var burst = FrameBurst()
        reading: while true {
            switch source.receive(into: &burst) {
            case .frames:
                for index in 0..<burst.count where filter?.matches(burst[index]) ?? true {
                    frames.append(OwnedFrame(burst[index]))
                }
            case .idle: continue
            case .ended: break reading
            case .failed(let error): throw error
            }
        }
        guard let first = frames.first?.time, let last = frames.last?.time else {
            throw ScriptError.script("\(path): there are no packets in it for this bench")
        }
        // Behind TIME_WAIT, so that each time has connections of its own.
        let length = last.nanoseconds - first.nanoseconds + 2_000_000_000
        let once = frames
        var times: Int64 = 1
        while frames.count < wanted {
            for frame in once {
                var copy = frame
                copy.time = frame.time.advanced(nanoseconds: length * times)
                frames.append(copy)
            }
            times += 1
        }
        return frames
    }
}
