// SPDX-License-Identifier: BSD-2-Clause
// How the sending of both ends goes: samples of the round-trip time, repeats by kind, duplicate ACKs, windows, ECN.
// On the straight way (Worker+Ordinary) only an acknowledgement that advances, and a sample that is due, get here.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    // MARK: Round-trip time

    /// True when the payload in hand is to be measured: one segment at a time, all of the first, then one of 16.
    @inline(__always)
    static func isSampleDue(_ flags: UInt16, packets: UInt32) -> Bool {
        let sampling = flags & UInt16(MOS_STREAM_SAMPLE | MOS_STREAM_SAMPLED)
        return sampling == 0 || sampling == UInt16(MOS_STREAM_SAMPLED) && packets & 15 == 0
    }

    /// Begins to measure how long the payload in hand takes to be acknowledged.
    @inline(never)
    mutating func beginSample(_ ext: Int32) {
        let side = segment.sender
        let time = Micros.of(packets[current].time)
        table[stream: ext, side].beginSample(segment.seq + segment.len)
        table[health: ext, side].sample_time = time
        noteFirstByte(ext, side)
    }

    /// Payload of `side` is in hand: notes when its first came.
    mutating func noteFirstByte(_ ext: Int32, _ side: Side) {
        guard table[health: ext, side].first_byte == 0 else { return }
        table[health: ext, side].first_byte = microseconds(since: table.conns[flow].start)
    }

    /// What is measured is acknowledged.
    @inline(never)
    private mutating func endSample(_ ext: Int32, _ side: Side) {
        table[stream: ext, side].clear(MOS_STREAM_SAMPLE)
        table[health: ext, side].endSample(at: Micros.of(packets[current].time))
        if table[health: ext, side].rtt_count >= mos_health.denseSamples {
            table[stream: ext, side].set(MOS_STREAM_SAMPLED)
        }
    }

    // MARK: Acknowledgements

    /// The segment in hand acknowledges more than `una`, which was the last of its sender.
    ///
    /// Between two acknowledgements SND.NXT only grows, so the most that was in flight is what was before this one; a FIN
    /// in it is no byte.
    @inline(__always)
    mutating func noteAdvance(_ hand: FlowInHand, from una: SequenceNumber, fin: Int64 = 0) {
        hand.sent.ack = segment.ack.value
        hand.sent.dup_run = 0
        let (ext, side) = (hand.conn.ext, segment.sender.other)
        hand.answered.noteFlight(SequenceNumber(hand.receiver.nxt) - una - fin)
        guard hand.answered.has(MOS_STREAM_SAMPLE),
            SequenceNumber(hand.answered.sample_seq) <= segment.ack
        else { return }
        endSample(ext, side)
    }

    /// True when the segment in hand is a duplicate ACK; asked before its sender's stack is updated.
    ///
    /// Source: RFC 5681 section 2: it acknowledges what the last one did, with the same window, while data is outstanding,
    /// and has no data, SYN or FIN of its own.
    mutating func repeatsAcknowledgement(_ slot: Int32) -> Bool {
        let ext = table.conns[slot].ext
        let side = segment.sender
        guard ext >= 0, segment.len == 0, segment.flags.contains(.ack),
            segment.flags.isDisjoint(with: [.syn, .fin, .rst]),
            TCPFlags(rawValue: table[end: slot, side].flags).contains(.ack)
        else { return false }
        let last = una(slot, ext, of: side.other)
        return segment.ack == last && segment.wnd == table[end: slot, side].wnd
            && segment.seq.value == table[end: slot, side].nxt
            && last < SequenceNumber(table[end: slot, side.other].nxt)
    }

    /// SND.UNA of `side`; before its first payload the handshake's, which is not noted.
    private mutating func una(_ slot: Int32, _ ext: Int32, of side: Side) -> SequenceNumber {
        table[stream: ext, side.other].has(MOS_STREAM_ACK)
            ? SequenceNumber(table[stream: ext, side.other].ack)
            : SequenceNumber(table[end: slot, side].iss) + 1
    }

    /// What a segment of the general way says of the other end's sending, and of congestion; before the receiver's stack.
    mutating func noteHealth() {
        let ext = table.conns[flow].ext
        guard ext >= 0, update.invalid == 0, segment.flags.contains(.ack) else { return }
        noteCongestion(ext)
        let side = segment.sender
        let una = una(flow, ext, of: side.other)
        if una < segment.ack {
            noteFlight(ext, side.other, from: una)
            table[stream: ext, side].dup_run = 0
            if table[stream: ext, side.other].has(MOS_STREAM_SAMPLE),
                SequenceNumber(table[stream: ext, side.other].sample_seq) <= segment.ack
            {
                endSample(ext, side.other)
            }
        } else if una == segment.ack {
            noteReport(ext)
        }
    }

    /// The acknowledgement in hand says nothing new but, perhaps, that something is missing.
    private mutating func noteReport(_ ext: Int32) {
        let side = segment.sender
        if isDuplicateACK {
            counters[.dupACKs] += 1
            table[health: ext, side].dup_acks &+= 1
            table[stream: ext, side].dup_run = min(table[stream: ext, side].dup_run, 254) + 1
        }
        let reportsLoss =
            table[stream: ext, side].dup_run >= 3
            || packets[current].flags & UInt32(MOS_PKT_SACK) != 0
        if reportsLoss, segment.len == 0, !isRecovering(ext, side.other) {
            table[stream: ext, side.other].set(MOS_STREAM_RECOVERY)
            table[health: ext, side.other].recover = table[end: flow, side.other].nxt
        }
    }

    /// True while a loss of what `side` sent was told of, and what was in flight then is not yet acknowledged.
    private mutating func isRecovering(_ ext: Int32, _ side: Side) -> Bool {
        table[stream: ext, side].has(MOS_STREAM_RECOVERY)
            && SequenceNumber(table[stream: ext, side.other].ack)
                < SequenceNumber(table[health: ext, side].recover)
    }

    /// So much of `side` was in flight before the acknowledgement in hand; a FIN is no byte.
    private mutating func noteFlight(_ ext: Int32, _ side: Side, from una: SequenceNumber) {
        let fin: Int64 = table[stream: ext, side].has(MOS_STREAM_FIN) ? 1 : 0
        let flight = SequenceNumber(table[end: flow, side].nxt) - una - fin
        table[stream: ext, side].noteFlight(flight)
    }

    /// What is in flight when the flow ends counts too.
    mutating func noteLastFlight(_ slot: Int32) {
        let ext = table.conns[slot].ext
        guard ext >= 0 else { return }
        for side in Side.allCases where table[stream: ext, side].top > 0 {
            noteFlight(ext, side, from: una(slot, ext, of: side))
        }
    }

    private mutating func noteCongestion(_ ext: Int32) {
        let side = segment.sender
        let flags = packets[current].flags
        if flags & UInt32(MOS_PKT_CE) != 0 { table[health: ext, side].ecn_ce.increase() }
        guard !segment.flags.contains(.syn) else { return }
        if segment.flags.contains(.ece) { table[health: ext, side].ecn_ece.increase() }
        if flags & UInt32(MOS_PKT_SACK) != 0 {
            let blocks = TCPOptions.sackBlocks(packets[current], burst[current].bytes)
            table[health: ext, side].sack_blocks &+= UInt32(blocks.count)
        }
    }

    // MARK: Payload and repeats

    /// Payload on the general way: begins a sample with what is new and in order, and ends one that is ambiguous.
    ///
    /// Karn's rule (RFC 6298 section 3): what was sent twice is not measured. Neither is what waits behind a hole that is
    /// filled late, for its acknowledgement tells of that.
    mutating func noteSent(_ ext: Int32) {
        let side = segment.sender
        noteFirstByte(ext, side)
        if table[stream: ext, side].has(MOS_STREAM_SAMPLE) {
            guard segment.seq < SequenceNumber(table[stream: ext, side].sample_seq) else { return }
            table[stream: ext, side].clear(MOS_STREAM_SAMPLE)
        } else if update.offset == Int64(table[stream: ext, side].top), !extent.isOutOfOrder,
            Self.isSampleDue(
                table[stream: ext, side].flags,
                packets: table[end: flow, side].packets
            )
        {
            beginSample(ext)
        }
    }

    /// The segment in hand repeats: counts it by its kind; a keep-alive has none.
    mutating func noteRepeat() {
        let ext = table.ensureExt(flow)
        guard ext >= 0 else { return }
        let side = segment.sender
        table[health: ext, side].retransmitted &+= 1
        if update.isKeepAlive { return }
        let kind = repetition(ext, side).kind
        table[health: ext, side].count(kind)
        packets[current].rexmit_kind = kind.rawValue
        // The timer starts everything anew (RFC 6298 section 5.4): what follows answers no report.
        if kind == .rto { table[stream: ext, side].clear(MOS_STREAM_RECOVERY) }
    }

    private mutating func repetition(_ ext: Int32, _ side: Side) -> Repetition {
        let top = Int64(table[stream: ext, side].top)
        let control: Int64 = segment.flags.contains(.fin) && update.repeatsControl ? 1 : 0
        let end = min(update.offset + Int64(segment.len), max(top, update.offset)) + control
        let handshake = Int64(table.conns[flow].cli_rtt) + Int64(table.conns[flow].svr_rtt)
        let sent = SequenceNumber(table[end: flow, side].nxt)
        return Repetition(
            start: update.offset,
            end: end,
            top: sent.offset(iss: SequenceNumber(table[end: flow, side].iss), near: top),
            una: table.acknowledgedOffset(flow, of: side),
            isRecovering: isRecovering(ext, side),
            silence: silence,
            rtt: max(handshake, table[health: ext, side].meanRTT)
        )
    }

    // MARK: Windows and silence

    /// The window of the sender of the segment in hand: tells when it closes and when it opens.
    ///
    /// RFC 9293 section 3.8.6.1. What an older segment announces was not taken for its window; nor is that of a SYN, which
    /// nothing fills yet.
    mutating func noteWindow() {
        let side = segment.sender
        guard update.invalid == 0, segment.flags.contains(.ack),
            segment.flags.isDisjoint(with: [.syn, .rst])
        else { return }
        let isZero = table[end: flow, side].wnd == 0
        let ext = isZero ? table.ensureExt(flow) : table.conns[flow].ext
        guard ext >= 0, isZero != table[stream: ext, side].has(MOS_STREAM_ZERO_WINDOW) else {
            return
        }
        let time = Micros.of(packets[current].time)
        if isZero {
            counters[.zeroWindows] += 1
            table[stream: ext, side].set(MOS_STREAM_ZERO_WINDOW)
            table[health: ext, side].closeWindow(at: time)
            event.setDuration(nil)
        } else {
            table[stream: ext, side].clear(MOS_STREAM_ZERO_WINDOW)
            event.setDuration(Double(table[health: ext, side].openWindow(at: time)) / 1e6)
        }
        begin(Event.zeroWindow.bit, at: .null, side: side)
    }

    /// The sender of the packet in hand breaks a silence of two seconds or more, microseconds.
    @inline(never)
    mutating func noteSilence(_ slot: Int32, _ silence: Int64) {
        let ext = table.conns[slot].ext
        guard ext >= 0 else { return }
        let side = table.sender(slot, packets[current])
        let milliseconds = UInt32(clamping: silence / 1000)
        table[health: ext, side].idle = max(table[health: ext, side].idle, milliseconds)
    }
}
