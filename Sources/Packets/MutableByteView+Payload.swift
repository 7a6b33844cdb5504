// SPDX-License-Identifier: BSD-2-Clause
// Frames with another payload, and those of one segment in several pieces.
import CMosABI

/// What of a segment a piece of it is.
public struct SegmentPiece {
    /// The bytes of its payload that the piece carries.
    public var range: Range<Int>
    /// Its number among the pieces, from 0.
    public var number: Int
    /// It is the last one.
    public var isLast: Bool

    /// A piece of a segment.
    public init(range: Range<Int>, number: Int, isLast: Bool) {
        self.range = range
        self.number = number
        self.isLast = isLast
    }
}

extension MutableByteView {
    /// The shortest Ethernet frame without its check sequence (IEEE 802.3); shorter ones are padded.
    public static var shortest: Int { 60 }

    /// Bytes of a frame that carries `length` bytes of payload behind the headers of `packet`, padding included.
    public static func length(of packet: mos_packet, payload length: Int) -> Int {
        max(Int(packet.payload) + length, packet.link == 1 ? shortest : 0)
    }

    /// Writes the headers of a frame and another payload, with lengths and checksums that fit.
    ///
    /// The checksum of what was left to a network card stays left to it.
    ///
    /// - Parameters:
    ///   - packet: the frame that the headers are from, decoded: one TCP segment or UDP datagram, not in a tunnel.
    ///   - frame: that frame.
    ///   - payload: the new payload; may lie within this frame's memory, at its place.
    ///   - finishes: a checksum that was left to a network card is computed.
    /// - Returns: what was written; this frame must be at least ``length(of:payload:)`` long.
    public func write(
        headersOf packet: mos_packet,
        _ frame: ByteView,
        payload: ByteView,
        finishes: Bool = false
    ) -> MutableByteView {
        let header = Int(packet.payload)
        let length = Self.length(of: packet, payload: payload.count)
        set(payload, at: header)
        set(frame.slice(0, header), at: 0)
        clear(header + payload.count, length - header - payload.count)
        var new = packet
        new.payload_len = Int32(payload.count)
        new.wire_payload_len = UInt32(payload.count)
        setLengths(new)
        let result = slice(0, length)
        result.updateIPChecksum(new)
        result.updateTransportChecksum(new, finishes: finishes)
        return result
    }

    /// Writes a piece of a TCP segment as a segment of its own, with all checksums.
    ///
    /// Sequence and IP identification numbers go on; PSH and FIN belong to the last piece, CWR to the first.
    ///
    /// - Parameters:
    ///   - piece: which piece.
    ///   - packet: the segment, decoded.
    ///   - frame: its frame.
    /// - Returns: what was written; this frame must be long enough.
    public func write(
        _ piece: SegmentPiece,
        of packet: mos_packet,
        _ frame: ByteView
    ) -> MutableByteView {
        let payload = frame.slice(Int(packet.payload) + piece.range.lowerBound, piece.range.count)
        set(frame.slice(0, Int(packet.payload)), at: 0)
        let tcp = Int(packet.l4)
        set(frame.u32(tcp + 4) &+ UInt32(piece.range.lowerBound), at: tcp + 4)
        var flags = TCPFlags(rawValue: packet.tcp_flags)
        if !piece.isLast { flags.subtract([.psh, .fin]) }
        if piece.number > 0 { flags.remove(.cwr) }
        set(flags.rawValue, at: tcp + 13)
        if packet.ip_version == 4 {
            let at = Int(packet.l3) + 4
            set(frame.u16(at) &+ UInt16(truncatingIfNeeded: piece.number), at: at)
        }
        return write(
            headersOf: packet,
            slice(0, Int(packet.payload)).view,
            payload: payload,
            finishes: true
        )
    }

    /// Sets the lengths in the IP header and, of UDP, in the transport header.
    private func setLengths(_ packet: mos_packet) {
        let at = Int(packet.l3)
        let end = Int(packet.payload) + Int(packet.payload_len)
        if packet.ip_version == 4 {
            set(UInt16(truncatingIfNeeded: end - at), at: at + 2)
        } else {
            set(UInt16(truncatingIfNeeded: end - at - IPv6Header.length), at: at + 4)
        }
        if packet.proto == IPProtocol.udp {
            set(UInt16(truncatingIfNeeded: end - Int(packet.l4)), at: Int(packet.l4) + 4)
        }
    }
}
