// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows
import Packets

/// What TCP sees of a packet: the segment variables of RFC 9293 section 3.3.1, and who sent it.
public struct Segment: Sendable {
    /// SEG.SEQ.
    public var seq: SequenceNumber
    /// SEG.ACK.
    public var ack: SequenceNumber
    /// Payload octets on the wire (SEG.LEN without SYN and FIN).
    public var len: UInt32
    /// SEG.WND, unscaled.
    public var wnd: UInt16
    /// The control bits.
    public var flags: TCPFlags
    /// The end that sent it.
    public var sender: Side
    /// It has a timestamps option (RFC 7323 section 3).
    public var hasTimestamps: Bool
    /// SEG.TSval, with ``hasTimestamps``.
    public var tsval: UInt32
    /// SEG.TSecr, with ``hasTimestamps``.
    public var tsecr: UInt32

    /// The segment that `packet` carries.
    @inlinable @inline(__always)
    public init(_ packet: mos_packet, sender: Side) {
        seq = SequenceNumber(packet.seq)
        ack = SequenceNumber(packet.ack)
        len = packet.wire_payload_len
        wnd = packet.window
        flags = TCPFlags(rawValue: packet.tcp_flags)
        self.sender = sender
        hasTimestamps = packet.flags & UInt32(MOS_PKT_HAS_TIMESTAMPS) != 0
        tsval = packet.tsval
        tsecr = packet.tsecr
    }

    /// A SYN that acknowledges nothing and neither ends nor resets: it may open a connection.
    @inlinable public var isOpening: Bool {
        flags.intersection([.syn, .ack, .rst, .fin]) == .syn
    }

    /// A SYN that acknowledges another.
    @inlinable public var isSYNACK: Bool { flags.isSuperset(of: [.syn, .ack]) }

    /// The point of the first payload octet: a SYN takes one number.
    @inlinable public var payloadStart: SequenceNumber {
        flags.contains(.syn) ? seq + 1 : seq
    }

    /// The point behind everything that it takes of sequence space.
    @inlinable public var end: SequenceNumber {
        seq + len + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
    }
}
