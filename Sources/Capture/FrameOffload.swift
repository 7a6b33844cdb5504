// SPDX-License-Identifier: BSD-2-Clause
import CRawSocket

/// What of a frame is left to a network card: to finish its checksum, to cut it into segments.
///
/// It travels ahead of the frame, so that whoever sends it knows. Source: struct virtio_net_hdr in linux/virtio_net.h.
public struct FrameOffload: Equatable, Sendable {
    private var flags: UInt8 = 0
    private var segmentation: UInt8 = 0
    /// Bytes of all headers, as a hint; 0 = not known.
    private var headerLength: UInt16 = 0
    private var segmentSize: UInt16 = 0
    private var checksumStart: UInt16 = 0
    /// Where the checksum stands, from its start on.
    private var checksumOffset: UInt16 = 0

    /// Nothing is left: the frame is as it goes over a wire.
    public static let none = FrameOffload()

    private init() {}

    @inline(__always)
    init(_ header: craw_offload) {
        flags = header.flags
        segmentation = header.gso_type
        headerLength = header.header_length
        segmentSize = header.segment_size
        checksumStart = header.checksum_start
        checksumOffset = header.checksum_offset
    }

    /// True when the transport checksum covers the pseudo-header alone.
    public var needsChecksum: Bool { flags & UInt8(CRAW_NEEDS_CHECKSUM) != 0 }
    /// True when it stands for several segments.
    public var isSegmented: Bool { segmentation != UInt8(CRAW_WHOLE) }

    /// The same for a frame into which `count` bytes were put ahead of the network header.
    func moved(by count: UInt16) -> FrameOffload {
        var moved = self
        // Offsets in a frame of 256 KiB at the most would not fit either: the kernel has 16 bits for them.
        if headerLength != 0 { moved.headerLength &+= count }
        if needsChecksum { moved.checksumStart &+= count }
        return moved
    }

    /// As the kernel reads it ahead of a frame of `length` bytes.
    @inline(__always)
    func header(length: Int) -> craw_offload {
        craw_offload(
            flags: flags,
            gso_type: segmentation,
            header_length: UInt16(clamping: min(Int(headerLength), length)),
            segment_size: segmentSize,
            checksum_start: checksumStart,
            checksum_offset: checksumOffset
        )
    }
}
