// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import Packets

/// `mos-bench vary`: a capture as a worse path would have shown it.
struct VaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vary",
        abstract: "Copy a capture with losses, late frames, repeats or a VLAN tag."
    )

    @Argument(help: "The capture to read.")
    var input: String

    @Argument(help: "The capture to write; '-' is standard output.")
    var output: String

    @Option(help: "Equal seeds give equal faults.")
    var seed: UInt64 = 1

    @Option(help: "The probability that a frame is lost, 0 to 1.")
    var loss = 0.0

    @Option(help: "The probability that a frame comes after up to three others.")
    var reorder = 0.0

    @Option(help: "The probability that a frame comes twice.")
    var duplicate = 0.0

    @Option(help: "Tag all frames with this VLAN identifier.")
    var vlan: UInt16?

    func validate() throws {
        for (name, value) in [("loss", loss), ("reorder", reorder), ("duplicate", duplicate)]
        where !(value >= 0 && value <= 1) {
            throw ValidationError("--\(name) is a probability from 0 to 1, not \(value).")
        }
        if let vlan, vlan > 4094 { throw ValidationError("--vlan is 0 to 4094, not \(vlan).") }
    }

    func run() throws {
        do {
            let linkType = try Self.linkType(of: input)
            let injector = FaultInjector(
                try CaptureFileSource(path: input),
                faults: Faults(loss: loss, duplication: duplicate, reordering: reorder),
                seed: seed
            )
            let source: any PacketSource =
                vlan.map { VLANTagger(injector, tags: VLANTags($0)) }
                ?? injector
            let writer = try CaptureWriter(path: output, linkType: linkType)
            let failure = try writer.writeAll(from: source)
            try writer.close()
            if let failure { throw failure }
            report(injector.rewriter.tally)
        } catch {
            throw Failure(error)
        }
    }

    private func report(_ tally: FaultPlan.Tally) {
        guard output != "-" else { return }
        print(
            "\(output): seed \(seed), \(tally.lost) lost, \(tally.reordered) late, "
                + "\(tally.duplicated) twice"
        )
    }

    /// The link layer of the first frame: a classic capture has one.
    private static func linkType(of path: String) throws -> LinkType {
        let source = try CaptureFileSource(path: path)
        var burst = FrameBurst()
        switch source.receive(into: &burst) {
        case .frames: return burst[0].linkType
        case .failed(let error): throw error
        case .idle: throw Failure("\(path): a pipe cannot be read twice; give a file")
        case .ended: return .ethernet
        }
    }
}
