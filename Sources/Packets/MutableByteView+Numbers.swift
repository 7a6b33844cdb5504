// SPDX-License-Identifier: BSD-2-Clause
// Sequence numbers of a TCP segment that are translated on the way.
import CMosABI

extension MutableByteView {
    /// Sets the sequence number of a TCP segment.
    public func setSequence(_ value: UInt32, _ packet: mos_packet) {
        replace(value, at: Int(packet.l4) + 4, packet)
    }

    /// Sets the acknowledgement number of a TCP segment.
    public func setAcknowledgement(_ value: UInt32, _ packet: mos_packet) {
        replace(value, at: Int(packet.l4) + 8, packet)
    }

    /// Translates the blocks of a SACK option (RFC 2018).
    ///
    /// A block that means nothing any more becomes an empty one at the acknowledged point: options keep their length.
    ///
    /// - Parameters:
    ///   - packet: the frame, decoded.
    ///   - translate: the edges of a block as its receiver counts; nil for a block that means nothing to it.
    public func translateSACK(
        _ packet: mos_packet,
        _ translate: (_ left: UInt32, _ right: UInt32) -> (left: UInt32, right: UInt32)?
    ) {
        let end = Int(packet.payload)
        var at = Int(packet.l4) + TCPHeader.minimumLength
        while at < end {
            let kind = view[at]
            if kind == TCPOptions.endOfList { return }
            if kind == TCPOptions.noOperation {
                at += 1
                continue
            }
            guard at + 2 <= end else { return }
            let length = Int(view[at + 1])
            guard length >= 2, at + length <= end else { return }
            if kind == TCPOptions.sack {
                for block in stride(from: at + 2, through: at + length - 8, by: 8) {
                    let (left, right) = (view.u32(block), view.u32(block + 4))
                    let ack = view.u32(Int(packet.l4) + 8)
                    let new = translate(left, right) ?? (ack, ack)
                    replace(new.left, at: block, packet)
                    replace(new.right, at: block + 4, packet)
                }
            }
            at += length
        }
    }
}
