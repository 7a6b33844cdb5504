// SPDX-License-Identifier: BSD-2-Clause
// Inline: a script resets a connection. Both ends get a RST with the very number that they expect (RFC 5961 section 3),
// once the packet in hand is done with, and the flow ends.
import CMosABI
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    /// Resets both ends of a connection; the packet in hand does not leave when it is of it.
    ///
    /// - Returns: 0; -EPERM when the run is not inline, -EINVAL for a flow without a stream, -EBADF for one that ended.
    public mutating func resetFlow(_ number: Int32, _ slot: Int32, _ generation: UInt32) -> Int32 {
        guard isInline else { return failure(EPERM, "this run is not inline") }
        let problem = mayWatch(number, slot, generation)
        guard problem == 0 else { return problem }
        guard hasStream(slot) else {
            return failure(EINVAL, "a UDP or ICMP flow cannot be reset")
        }
        guard ending != slot else { return failure(ENOTCONN, "this flow is ending already") }
        for reset in resets where reset.slot == slot && reset.generation == generation { return 0 }
        var reset = PendingReset(slot: slot, generation: generation)
        if event.hasPacket, flow == slot, !verdict.isDone {
            verdict.isDropped = true
            noteUndelivered(&reset)
        }
        resets.append(reset)
        return 0
    }

    /// What the packet in hand carries never arrives: its receiver expects the number that it begins with.
    private mutating func noteUndelivered(_ reset: inout PendingReset) {
        let sender = segment.sender
        guard update.invalid == 0 else { return }
        if segment.flags.contains(.syn), !segment.flags.contains(.ack) {
            reset.serverIsUnaware = isNewFlow
        }
        if table[end: reset.slot, sender].nxt == segment.end.value {
            reset.undelivered = UInt32(truncatingIfNeeded: segment.end - segment.seq)
            reset.sender = sender
        }
    }

    /// Resets what scripts asked for, one flow at a time.
    ///
    /// - Returns: true when a flow ends by it.
    mutating func beginReset() -> Bool {
        while let reset = resets.popLast() {
            guard table.isLive(reset.slot, generation: reset.generation) else { continue }
            // The packet that made the script ask for it is gone.
            event.clearPacket()
            sendReset(reset, to: .client)
            if !reset.serverIsUnaware { sendReset(reset, to: .server) }
            for side in Side.allCases { _ = table.move(reset.slot, side, .reset) }
            beginEnd(reset.slot, reason: MOS_END_RESET_BY_MONITOR, then: .input)
            return true
        }
        return false
    }

    private mutating func sendReset(_ reset: PendingReset, to side: Side) {
        let slot = reset.slot
        var made = InventedSegment(
            seq: 0,
            ack: acknowledgementForReceiver(slot, of: side),
            flags: [.rst, .ack]
        )
        if table[end: slot, side.other].known != 0 {
            let isUndelivered = reset.sender == side.other
            made.seq = sequenceForReceiver(
                slot,
                of: side.other,
                before: isUndelivered ? reset.undelivered : 0
            )
        }
        // Without an acknowledgeable number there is nothing to say so.
        if table[end: slot, side].known == 0 { made.flags = .rst }
        _ = send(made, .empty, of: slot, to: side)
    }
}
