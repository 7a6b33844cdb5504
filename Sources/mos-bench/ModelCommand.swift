// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser

/// `mos-bench model`: the engine against a byte-by-byte model, on connections whose path is bad.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Hold the engine against a model over random connections on bad paths.",
        discussion: """
            Every case is a connection whose segments are cut, joined, lost, repeated with the same or other bytes, \
            late, truncated and corrupted. What is delivered, given up and counted must be what a byte-by-byte model \
            says, for every overlap policy.
            """
    )

    @Option(help: "Connections.")
    var cases = 20_000

    @Option(help: "Equal seeds give equal connections.")
    var seed: UInt64 = 1

    func validate() throws {
        if cases < 1 { throw ValidationError("--cases is at least 1.") }
    }

    func run() throws {
        let begin = ProcessorTime.now
        var (left, frames, batchSeed) = (cases, 0, seed)
        while left > 0 {
            let count = min(left, ModelBatch.size)
            var batch = ModelBatch(seed: batchSeed, count: count)
            guard try batch.run() else { throw Failure(batch.problem ?? "unknown") }
            frames += batch.frames
            left -= count
            // Any seed will do, the highest too.
            batchSeed &+= 1
        }
        let seconds = Double(ProcessorTime.now - begin) / 1e9
        print(
            "\(cases) connections, \(frames) frames, seeds \(seed) to \(batchSeed &- 1): "
                + "as the model says, in \(seconds) s"
        )
    }
}
