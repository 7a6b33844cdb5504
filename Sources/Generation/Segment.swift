// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// One TCP segment of a conversation, before it is a frame.
package struct Segment: Equatable {
    /// Who sends it.
    package var isFromClient: Bool
    /// The control bits.
    package var flags: TCPFlags
    /// SEG.SEQ.
    package var seq: UInt32
    /// SEG.ACK.
    package var ack: UInt32
    /// Payload octets.
    package var length = 0
    /// Where its payload begins in the stream of its sender.
    package var offset: UInt32 = 0

    /// A segment without payload unless a length is set.
    package init(isFromClient: Bool, flags: TCPFlags, seq: UInt32, ack: UInt32) {
        self.isFromClient = isFromClient
        self.flags = flags
        self.seq = seq
        self.ack = ack
    }
}
