// SPDX-License-Identifier: BSD-2-Clause
// The straight way of the SYN that starts a flow. The general phases are the reference: a SYN with data or ECN goes
// through them, and both ways leave the same fields and hand out the same events.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// What a SYN that starts a flow is to a script, at either hook.
    private static var opening: UInt16 {
        Event.packetIn.bit | Event.connStart.bit | Event.stateChange.bit
    }

    /// True when the segment in hand is a SYN and nothing else.
    @inline(__always)
    var isPlainSYN: Bool { segment.flags == .syn && segment.len == 0 && !isInline }

    /// The SYN in hand has started the flow in hand: its sender is SYN_SENT; then HK_SND.
    @inline(__always)
    mutating func open() {
        let hand = EndsInHand(
            table,
            slot: flow,
            sender: .client,
            packets: packets,
            index: current
        )
        hand.sender.packets = 1
        hand.sender.flags = segment.flags.rawValue
        hand.sender.iss = segment.seq.value
        hand.sender.nxt = segment.end.value
        hand.sender.wnd = segment.wnd
        hand.sender.known = UInt8(MOS_KNOWN_ISS)
        hand.sender.state = TCPState.synSent.rawValue
        let flags = hand.packet.flags
        if flags & UInt32(MOS_PKT_MSS) != 0 { hand.sender.mss = hand.packet.mss }
        if flags & UInt32(MOS_PKT_WSCALE) != 0 { hand.sender.wscale = hand.packet.wscale }
        hand.packet.offset = 0
        hand.packet.flags = flags | UInt32(MOS_PKT_HAS_OFFSET)
        update = SenderUpdate()
        update.moved = true
        senderMoved = true
        phase = .opened
        begin(Self.opening, at: .snd, side: .client)
        if dispatch.kind == .none { opened() }
    }

    /// opened: the SYN has reached its receiver, which is SYN_RCVD; then HK_RCV.
    mutating func opened() {
        table[end: flow, .server].state = TCPState.synReceived.rawValue
        receiverMoved = true
        phase = .finishSettling
        begin(Self.opening, at: .rcv, side: .server)
        guard dispatch.kind == .none else { return }
        // A handshake goes on: neither its time-out nor its end has come.
        flow = -1
        finishPacket()
    }
}
