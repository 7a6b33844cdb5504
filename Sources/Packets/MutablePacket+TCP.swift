// SPDX-License-Identifier: BSD-2-Clause

/// Fields of a TCP segment; of another packet nothing is changed.
extension MutablePacket {
    /// The sequence number.
    public var seq: UInt32 { isTCP ? frame.u32(l4 + 4) : 0 }
    /// The acknowledgement number.
    public var ack: UInt32 { isTCP ? frame.u32(l4 + 8) : 0 }
    /// The control bits.
    public var tcpFlags: TCPFlags { TCPFlags(rawValue: isTCP ? frame[l4 + 13] : 0) }

    /// Sets the sequence number.
    public func setSequence(_ value: UInt32) { set(value, at: 4) }

    /// Sets the acknowledgement number.
    public func setAcknowledgement(_ value: UInt32) { set(value, at: 8) }

    /// Translates each block of its SACK options (RFC 2018); one that becomes nil goes, no-operations take its place.
    public func translateSACK(_ translate: (SACKBlock) -> SACKBlock?) {
        let start = l4 + TCPHeader.minimumLength
        guard isTCP, payload > start else { return }
        change(start, payload - start) {
            var at = start
            while at < payload, frame[at] != TCPOptions.endOfList {
                if frame[at] == TCPOptions.noOperation {
                    at += 1
                    continue
                }
                guard at + 2 <= payload else { return }
                let length = Int(frame[at + 1])
                guard length >= 2, at + length <= payload else { return }
                if frame[at] == TCPOptions.sack, length % 8 == 2 {
                    translateOption(at, length, translate)
                }
                at += length
            }
        }
    }

    private func translateOption(
        _ at: Int,
        _ length: Int,
        _ translate: (SACKBlock) -> SACKBlock?
    ) {
        var kept = at + 2
        for block in stride(from: at + 2, to: at + length, by: 8) {
            guard let new = translate(SACKBlock(frame.u32(block), frame.u32(block + 4))) else {
                continue
            }
            frame.set(new.left, at: kept)
            frame.set(new.right, at: kept + 4)
            kept += 8
        }
        guard kept < at + length else { return }
        let isGone = kept == at + 2
        if !isGone { frame[at + 1] = UInt8(kept - at) }
        for index in (isGone ? at : kept)..<(at + length) { frame[index] = TCPOptions.noOperation }
    }

    private func set(_ value: UInt32, at offset: Int) {
        guard isTCP else { return }
        change(l4 + offset, 4) { frame.set(value, at: l4 + offset) }
    }
}
