// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Turns segments into Ethernet frames: headers from templates, patched in place.
package struct FrameMaker {
    /// Which TCP options the frames carry.
    package enum Style {
        /// As Linux sends: all usual options in a SYN, timestamps in every segment.
        case timestamps
        /// MSS in a SYN, nothing else; frames are padded to 64 bytes.
        case bare
    }

    /// IPv4 and IPv6, without and with a tag, without and with SYN.
    private let templates: [FrameTemplate]
    private let pool: PayloadPool
    private let style: Style
    private var frame = OwnedFrame(bytes: [], time: Timestamp(nanoseconds: 0))

    /// Frames of such a style, whose payload comes from `pool`.
    package init(style: Style, pool: PayloadPool) {
        self.style = style
        self.pool = pool
        templates = [false, true].flatMap { isIPv6 in
            [false, true].flatMap { isTagged in
                [false, true].map { isSYN in
                    FrameTemplate(style: style, isIPv6: isIPv6, isTagged: isTagged, isSYN: isSYN)
                }
            }
        }
        frame.bytes.reserveCapacity(2048)
    }

    /// The frame of `segment`.
    package mutating func frame(
        _ segment: Segment,
        of ends: Endpoints,
        at time: Timestamp
    ) -> OwnedFrame {
        let isSYN = segment.flags.contains(.syn)
        let kind = (ends.isIPv6 ? 4 : 0) + (ends.vlan != nil ? 2 : 0) + (isSYN ? 1 : 0)
        let template = templates[kind]
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
