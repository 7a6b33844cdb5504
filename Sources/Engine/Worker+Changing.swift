// SPDX-License-Identifier: BSD-2-Clause
// Inline: what scripts do with the packet in hand.
import CMosABI
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    /// Drops or changes the packet in hand.
    ///
    /// - Parameters:
    ///   - number: the socket, -1 for whoever has the packet in hand.
    ///   - slot: the flow, below 0 for the packet of a RAW socket or an orphan.
    ///   - generation: the flow's.
    ///   - change: what is to be done.
    /// - Returns: 0; -EPERM when the run is not inline, -ENODATA without a packet, -EINVAL for what makes no sense.
    public mutating func changePacket(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ change: PacketChange
    ) -> Int32 {
        guard isInline else { return failure(EPERM, "this run is not inline") }
        guard let action = change.action else {
            return failure(EINVAL, "one action, and for OVERWRITE one region")
        }
        let problem = mayChange(number, slot, generation)
        guard problem == 0 else { return problem }
        switch action {
        case .drop:
            verdict.isDropped = true
            return 0
        case .overwrite(let region):
            return overwrite(slot, region, change)
        case .insert:
            return resize(slot, change, isInsertion: true)
        case .chomp:
            return resize(slot, change, isInsertion: false)
        }
    }

    /// 0 when a packet of that flow, or of no flow, is in hand and has not left.
    private mutating func mayChange(_ number: Int32, _ slot: Int32, _ generation: UInt32) -> Int32 {
        if slot >= 0 {
            guard table.isLive(slot, generation: generation) else { return badFlow() }
            guard event.flow == slot else {
                return failure(ENODATA, "no packet of this flow is in hand")
            }
        } else if number >= 0, !isOpen(number) {
            return badSocket(number)
        }
        guard event.hasPacket, !verdict.isDone, ending < 0 else {
            return failure(ENODATA, "no packet is in hand, or it has left")
        }
        return 0
    }
}
