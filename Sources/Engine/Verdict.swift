// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
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
}
