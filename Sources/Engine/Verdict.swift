// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows
import Packets

/// What becomes of the packet in hand of an inline worker.
struct Verdict {
    /// A script wants it dropped.
    var isDropped = false
    /// It has left, was dropped, or waits for the rest of its IP packet: nothing more can be done about it.
    var isDone = false
    /// Its bytes are others than those that came.
    var isChanged = false
    /// What leaves in the place of the frame that the stacks have seen; nil = that frame.
    var frame: ByteView?
    /// The same, decoded.
    var packet = mos_packet()
    /// The flow that it was changed for, -1 = none, and who sent it.
    var slot: Int32 = -1
    var sender = Side.client
}
