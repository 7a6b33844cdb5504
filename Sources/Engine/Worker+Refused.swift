// SPDX-License-Identifier: BSD-2-Clause
// Segments that were not believed, for what the other end says of them later: a SYN on a connection that is established
// (case T57), data farther ahead than windows allow.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// Remembers a SYN that was not believed, for the other end may answer it (case T57).
    mutating func noteRefusedSYN(_ slot: Int32) {
        guard segment.isOpening else { return }
        refused.note(
            RefusedSYN(
                slot: slot,
                generation: table.conns[slot].generation,
                seq: segment.seq.value,
                mss: packets[current].mss,
                wnd: segment.wnd,
                wscale: packets[current].flags & UInt32(MOS_PKT_WSCALE) != 0
                    ? packets[current].wscale : 255,
                sender: segment.sender,
                watchers: watchers()
            )
        )
    }

    /// True when the SYN-ACK in hand answers such a SYN: the other end takes it for a new connection.
    mutating func isAnswerToRefusedSYN(_ slot: Int32) -> Bool {
        guard let syn = refused.syn(slot, table.conns[slot].generation),
            syn.sender == segment.sender.other, segment.ack == SequenceNumber(syn.seq) + 1
        else { return false }
        answeredSYN = syn
        return true
    }

    /// Remembers data that was too far ahead, for the other end may acknowledge it.
    mutating func noteRefusedData(_ slot: Int32) {
        refused.note(
            RefusedData(
                slot: slot,
                generation: table.conns[slot].generation,
                start: segment.payloadStart.value,
                end: segment.end.value,
                sender: segment.sender
            )
        )
    }

    /// True when the segment in hand acknowledges such data: both ends would have to be forged for it not to be true.
    mutating func isProofOfLoss(_ slot: Int32) -> Bool {
        guard let data = refused.data(slot, table.conns[slot].generation),
            data.sender == segment.sender.other
        else { return false }
        return SequenceNumber(data.start) <= segment.ack && segment.ack <= SequenceNumber(data.end)
    }
}

/// A SYN that reached a connection that was established.
struct RefusedSYN: BitwiseCopyable {
    var slot: Int32 = -1
    var generation: UInt32 = 0
    var seq: UInt32 = 0
    var mss: UInt16 = 0
    var wnd: UInt16 = 0
    var wscale: UInt8 = 255
    var sender = Side.client
    var watchers: UInt32 = 0
}

/// Data that was farther ahead than its receiver's window.
struct RefusedData: BitwiseCopyable {
    var slot: Int32 = -1
    var generation: UInt32 = 0
    var start: UInt32 = 0
    var end: UInt32 = 0
    var sender = Side.client
}

/// The last segments that were not believed, one a connection, some hundred in all: a flood of forged ones overwrites
/// itself.
struct RefusedSegments: ~Copyable {
    private static var capacity: Int { 256 }
    private var syns: ReservedMemory<RefusedSYN>
    private var data: ReservedMemory<RefusedData>

    init?() {
        guard let syns = ReservedMemory<RefusedSYN>(capacity: Self.capacity),
            let data = ReservedMemory<RefusedData>(capacity: Self.capacity)
        else { return nil }
        self.syns = syns
        self.data = data
    }

    mutating func note(_ syn: RefusedSYN) { syns[Int(syn.slot & 255)] = syn }

    mutating func note(_ segment: RefusedData) { data[Int(segment.slot & 255)] = segment }

    func syn(_ slot: Int32, _ generation: UInt32) -> RefusedSYN? {
        let syn = syns[Int(slot & 255)]
        return syn.slot == slot && syn.generation == generation && generation != 0 ? syn : nil
    }

    func data(_ slot: Int32, _ generation: UInt32) -> RefusedData? {
        let segment = data[Int(slot & 255)]
        return segment.slot == slot && segment.generation == generation && generation != 0
            ? segment : nil
    }
}
