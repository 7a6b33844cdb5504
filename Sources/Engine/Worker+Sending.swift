// SPDX-License-Identifier: BSD-2-Clause
// Inline: packets that scripts make.
import CMosABI
import Capture
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    /// Sends a whole frame towards a side of a flow, ahead of the packet in hand.
    public mutating func sendFrame(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        side: Int32,
        _ bytes: ByteView
    ) -> Int32 {
        failure(EOPNOTSUPP, "not yet")
    }

    /// Sends a segment of a flow.
    public mutating func sendSegment(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ segment: mos_outgoing,
        _ payload: ByteView
    ) -> Int32 {
        failure(EOPNOTSUPP, "not yet")
    }

    /// Resets both ends of a connection.
    public mutating func resetFlow(_ number: Int32, _ slot: Int32, _ generation: UInt32) -> Int32 {
        failure(EOPNOTSUPP, "not yet")
    }
}
