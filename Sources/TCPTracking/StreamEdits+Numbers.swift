// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// The same for numbers on the wire. Both numberings have the initial sequence number `iss`.
extension StreamEdits {
    /// The number that a segment with number `seq` has for the receiver.
    ///
    /// A keep-alive stands one below what comes next: it keeps that distance when the number behind it is translated.
    ///
    /// - Parameters:
    ///   - seq: the number that the sender gave it; not that of a SYN, which stays.
    ///   - iss: the sender's initial sequence number.
    ///   - near: an offset of S less than 2^31 away, such as up to where bytes have left.
    /// - Returns: the number.
    public func toReceiver(
        _ seq: SequenceNumber,
        iss: SequenceNumber,
        near: Int64
    ) -> SequenceNumber {
        SequenceNumber(offset: toReceiver(seq.offset(iss: iss, near: near)), iss: iss)
    }

    /// The acknowledgement number that the receiver's `ack` is for the sender, whose `iss` is; `near` as above, of S.
    public func toSender(
        _ ack: SequenceNumber,
        iss: SequenceNumber,
        near: Int64
    ) -> SequenceNumber {
        let offset = ack.offset(iss: iss, near: toReceiver(near))
        return SequenceNumber(offset: toSender(offset), iss: iss)
    }

    /// The block that the receiver's block is for the sender; nil when it holds no byte of the sender's as a whole.
    public func toSender(_ block: SACKBlock, iss: SequenceNumber, near: Int64) -> SACKBlock? {
        let place = toReceiver(near)
        let left = SequenceNumber(block.left).offset(iss: iss, near: place)
        let right = SequenceNumber(block.right).offset(iss: iss, near: place)
        guard left < right, let range = toSender(left..<right) else { return nil }
        return SACKBlock(
            SequenceNumber(offset: range.lowerBound, iss: iss).value,
            SequenceNumber(offset: range.upperBound, iss: iss).value
        )
    }
}
