// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// One TCP segment of a conversation, before it is a frame.
struct Segment: Equatable {
    /// Who sends it.
    var isFromClient: Bool
    /// The control bits.
    var flags: TCPFlags
    /// SEG.SEQ.
    var seq: UInt32
    /// SEG.ACK.
    var ack: UInt32
    /// Payload octets.
    var length = 0
    /// Where its payload begins in the stream of its sender.
    var offset: UInt32 = 0
}
