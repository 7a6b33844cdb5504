// SPDX-License-Identifier: BSD-2-Clause
// Inline: packets that scripts make. They leave ahead of the packet in hand, and no stack sees them.
import CMosABI
import Capture
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    /// Sends a whole frame towards a side of a flow; its checksums are filled in.
    ///
    /// - Parameters:
    ///   - number: the socket.
    ///   - slot: the flow, below 0 for a RAW socket: whoever sent the packet in hand is its client.
    ///   - generation: the flow's.
    ///   - side: the side that gets it.
    ///   - bytes: the frame, from its Ethernet header on.
    /// - Returns: 0; -EPERM when the run is not inline, -EINVAL for what is no frame, -ENODATA when nobody knows where it
    ///   should leave.
    public mutating func sendFrame(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        side: Int32,
        _ bytes: ByteView
    ) -> Int32 {
        guard isInline else { return failure(EPERM, "this run is not inline") }
        guard let to = Side(number: side) else {
            return failure(EINVAL, "a frame is for SIDE_CLI or SIDE_SVR")
        }
        guard bytes.count >= 14, bytes.count <= 65_535 + 54 else {
            return failure(EINVAL, "a frame is 14 to 65589 bytes, from its Ethernet header on")
        }
        let port: Int?
        if slot >= 0 {
            let problem = mayWatch(number, slot, generation)
            guard problem == 0 else { return problem }
            port = self.port(of: to, slot)
        } else {
            if number >= 0, !isOpen(number) { return badSocket(number) }
            guard event.hasPacket else {
                return failure(ENODATA, "no packet is in hand that says where to send")
            }
            port = to == .client ? backPort : onwardPort
        }
        guard let port, port >= 0 else { return failure(ENODATA, "no port leads to that side") }
        guard let frame = outbox.draft(bytes) else { return noRoom() }
        // What cannot be read to its end, or leads to an address that is not told, leaves as the script made it.
        _ = try? frame.fillInChecksums()
        dispatchMade(frame.view, through: port)
        return 0
    }

    /// Sends a TCP segment of a flow; what it does not say follows from the flow.
    ///
    /// - Parameters:
    ///   - number: the socket.
    ///   - slot: the flow.
    ///   - generation: the flow's.
    ///   - wanted: what it says; numbers as its receiver counts.
    ///   - payload: what it carries.
    /// - Returns: as ``sendFrame(_:_:_:side:_:)``.
    public mutating func sendSegment(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ wanted: mos_outgoing,
        _ payload: ByteView
    ) -> Int32 {
        guard isInline else { return failure(EPERM, "this run is not inline") }
        let problem = mayWatch(number, slot, generation)
        guard problem == 0 else { return problem }
        guard hasStream(slot) else { return failure(EINVAL, "a UDP or ICMP flow has no segments") }
        guard let side = Side(number: wanted.side), payload.count <= 65_535 - 60 else {
            return failure(EINVAL, "a segment is for SIDE_CLI or SIDE_SVR, of 65475 bytes at most")
        }
        func has(_ bit: Int) -> Bool { wanted.has & UInt32(bit) != 0 }
        let sender = side.other
        var made = InventedSegment(
            seq: has(MOS_OUTGOING_SEQ) ? wanted.seq : sequenceForReceiver(slot, of: sender),
            ack: has(MOS_OUTGOING_ACK) ? wanted.ack : acknowledgementForReceiver(slot, of: side),
            flags: has(MOS_OUTGOING_FLAGS)
                ? TCPFlags(rawValue: UInt8(truncatingIfNeeded: wanted.flags)) : .ack,
            window: has(MOS_OUTGOING_WINDOW)
                ? UInt16(truncatingIfNeeded: wanted.window) : table[end: slot, sender].wnd
        )
        if has(MOS_OUTGOING_TTL) { made.hopLimit = UInt8(truncatingIfNeeded: wanted.ttl) }
        return send(made, payload, of: slot, to: side)
    }

    /// Sends a made segment.
    mutating func send(_ made: InventedSegment, _ payload: ByteView, of slot: Int32, to side: Side)
        -> Int32
    {
        let known = inlineFlows[Int(slot)]
        guard known.linkLength > 0, let port = port(of: side, slot), port >= 0 else {
            return failure(ENODATA, "the link layer of this flow is not known (a tunnel)")
        }
        guard let link = outbox.draft(linkOf: known) else { return noRoom() }
        guard let way = way(of: slot, to: side, behind: link.view) else {
            return failure(ENODATA, "the link layer of this flow is not Ethernet's")
        }
        guard let room = outbox.draft(.empty, more: way.frameLength(payload: payload.count)) else {
            return noRoom()
        }
        guard let length = way.write(made, payload: payload, in: room) else {
            return failure(EINVAL, "no IP packet can be that long")
        }
        dispatchMade(room.view.slice(0, length), through: port)
        return 0
    }

    /// The way of segments of a flow to one of its ends; `link` is how frames of its client begin.
    private mutating func way(of slot: Int32, to side: Side, behind link: ByteView)
        -> SegmentTemplate?
    {
        let conn = table.conns[slot]
        var packet = mos_packet()
        packet.ip_version = conn.ip_version
        packet.src = conn.cli_addr
        packet.dst = conn.svr_addr
        packet.sport = conn.cli_port
        packet.dport = conn.svr_port
        let toServer = SegmentTemplate(link: link, of: .ethernet, packet)
        return side == .server ? toServer : toServer?.reversed
    }

    /// SEG.SEQ of what an end sends next, or sent `before` numbers ago, as the other end counts.
    mutating func sequenceForReceiver(_ slot: Int32, of side: Side, before: UInt32 = 0) -> UInt32 {
        let next = SequenceNumber(table[end: slot, side].nxt &- before)
        guard let known = edits[slot], isEdited(slot) else { return next.value }
        return known[side].hidden.toReceiver(
            next,
            iss: iss(slot, side),
            near: near(slot, side)
        ).value
    }

    /// What acknowledges everything that `side` has sent, as it counts itself.
    mutating func acknowledgementForReceiver(_ slot: Int32, of side: Side) -> UInt32 {
        let next = SequenceNumber(table[end: slot, side].nxt)
        guard let known = edits[slot], isEdited(slot) else { return next.value }
        let seen = known[side].seen
        let here = seen.toSender(near(slot, side))
        return seen.toSender(next, iss: iss(slot, side), near: here).value
    }

    // MARK: Leaving

    private mutating func noRoom() -> Int32 {
        failure(ENOBUFS, "too much waits to leave with this burst")
    }

    /// 0 when `number` watches the flow.
    mutating func mayWatch(_ number: Int32, _ slot: Int32, _ generation: UInt32) -> Int32 {
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        guard sets.place(table.conns[slot].set, socket: number) >= 0 else {
            return failure(EBADF, "monitor socket \(number) does not watch this flow")
        }
        return 0
    }

    /// A frame that a script made leaves ahead of the packet in hand.
    private mutating func dispatchMade(_ frame: ByteView, through port: Int) {
        counters[.injected] += 1
        let departure = Departure(bytes: frame, place: -1)
        if port == onwardPort {
            if outbox.onward.isFull { sendListed() }
            outbox.onward.append(departure)
        } else if port == backPort {
            if outbox.back.isFull { sendListed() }
            outbox.back.append(departure)
        } else {
            outbox.aside.removeAll()
            outbox.aside.append(departure)
            inputs.send(outbox.aside, through: port, from: port)
        }
    }
}

extension Side {
    /// The side with the shared layout's number.
    init?(number: Int32) {
        switch Int(number) {
        case MOS_SIDE_CLI: self = .client
        case MOS_SIDE_SVR: self = .server
        default: return nil
        }
    }
}
