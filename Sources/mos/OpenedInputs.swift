// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine

/// Everything that is to be read, opened: for each worker the sources that are its own.
struct OpenedInputs {
    /// By source, then by worker.
    let sources: [[any PacketSource]]
    let peers: [Int?]
    let stop: StopRequests
    /// Captures: each worker is shown all of them.
    let showsEverything: Bool
    let options: InputOptions
    /// What all workers may take together; nil where each sees everything and counts for itself.
    let allowance: PacketAllowance?

    /// True when packets are lost if nobody takes them.
    var isLive: Bool { sources.contains { $0.contains(where: \.isLive) } }

    /// What worker `index` reads.
    ///
    /// - Throws: that the filter does not compile.
    func inputs(of index: Int) throws -> Inputs {
        var inputs = Inputs(sources.map { $0[index] }, peers: peers, stop: stop)
        inputs.filter = try options.frameFilter()
        inputs.packetLimit = allowance == nil ? options.count : nil
        inputs.allowance = allowance
        inputs.duration = options.duration
        inputs.showsEverything = showsEverything
        return inputs
    }
}
