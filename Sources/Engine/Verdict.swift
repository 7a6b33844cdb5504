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
    /// The flow whose numbers are translated, -1 = none.
    var edited: Int32 = -1
    /// Its payload became longer or shorter.
    var isResized = false
    /// It had payload, and has none any more.
    var isEmptied = false
    /// Where its payload lies in its stream, as its sender counts, when numbers are translated.
    var range: Range<Int64> = 0..<0
    /// Up to where bytes of its stream had come before it.
    var passed: Int64 = 0
    /// The flow that it was changed for, -1 = none, and who sent it.
    var slot: Int32 = -1
    var sender = Side.client
}
