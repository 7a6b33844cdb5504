// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// A frame with its own copy of the bytes, for whatever is not on the packet path.
public struct OwnedFrame: Equatable, Sendable {
    /// The captured bytes, from the link layer on.
    public var bytes: [UInt8]
    /// Bytes on the wire; more than `bytes.count` when the capture was cut.
    public var wireLength: UInt32
    /// When it was captured.
    public var time: Timestamp
    /// Its link layer.
    public var linkType: LinkType
    /// What of it was left to a network card.
    public var offload = FrameOffload.none

    /// A frame of `bytes`, captured whole unless a length on the wire is given.
    public init(
        bytes: [UInt8],
        wireLength: UInt32? = nil,
        time: Timestamp,
        linkType: LinkType = .ethernet
    ) {
        self.bytes = bytes
        self.wireLength = wireLength ?? UInt32(bytes.count)
        self.time = time
        self.linkType = linkType
    }

    /// A copy of `frame`.
    public init(_ frame: Frame) {
        self.init(
            bytes: frame.bytes.array,
            wireLength: frame.wireLength,
            time: frame.time,
            linkType: frame.linkType
        )
    }
}
