// SPDX-License-Identifier: BSD-2-Clause

/// One captured frame as a packet source hands it out.
public struct Frame {
    /// The captured bytes, from the link layer on; valid until the source is asked for the next burst.
    public var bytes: ByteView
    /// Bytes on the wire; more than `bytes.count` when the capture was cut.
    public var wireLength: UInt32
    /// When it was captured.
    public var time: Timestamp
    /// Its link layer.
    public var linkType: LinkType

    /// A frame of `bytes`.
    @inlinable @inline(__always)
    public init(bytes: ByteView, wireLength: UInt32, time: Timestamp, linkType: LinkType) {
        self.bytes = bytes
        self.wireLength = wireLength
        self.time = time
        self.linkType = linkType
    }
}

extension Frame {
    /// Bytes on the wire, never fewer than were captured, whatever the capture claims.
    var onWire: Int {
        @inline(__always) get { max(Int(wireLength), bytes.count) }
    }
}
