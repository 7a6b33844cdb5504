// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Turns segments into Ethernet frames: headers from templates, patched in place.
struct FrameMaker {
    /// Which TCP options the frames carry.
    enum Style {
        /// As Linux sends: all usual options in a SYN, timestamps in every segment.
        case timestamps
        /// MSS in a SYN, nothing else; frames are padded to 64 bytes.
        case bare
    }

    private let templates: [FrameTemplate]
    private let pool: PayloadPool
    private let style: Style
    private var frame = OwnedFrame(bytes: [], time: Timestamp(nanoseconds: 0))

    init(style: Style, pool: PayloadPool) {
        self.style = style
        self.pool = pool
        templates = [false, true].flatMap { isIPv6 in
            [false, true].map { FrameTemplate(style: style, isIPv6: isIPv6, isSYN: $0) }
        }
        frame.bytes.reserveCapacity(2048)
    }

    /// The frame of `segment`, valid until the next call.
    mutating func frame(_ segment: Segment, of ends: Endpoints, at time: Timestamp) -> OwnedFrame {
        let isSYN = segment.flags.contains(.syn)
        let template = templates[(ends.isIPv6 ? 2 : 0) + (isSYN ? 1 : 0)]
        frame.bytes.removeAll(keepingCapacity: true)
        frame.bytes.append(contentsOf: template.bytes)
        template.patch(&frame.bytes, segment, ends, time)
        let payload = segment.length > 0 ? pool.sum(at: segment.offset, length: segment.length) : 0
        template.sum(&frame.bytes, payload: payload, length: segment.length)
        if segment.length > 0 {
            frame.bytes.append(contentsOf: pool.piece(at: segment.offset, length: segment.length))
        }
        while style == .bare && frame.bytes.count < 64 { frame.bytes.append(0) }
        frame.wireLength = UInt32(frame.bytes.count)
        frame.time = time
        return frame
    }
}
