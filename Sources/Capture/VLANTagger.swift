// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// A source that puts VLAN tags on the Ethernet frames of another one; other link layers pass unchanged.
public typealias VLANTagger = RewritingSource<VLANTags>

extension RewritingSource where Rewriter == VLANTags {
    /// Wraps `upstream` so that its Ethernet frames carry `tags`.
    public convenience init(_ upstream: any PacketSource, tags: VLANTags) {
        self.init(upstream, by: tags)
    }
}

/// The tags that every Ethernet frame gets.
///
///     destination 6 | source 6 | [0x88A8 | outer 2 |] 0x8100 | inner 2 | what followed the addresses
///
/// Source: IEEE 802.1Q-2018 clause 9.
public struct VLANTags: FrameRewriter, Equatable, Sendable {
    /// The tag control information of the 802.1Q tag; the identifier is its low 12 bits.
    public var inner: UInt16
    /// That of an 802.1ad service tag before it, nil without one.
    public var outer: UInt16?

    /// The tag with the identifier `inner`, and before it one with `outer` when that is given.
    public init(_ inner: UInt16, outer: UInt16? = nil) {
        self.inner = inner
        self.outer = outer
    }

    /// Appends `frame` with the tags behind its addresses.
    public mutating func rewrite(_ frame: OwnedFrame, into output: inout [OwnedFrame]) {
        var frame = frame
        if frame.linkType == .ethernet && frame.bytes.count >= 14 {
            let tags = (outer.map { tag(0x88A8, $0) } ?? []) + tag(0x8100, inner)
            frame.bytes.insert(contentsOf: tags, at: 12)
            frame.wireLength &+= UInt32(tags.count)
        }
        output.append(frame)
    }

    /// Nothing is held back.
    public mutating func finish(into output: inout [OwnedFrame]) {}

    private func tag(_ type: UInt16, _ control: UInt16) -> [UInt8] {
        [type, control].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }
}
