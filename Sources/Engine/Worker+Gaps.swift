// SPDX-License-Identifier: BSD-2-Clause
// Bytes that will not come: acknowledged by their receiver but not captured (case T25), or cut by the capture.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// The sender of the segment in hand has acknowledged more than before: what of it is missing is suspect.
    @inline(__always)
    mutating func acknowledged(_ ext: Int32) {
        let side = segment.sender.other
        let next = UInt32(truncatingIfNeeded: table[stream: ext, side].next)
        let expected = SequenceNumber(table[end: flow, side].iss) + 1 + next
        if expected < segment.ack, !isComplete(ext, side) { markSuspect(flow, side) }
    }

    /// True when everything up to the FIN of `side` has come: what is acknowledged beyond is the FIN itself.
    @inline(__always)
    private mutating func isComplete(_ ext: Int32, _ side: Side) -> Bool {
        table[stream: ext, side].has(MOS_STREAM_FIN)
            && table[health: ext, side].fin == table[stream: ext, side].next
    }

    /// How far the other end has acknowledged the payload of `side`; below 0 when it has not.
    private mutating func acknowledgedPayload(_ slot: Int32, _ side: Side) -> Int64 {
        let ext = table.conns[slot].ext
        let acked = table.acknowledgedOffset(slot, of: side)
        guard table[stream: ext, side].has(MOS_STREAM_FIN) else { return acked }
        return min(acked, Int64(table[health: ext, side].fin))
    }

    /// True when bytes are missing that the other end has.
    private mutating func isSuspect(_ slot: Int32, _ side: Side) -> Bool {
        let ext = table.conns[slot].ext
        return acknowledgedPayload(slot, side) > Int64(table[stream: ext, side].next)
    }

    /// Begins to wait for bytes of `side` that the other end has acknowledged.
    ///
    /// An end of which not one packet was captured has no gaps: its packets go another way.
    @inline(never)
    private mutating func markSuspect(_ slot: Int32, _ side: Side) {
        let ext = table.conns[slot].ext
        guard !table[stream: ext, side].has(MOS_STREAM_SUSPECT),
            table[end: slot, side].packets > 0, isSuspect(slot, side)
        else { return }
        setSuspect(slot, side, packets: UInt8(clamping: settings.gapPackets))
        let deadline = Timestamp(event.now).nanoseconds &+ timeouts.gap
        table[health: ext, side].suspect_time = UInt32(truncatingIfNeeded: deadline / 1000)
        let generation = table.conns[slot].generation
        if !suspects.add(slot, side, generation: generation, deadline: deadline) {
            counters[.timersRefused] += 1
        }
    }

    /// Marks bytes of `side` as missing; they are given up after so many packets, once something lies behind them.
    private mutating func setSuspect(_ slot: Int32, _ side: Side, packets: UInt8) {
        let ext = table.conns[slot].ext
        table[stream: ext, side].set(MOS_STREAM_SUSPECT)
        table[stream: ext, side].suspect = packets
        table.conns[slot].flags |= UInt8(MOS_CONN_SUSPECT)
    }

    /// No bytes of `side` are missing any more, or they were given up.
    private mutating func clearSuspect(_ slot: Int32, _ side: Side) {
        let ext = table.conns[slot].ext
        table[stream: ext, side].clear(MOS_STREAM_SUSPECT)
        if !table[stream: ext, side.other].has(MOS_STREAM_SUSPECT) {
            table.conns[slot].flags &= ~UInt8(MOS_CONN_SUSPECT)
        }
    }

    /// suspect: what the packet in hand, which is done with but for this, means for holes: first those of its sender's
    /// stream, then of the other's.
    mutating func suspect() {
        let ext = table.conns[flow].ext
        let step = suspectStep
        suspectStep += 1
        switch step {
        case 0:
            let end = uncapturedEnd
            uncapturedEnd = -1
            if end >= 0 {
                beginDeclaring(segment.sender, upTo: end, because: MOS_GAP_CUT, then: .suspect)
                declaresTail = true
            }
        case 1, 2:
            let side = step == 1 ? segment.sender : segment.sender.other
            guard countDown(ext, side) else { return }
            beginDeclaring(
                side,
                upTo: acknowledgedPayload(flow, side),
                because: MOS_GAP_MISSED,
                then: .suspect
            )
        default:
            phase = .finishSettling
        }
    }

    /// Counts the packet in hand for a hole of `side`; true when it is the last that was waited for.
    private mutating func countDown(_ ext: Int32, _ side: Side) -> Bool {
        guard table[stream: ext, side].has(MOS_STREAM_SUSPECT) else {
            // The hole may have come with this packet.
            if side != segment.sender, update.invalid == 0 { markSuspect(flow, side) }
            return false
        }
        guard isSuspect(flow, side) else {
            clearSuspect(flow, side)
            return false
        }
        if table[stream: ext, side].suspect > 0 { table[stream: ext, side].suspect &-= 1 }
        return table[stream: ext, side].suspect == 0 && hasSomethingBehind(ext, side)
    }

    /// True when bytes wait behind the first hole, or a FIN does: before that nobody has missed anything.
    private mutating func hasSomethingBehind(_ ext: Int32, _ side: Side) -> Bool {
        table[stream: ext, side].has(MOS_STREAM_FIN)
            || reassembler.hasHole(table[stream: ext, side])
    }

    /// Gives up the holes of the stream of `side` up to an offset; the machine goes on with `next`.
    private mutating func beginDeclaring(
        _ side: Side,
        upTo end: Int64,
        because cause: Int,
        then next: Phase
    ) {
        clearSuspect(flow, side)
        declaredSide = side
        declaredUpTo = end
        declaredCause = cause
        declaresTail = false
        afterDeclaring = next
        phase = .declare
    }

    /// declare: the next hole is given up; what lies behind it is delivered.
    mutating func declare() {
        let ext = table.conns[flow].ext
        let next = Int64(table[stream: ext, declaredSide].next)
        guard next < declaredUpTo else {
            phase = afterDeclaring
            // The FIN behind a hole that was given up has arrived in order, as far as can be known.
            if table.receiveFIN(flow, from: declaredSide) {
                receiverMoved = true
                updateTimeout()
                begin(Event.stateChange.bit, at: .rcv, side: declaredSide.other)
            }
            return
        }
        let stored = reassembler.firstStored(table[stream: ext, declaredSide], behind: next)
        guard stored != nil || declaresTail || table[stream: ext, declaredSide].has(MOS_STREAM_FIN)
        else {
            // What was acknowledged behind the last byte captured becomes a hole with the next one.
            setSuspect(flow, declaredSide, packets: 0)
            phase = afterDeclaring
            return
        }
        let stop = min(declaredUpTo, stored ?? declaredUpTo)
        reassembler.giveUp(&table[stream: ext, declaredSide], upTo: stop)
        phase = .declareData
        announceGap(next, stop &- next, side: declaredSide.other, because: declaredCause)
    }

    /// declareData: NEW_DATA for what a gap made readable; then the next hole.
    mutating func declareData() {
        phase = .declare
        hasNewData = false
        begin(Event.newData.bit, at: .null, side: declaredSide.other, kind: .newData)
    }

    /// Gives up a hole whose time is over; false when the entry is stale.
    mutating func declareOverdue() -> Bool {
        let entry = suspects.takeFirst()
        guard table.isLive(entry.slot, generation: entry.generation) else { return false }
        let ext = table.conns[entry.slot].ext
        let micros = UInt32(truncatingIfNeeded: entry.deadline / 1000)
        guard ext >= 0, table[stream: ext, entry.side].has(MOS_STREAM_SUSPECT),
            table[health: ext, entry.side].suspect_time == micros
        else { return false }
        guard hasSomethingBehind(ext, entry.side) else {
            table[stream: ext, entry.side].suspect = 0
            return false
        }
        flow = entry.slot
        let end = acknowledgedPayload(flow, entry.side)
        beginDeclaring(entry.side, upTo: end, because: MOS_GAP_MISSED, then: .due)
        return true
    }

    /// Gives up the oldest hole of the worker, for the pool of bytes is full: what lies behind it is delivered and read.
    ///
    /// - Returns: false when no stream has one.
    mutating func declareOldest() -> Bool {
        while let entry = holes.takeOldest() {
            guard table.isLive(entry.slot, generation: entry.generation) else { continue }
            let ext = table.conns[entry.slot].ext
            guard ext >= 0, table[stream: ext, entry.side].charged > 0,
                !reassembler.isUnconfirmed(table[stream: ext, entry.side]),
                let end = reassembler.firstStored(
                    table[stream: ext, entry.side],
                    behind: Int64(table[stream: ext, entry.side].next)
                )
            else { continue }
            flow = entry.slot
            // Its next hole waits for its turn again.
            holes.add(entry)
            beginDeclaring(entry.side, upTo: end, because: MOS_GAP_POOL, then: .due)
            return true
        }
        return false
    }
}
