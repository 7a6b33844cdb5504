// SPDX-License-Identifier: BSD-2-Clause
// Inline: a packet leaves through the peer of its port when it is done with, unless a script says otherwise.
import CMosABI
import Capture
import Flows
import Packets

extension Worker {
    /// A burst of the source in hand begins: where its packets go.
    mutating func beginForwarding() {
        backPort = inputs.number
        onwardPort = inputs.peer(of: backPort) ?? -1
        finishesChecksums = onwardPort >= 0 && !inputs.carriesOffloads(onwardPort)
    }

    /// Hands the packet in hand on, once: behind its last event but CONN_END.
    mutating func handOn() {
        guard !verdict.isDone else { return }
        verdict.isDone = true
        if verdict.isDropped {
            counters[.scriptDropped] += 1
            return
        }
        guard onwardPort >= 0 else { return }
        if verdict.isChanged { noteChange() }
        if verdict.edited >= 0, !translateDeparture(verdict.edited) {
            counters[.forwardRefused] += 1
            return
        }
        if finishesChecksums, packets[current].flags & UInt32(MOS_PKT_OFFLOADED) != 0 {
            finishChecksum()
        }
        if packets[current].flags & UInt32(MOS_PKT_REASSEMBLED) != 0 {
            handOnParts()
            return
        }
        if verdict.isResized, isTooLong { return departInPieces() }
        depart(
            Departure(
                bytes: verdict.frame ?? burst[current].bytes,
                place: Int32(truncatingIfNeeded: current),
                isChanged: verdict.isChanged
            )
        )
    }

    /// Nothing can be done about the packet in hand any more, and it does not leave: its parts do, or not.
    mutating func keepBack() { verdict.isDone = true }

    // MARK: Segments that have grown

    /// True when the segment that leaves is longer than its receiver takes, or its port sends, and than it came.
    private var isTooLong: Bool {
        mutating get { leaving.payload_len > longestPayload }
    }

    /// The packet that leaves.
    var leaving: mos_packet {
        mutating get { verdict.frame == nil ? packets[current] : verdict.packet }
    }

    /// Its frame.
    var leavingFrame: MutableByteView {
        mutating get { (verdict.frame ?? burst[current].bytes).writable }
    }

    /// The most payload for one frame of the segment that leaves.
    ///
    /// A frame that came longer than the port's MTU has been put together by a network card, and is taken apart again by
    /// another.
    private var longestPayload: Int32 {
        mutating get {
            let packet = leaving
            let mtu = Int32(truncatingIfNeeded: inputs.mtu(of: onwardPort))
            let came = Int32(truncatingIfNeeded: burst[current].wireLength) &- packet.l3
            if came > mtu { return .max }
            let mss = Int32(table[end: verdict.edited, verdict.sender.other].mss)
            let options = packet.payload &- packet.l4 &- 20
            let fits = mtu &- (packet.payload &- packet.l3)
            return max(1, mss > 0 ? min(fits, mss &- options) : fits)
        }
    }

    private mutating func departInPieces() {
        let limit = Int(longestPayload)
        guard let whole = MutablePacket(leaving, leavingFrame) else {
            counters[.forwardRefused] += 1
            return
        }
        let payload = whole.payloadBytes
        let room = whole.frameLength(payload: limit)
        for index in 0..<MutablePacket.segments(of: payload.count, limit: limit) {
            guard let output = outbox.draft(.empty, more: room),
                let piece = whole.segment(index, of: payload, limit: limit, in: output)
            else {
                counters[.forwardRefused] += 1
                return
            }
            depart(Departure(bytes: piece.frame.view, place: -1))
        }
    }

    /// A packet that scripts have changed leaves: answers to other addresses than the flow's are to find it.
    private mutating func noteChange() {
        counters[.changed] += 1
        let slot = verdict.slot
        guard slot >= 0, table.isLive(slot, generation: table.conns[slot].generation) else {
            return
        }
        let packet = leaving
        guard !table.isBetweenEnds(slot, packet) else { return }
        if !translations.insert(packet, sender: verdict.sender, slot: slot) {
            counters[.translationsRefused] += 1
        }
    }

    /// The port that it leaves through does not carry what was left to a network card.
    ///
    /// What cannot be finished, since it was cut on its way, or its route leads to an address that is not told, leaves as
    /// it came.
    private mutating func finishChecksum() {
        guard var packet = MutablePacket(leaving, leavingFrame) else { return }
        if packet.finishTransportChecksum() { verdict.isChanged = true }
    }

    /// Puts a frame behind those that leave through the peer of the source in hand.
    private mutating func depart(_ departure: Departure) {
        if outbox.onward.isFull { sendListed() }
        outbox.onward.append(departure)
    }

    /// Sends everything that waits, and forgets what was copied for it; the frames of the burst in hand stay.
    mutating func flushDepartures() {
        sendListed()
        outbox.removeAll()
    }

    mutating func sendListed() {
        if outbox.onward.count > 0 {
            inputs.send(outbox.onward, through: onwardPort, from: backPort)
        }
        if outbox.back.count > 0 {
            inputs.send(outbox.back, through: backPort, from: backPort)
        }
        outbox.removeListed()
    }

    // MARK: Parts

    /// The frames that a packet was put together from leave as they came; changed, with the bytes that it has now.
    private mutating func handOnParts() {
        while let frame = fragments.takeFrame() {
            if outbox.free < frame.count { flushDepartures() }
            guard let copy = outbox.draft(frame) else { continue }
            if verdict.isChanged { fillPart(copy) }
            depart(Departure(bytes: copy.view, place: -1))
        }
    }

    /// Writes what the whole packet says now into one of the frames that it came in.
    private mutating func fillPart(_ frame: MutableByteView) {
        var part = mos_packet()
        let held = Frame(
            bytes: frame.view,
            wireLength: UInt32(frame.count),
            time: burst[current].time,
            linkType: burst[current].linkType
        )
        guard plainDecoder.decode(held, into: &part).kind == .fragment else { return }
        let whole = verdict.frame ?? burst[current].bytes
        let (at, from) = (Int(part.l3), Int(packets[current].l3))
        let fragment = IPFragment(part, frame.view)
        let carried = whole.slice(from + fragment.headerLength + fragment.offset, fragment.length)
        frame.set(carried, at: Int(part.payload))
        if part.ip_version == 4 {
            frame.set(whole.slice(from + 1, 1), at: at + 1)
            frame.set(whole.slice(from + 8, 1), at: at + 8)
            frame.set(whole.slice(from + 12, 8), at: at + 12)
            frame.updateIPv4Checksum(at: at)
        } else {
            frame.set(whole.slice(from, 4), at: at)
            frame.set(whole.slice(from + 7, 33), at: at + 7)
        }
    }

    // MARK: Without scripts

    /// Hands packets on without the scripts, until the sources end or somebody asks for the end.
    public mutating func forwardAlone() {
        closedSockets = .max
        for index in sockets.indices { sockets[index].isClosed = true }
        socketsChanged()
        // What still comes out are timers, and flows to be forgotten.
        while phase != .ended { _ = next() }
    }
}
