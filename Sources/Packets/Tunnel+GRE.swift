// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// Generic routing encapsulation: flags and version (2), protocol (2), then what the flags announce.
///
/// Version 0: checksum and reserved (4), key (4), sequence number (4); RFC 2784, RFC 2890, RFC 7637. Version 1: payload
/// length (2), call (2), sequence number (4), acknowledgment (4); RFC 2637 (PPTP). The source routes of RFC 1701, which
/// RFC 2784 withdrew, are not followed.
extension Tunnel {
    private static var hasChecksum: UInt16 { 0x8000 }
    private static var hasRouting: UInt16 { 0x4000 }
    private static var hasKey: UInt16 { 0x2000 }
    private static var hasSequence: UInt16 { 0x1000 }
    private static var hasAcknowledgment: UInt16 { 0x0080 }

    static func gre(_ body: TunnelBody) throws(DecodeError) -> TunnelContent? {
        guard body.has(4) else { throw .tunnelTruncated }
        let flags = body.bytes.u16(body.start)
        let proto = body.bytes.u16(body.start + 2)
        switch flags & 7 {
        case 0: return try version0(body, flags, proto)
        case 1 where proto == EtherType.ppp: return try pptp(body, flags)
        default: return nil
        }
    }

    /// True when a checksum is there, can be verified and is wrong.
    static func hasBadChecksum(_ packet: mos_packet, _ body: TunnelBody) -> Bool {
        guard packet.proto == IPProtocol.gre, body.has(4), body.bytes.count == body.end else {
            return false
        }
        let flags = body.bytes.u16(body.start)
        guard flags & 7 == 0, flags & hasChecksum != 0 else { return false }
        let sum = body.bytes.onesComplementSum(body.start, body.end - body.start)
        return Checksum.fold(sum) != 0xFFFF
    }

    private static func version0(
        _ body: TunnelBody,
        _ flags: UInt16,
        _ proto: UInt16
    ) throws(DecodeError) -> TunnelContent? {
        guard flags & hasRouting == 0 else { return nil }
        var length = 4
        if flags & hasChecksum != 0 { length += 4 }
        let keyAt = length
        if flags & hasKey != 0 { length += 4 }
        if flags & hasSequence != 0 { length += 4 }
        guard body.has(length) else { throw .tunnelTruncated }
        let key = flags & hasKey != 0 ? body.bytes.u32(body.start + keyAt) : nil
        let header: LinkHeader
        switch proto {
        case EtherType.bridging:
            header = try body.ethernet(after: length)
        case EtherType.erspan:
            return try erspan(body, length, hasHeader: flags & hasSequence != 0)
        case EtherType.erspan3:
            return try erspan3(body, length)
        case EtherType.ppp:
            header = try ppp(body, length)
        case EtherType.wccp:
            // Version 2 puts four bytes before the packet.
            guard let found = body.packet(after: length) ?? body.packet(after: length + 4) else {
                return nil
            }
            header = found
        case EtherType.smallest...:
            header = body.header(proto, after: length)
        default:
            return nil
        }
        return TunnelContent(header: header, kind: MOS_TUNNEL_GRE, id: key)
    }

    private static func pptp(
        _ body: TunnelBody,
        _ flags: UInt16
    ) throws(DecodeError) -> TunnelContent? {
        // Without a sequence number it acknowledges only.
        guard flags & hasKey != 0, flags & hasSequence != 0 else { return nil }
        let length = flags & hasAcknowledgment != 0 ? 16 : 12
        guard body.has(length) else { throw .tunnelTruncated }
        let call = UInt32(body.bytes.u16(body.start + 6))
        return TunnelContent(header: try ppp(body, length), kind: MOS_TUNNEL_PPTP, id: call)
    }

    private static func ppp(_ body: TunnelBody, _ length: Int) throws(DecodeError) -> LinkHeader {
        var header = try PPP.header(body.bytes, at: body.start + length)
        header.vlan = body.vlan
        return header
    }

    /// Mirrored Ethernet frames (draft-foschiano-erspan): type I has no header of its own and no sequence number; type
    /// II has version (4 bits) 1, VLAN (12), class and flags (6), session (10), index (4).
    private static func erspan(
        _ body: TunnelBody,
        _ length: Int,
        hasHeader: Bool
    ) throws(DecodeError) -> TunnelContent? {
        guard hasHeader else {
            return TunnelContent(header: try body.ethernet(after: length), kind: MOS_TUNNEL_ERSPAN)
        }
        guard body.has(length + 8) else { throw .tunnelTruncated }
        guard body.bytes[body.start + length] >> 4 == 1 else { return nil }
        return TunnelContent(
            header: try body.ethernet(after: length + 8),
            kind: MOS_TUNNEL_ERSPAN,
            id: session(body, length)
        )
    }

    /// Type III: version (4 bits) 2, VLAN (12), class and flags (6), session (10), time (4), group (2), then P (1),
    /// frame type (5), hardware (6), direction (1), granularity (2), O (1): eight more bytes follow.
    private static func erspan3(
        _ body: TunnelBody,
        _ length: Int
    ) throws(DecodeError) -> TunnelContent? {
        guard body.has(length + 12) else { throw .tunnelTruncated }
        guard body.bytes[body.start + length] >> 4 == 2 else { return nil }
        let flags = body.bytes.u16(body.start + length + 10)
        let end = length + (flags & 1 != 0 ? 20 : 12)
        let header: LinkHeader
        switch flags >> 10 & 0x1F {
        case 0: header = try body.ethernet(after: end)
        case 2:
            guard let packet = body.packet(after: end) else { return nil }
            header = packet
        default: return nil
        }
        return TunnelContent(
            header: header,
            kind: MOS_TUNNEL_ERSPAN,
            id: session(body, length)
        )
    }

    private static func session(_ body: TunnelBody, _ length: Int) -> UInt32 {
        UInt32(body.bytes.u16(body.start + length + 2) & 0x3FF)
    }
}
