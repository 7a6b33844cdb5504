// SPDX-License-Identifier: BSD-2-Clause
// Which segments the end that they reach would believe. A monitor sits between both ends and may have missed packets, so
// what an end is seen to acknowledge counts as much as what was captured.
import CMosABI
import Flows
import Packets

extension FlowTable {
    /// True when the end that the RST reaches would believe it.
    ///
    /// Source: RFC 9293 section 3.10.7.3, second: in SYN-SENT it must acknowledge the SYN; RFC 5961 section 3.2: otherwise
    /// its sequence number must be the one that is expected next. That is the one behind what we have reassembled, or what
    /// the receiver acknowledged last, or what the sender has sent: packets may be on their way, or were not captured.
    mutating func isAcceptableReset(_ slot: Int32, _ segment: Segment) -> Bool {
        let side = segment.sender
        if TCPState(self[end: slot, side.other].state) == .synSent {
            return acknowledgesSYN(slot, segment)
        }
        let sender = self[end: slot, side]
        guard sender.known != 0 else { return true }
        if segment.seq.value == sender.nxt { return true }
        let ext = conns[slot].ext
        guard ext >= 0 else {
            return segment.seq == SequenceNumber(sender.iss) + 1
        }
        let next = UInt32(truncatingIfNeeded: self[stream: ext, side].next)
        if segment.seq == SequenceNumber(sender.iss) + 1 + next { return true }
        let receiver = self[stream: ext, side.other]
        return receiver.has(MOS_STREAM_ACK) && segment.seq.value == receiver.ack
    }

    /// Why TCP would refuse a segment that neither opens nor resets; ``MOS_VALID`` when it would not.
    ///
    /// - Parameters:
    ///   - slot: the connection, which has streams.
    ///   - segment: the segment; both ends are known.
    ///   - offset: the stream offset of its first payload octet.
    /// - Returns: MOS_VALID or one of MOS_INVALID_*.
    mutating func refusal(_ slot: Int32, _ segment: Segment, at offset: Int64) -> UInt8 {
        if !isAcceptableACK(slot, segment) { return UInt8(MOS_INVALID_ACK) }
        guard segment.len > 0 || segment.flags.contains(.fin) else { return UInt8(MOS_VALID) }
        let isInWindow = isInWindow(slot, segment, at: offset)
        if !isInWindow { return UInt8(MOS_INVALID_WINDOW) }
        if isOlderThanTimestamps(slot, segment, at: offset) { return UInt8(MOS_INVALID_PAWS) }
        return UInt8(MOS_VALID)
    }

    /// True when the acknowledgement is one that the other end may have earned.
    ///
    /// Source: RFC 5961 section 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT. Octets that we have not captured may
    /// have been sent as far as the acknowledging end's window let them.
    mutating func isAcceptableACK(_ slot: Int32, _ segment: Segment) -> Bool {
        let side = segment.sender
        let other = self[end: slot, side.other]
        guard other.known != 0 else { return true }
        let nxt = SequenceNumber(other.nxt)
        let ext = conns[slot].ext
        guard ext >= 0, self[stream: ext, side].has(MOS_STREAM_ACK) else {
            return abs(segment.ack - nxt) <= 2 * largestWindow(slot, of: side)
        }
        let last = SequenceNumber(self[stream: ext, side].ack)
        if segment.ack <= last { return last - segment.ack <= largestWindow(slot, of: side) }
        return segment.ack <= nxt || segment.ack - last <= 2 * largestWindow(slot, of: side)
            || hasPlausibleTimestamps(slot, segment)
    }

    /// True when payload lies where the receiver's window lets it lie.
    ///
    /// Source: RFC 9293 section 3.10.7.4, first. The upper edge is one window farther than announced, since the packet
    /// that opened the window may have been captured after those that it allowed. Without any word of the receiver, the
    /// bound is a quarter of sequence space.
    mutating func isInWindow(_ slot: Int32, _ segment: Segment, at offset: Int64) -> Bool {
        let side = segment.sender
        let ext = conns[slot].ext
        let isMidstream = conns[slot].flags & UInt8(MOS_CONN_MIDSTREAM) != 0
        if offset &+ Int64(segment.len) <= 0, segment.len > 1, !isMidstream { return false }
        let next = ext >= 0 ? Int64(self[stream: ext, side].next) : 0
        // What is next in order fits a window of any size but in theory; window updates get lost.
        if offset <= next { return true }
        guard self[end: slot, side.other].packets > 0 else {
            return offset &- next <= Self.farthest
        }
        let window = max(Int64(window(slot, of: side.other)), 1)
        let acknowledged = max(acknowledgedOffset(slot, of: side), 0)
        return offset &- acknowledged < 2 * window
            || ext >= 0 && offset < Int64(self[stream: ext, side].top)
            || hasPlausibleTimestamps(slot, segment)
    }

    /// True when the segment's timestamps go on from the last ones of both ends: nobody who does not see the connection
    /// can know them, so a number far ahead tells of packets that were not captured.
    ///
    /// Source: RFC 7323 section 7 (security considerations). Clocks tick at most once a millisecond (section 5.4): what
    /// both ends may have sent within a quarter of an hour unseen is believed.
    mutating func hasPlausibleTimestamps(_ slot: Int32, _ segment: Segment) -> Bool {
        let ext = conns[slot].ext
        guard ext >= 0, segment.hasTimestamps else { return false }
        let (own, other) = (
            self[stream: ext, segment.sender], self[stream: ext, segment.sender.other]
        )
        guard own.has(MOS_STREAM_TIMESTAMPS), other.has(MOS_STREAM_TIMESTAMPS) else { return false }
        let ahead = SequenceNumber(segment.tsval) - SequenceNumber(own.tsval)
        let echo = SequenceNumber(segment.tsecr) - SequenceNumber(other.tsval)
        return (0...1 << 20).contains(ahead) && (-1 << 20...1 << 20).contains(echo)
    }

    /// True when the segment's timestamp is older than the last one in order: it is a duplicate of an earlier pass
    /// through sequence space, or forged.
    ///
    /// Source: RFC 7323 section 5.3, R1. A tick of disorder is let pass, as real stacks do; a segment that only repeats is
    /// a repeat, whatever its timestamp, for its receiver drops it either way.
    mutating func isOlderThanTimestamps(_ slot: Int32, _ segment: Segment, at offset: Int64) -> Bool
    {
        let ext = conns[slot].ext
        guard ext >= 0, segment.hasTimestamps else { return false }
        let stream = self[stream: ext, segment.sender]
        // The first FIN is news as well.
        let fin: Int64 = segment.flags.contains(.fin) && !stream.has(MOS_STREAM_FIN) ? 1 : 0
        guard stream.has(MOS_STREAM_TIMESTAMPS), stream.tsval != 0,
            offset &+ Int64(segment.len) &+ fin > Int64(stream.next)
        else { return false }
        return SequenceNumber(stream.tsval) - SequenceNumber(segment.tsval) > 1
    }

    /// Notes the timestamp of a segment in order (RFC 7323 section 4.3).
    public mutating func noteTimestamp(_ ext: Int32, _ segment: Segment, at offset: Int64) {
        guard segment.hasTimestamps,
            offset <= Int64(self[stream: ext, segment.sender].next)
        else { return }
        let isKnown = self[stream: ext, segment.sender].has(MOS_STREAM_TIMESTAMPS)
        let recent = SequenceNumber(self[stream: ext, segment.sender].tsval)
        if !isKnown || recent <= SequenceNumber(segment.tsval) {
            self[stream: ext, segment.sender].tsval = segment.tsval
            self[stream: ext, segment.sender].set(MOS_STREAM_TIMESTAMPS)
        }
    }

    /// Notes both ends' timestamps with the ACK of the SYN, which has its sender's and echoes that of the SYN-ACK: the
    /// first payload is judged by them (case T32).
    mutating func noteHandshakeTimestamps(_ slot: Int32, _ segment: Segment) {
        guard segment.hasTimestamps else { return }
        let ext = ensureExt(slot)
        guard ext >= 0 else { return }
        noteTimestamp(ext, segment, at: 0)
        let other = segment.sender.other
        guard !self[stream: ext, other].has(MOS_STREAM_TIMESTAMPS) else { return }
        self[stream: ext, other].tsval = segment.tsecr
        self[stream: ext, other].set(MOS_STREAM_TIMESTAMPS)
    }

    /// A quarter of sequence space: farther than any window reaches (RFC 7323 section 2.3 allows 2^30).
    static var farthest: Int64 { 1 << 30 }

    /// True when the SYN of one end was captured, and with it whether it scales its windows.
    func isScaleKnown(_ slot: Int32, _ side: Side) -> Bool {
        self[end: slot, side].known & (Knowledge.iss | Knowledge.inferred) == Knowledge.iss
    }

    /// How far the windows of `side` are shifted; the most that is possible when the handshake was not captured.
    func windowShift(_ slot: Int32, of side: Side) -> UInt32 {
        guard isScaleKnown(slot, side), isScaleKnown(slot, side.other) else {
            return isScaleKnown(slot, side) && self[end: slot, side].wscale == 255 ? 0 : 14
        }
        // Both ends must have offered it (RFC 7323 section 2.2).
        let (own, other) = (self[end: slot, side].wscale, self[end: slot, side.other].wscale)
        return own == 255 || other == 255 ? 0 : UInt32(min(own, 14))
    }

    /// The window that `side` advertised last.
    func window(_ slot: Int32, of side: Side) -> UInt32 {
        UInt32(self[end: slot, side].wnd) &<< windowShift(slot, of: side)
    }

    /// The largest window that `side` can advertise.
    func largestWindow(_ slot: Int32, of side: Side) -> Int64 {
        0xFFFF << Int64(windowShift(slot, of: side))
    }
}
