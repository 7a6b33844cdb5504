// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// Something that takes bytes which others wrote: a body for libFuzzer, and for the replay of what it found.
public struct FuzzTarget: Sendable {
    /// What `scripts/fuzz --target` calls it, and the folder of its inputs in `Tests/Fixtures`.
    public let name: String
    /// What went wrong with an input, nil when nothing did; what traps need not be told.
    public let problem: @Sendable (_ input: ByteView) -> String?
    /// Inputs to start from, made of the frames of a capture.
    public let seeds: @Sendable (_ frames: [[UInt8]]) -> [[UInt8]]

    init(
        _ name: String,
        problem: @escaping @Sendable (ByteView) -> String?,
        seeds: @escaping @Sendable ([[UInt8]]) -> [[UInt8]]
    ) {
        self.name = name
        self.problem = problem
        self.seeds = seeds
    }

    /// All there are; a new one is a file beside this one and its name here.
    public static let all: [FuzzTarget] = [
        .frames, .tcpOptions, .captures, .fragments, .reassembler, .connections, .edits,
    ]
}
