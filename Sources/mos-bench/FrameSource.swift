// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Frames that exist already, as a source.
typealias FrameSource = RewritingSource<Given>

extension RewritingSource where Rewriter == Given {
    /// A source of `frames`.
    convenience init(_ frames: [OwnedFrame]) { self.init(Nothing(), by: Given(frames: frames)) }
}

/// Hands out everything at the end of a source that has nothing.
struct Given: FrameRewriter {
    let frames: [OwnedFrame]

    mutating func rewrite(_ frame: OwnedFrame, into output: inout [OwnedFrame]) {}
    mutating func finish(into output: inout [OwnedFrame]) { output += frames }
}

private final class Nothing: PacketSource {
    let name = "nothing"
    let isLive = false
    let statistics = SourceStatistics()

    func receive(into burst: inout FrameBurst) -> Reception { .ended }
}
