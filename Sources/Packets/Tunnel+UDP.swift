// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// Tunnels within UDP, which only a port number announces: each looks for reasons why it is none.
extension Tunnel {
    private static var vxlanPort: UInt16 { 4789 }
    /// What Linux used before 4789 was assigned, and still does unless told otherwise.
    private static var linuxVXLANPort: UInt16 { 8472 }
    private static var vxlanGPEPort: UInt16 { 4790 }
    private static var genevePort: UInt16 { 6081 }
    private static var gtpPort: UInt16 { 2152 }
    private static var teredoPort: UInt16 { 3544 }

    /// Those that ``isTunnel(_:)`` knows.
    static var ports: [UInt16] {
        [vxlanPort, linuxVXLANPort, vxlanGPEPort, genevePort, gtpPort, teredoPort]
    }

    /// True when a port is that of a tunnel.
    static func isTunnel(_ port: UInt16) -> Bool {
        switch port {
        case vxlanPort, linuxVXLANPort, vxlanGPEPort, genevePort, gtpPort, teredoPort: true
        default: false
        }
    }

    /// What the tunnel carries that one of the ports announces; nil when the payload cannot be such a tunnel.
    ///
    /// The port is that of the destination; replies of some implementations come from it.
    static func ofPorts(_ packet: mos_packet, _ body: TunnelBody) -> TunnelContent? {
        ofPort(packet.dport, body) ?? ofPort(packet.sport, body)
    }

    private static func ofPort(_ port: UInt16, _ body: TunnelBody) -> TunnelContent? {
        switch port {
        case vxlanPort, linuxVXLANPort: vxlan(body)
        case vxlanGPEPort: vxlanGPE(body)
        case genevePort: geneve(body)
        case gtpPort: gtp(body)
        case teredoPort: teredo(body)
        default: nil
        }
    }

    /// RFC 7348: flags (1) with the bit that a VNI is there, reserved (3), VNI (3), reserved (1), Ethernet frame.
    ///
    /// Reserved bits are ignored on receipt.
    private static func vxlan(_ body: TunnelBody) -> TunnelContent? {
        guard body.has(8), body.bytes[body.start] & 0x08 != 0 else { return nil }
        return content(try? body.ethernet(after: 8), MOS_TUNNEL_VXLAN, networkIdentifier(body))
    }

    /// draft-ietf-nvo3-vxlan-gpe: flags (1) with version (2 bits) and what is there, reserved (2), next protocol (1), as
    /// above.
    private static func vxlanGPE(_ body: TunnelBody) -> TunnelContent? {
        guard body.has(8), body.bytes[body.start] & 0x38 == 0x08 else { return nil }
        let namesProtocol = body.bytes[body.start] & 0x04 != 0
        let header: LinkHeader?
        switch namesProtocol ? body.bytes[body.start + 3] : 3 {
        case 1: header = body.header(EtherType.ipv4, after: 8)
        case 2: header = body.header(EtherType.ipv6, after: 8)
        case 3: header = try? body.ethernet(after: 8)
        case 4: header = body.header(EtherType.nsh, after: 8)
        case 5: header = body.header(EtherType.mpls, after: 8)
        default: header = nil
        }
        return content(header, MOS_TUNNEL_VXLAN_GPE, networkIdentifier(body))
    }

    /// RFC 8926: version (2 bits) 0, options' length in words (6), flags (1), EtherType (2), VNI (3), reserved (1),
    /// options.
    private static func geneve(_ body: TunnelBody) -> TunnelContent? {
        guard body.has(8), body.bytes[body.start] & 0xC0 == 0 else { return nil }
        let length = 8 + Int(body.bytes[body.start] & 0x3F) * 4
        guard body.has(length) else { return nil }
        let header: LinkHeader?
        switch body.bytes.u16(body.start + 2) {
        case EtherType.bridging: header = try? body.ethernet(after: length)
        case let type where type >= EtherType.smallest: header = body.header(type, after: length)
        default: header = nil
        }
        return content(header, MOS_TUNNEL_GENEVE, networkIdentifier(body))
    }

    /// GTP-U, by 3GPP TS 29.281.
    ///
    /// Version (3 bits) 1, protocol type (1) 1, reserved (1), E, S, PN (1 each); message (1) 255;
    /// length of what follows the first eight bytes (2); tunnel endpoint (4). With any of E, S, PN: sequence number (2),
    /// N-PDU (1), type of the next extension (1). An extension is its length in words (1), content, next type (1).
    private static func gtp(_ body: TunnelBody) -> TunnelContent? {
        let (bytes, start) = (body.bytes, body.start)
        guard body.has(8), bytes[start] & 0xF0 == 0x30, bytes[start + 1] == 255 else { return nil }
        let total = 8 + Int(bytes.u16(start + 2))
        guard total <= body.end - start else { return nil }
        let flags = bytes[start]
        var length = 8
        if flags & 0x07 != 0 {
            guard body.has(12) else { return nil }
            length = 12
            var next = flags & 0x04 != 0 ? bytes[start + 11] : 0
            while next != 0 {
                guard body.has(length + 1) else { return nil }
                let words = Int(bytes[start + length])
                guard words > 0, body.has(length + words * 4) else { return nil }
                length += words * 4
                next = bytes[start + length - 1]
            }
        }
        var found = content(
            body.bounded(total).packet(after: length),
            MOS_TUNNEL_GTP,
            bytes.u32(start + 4)
        )
        found?.length = total
        return found
    }

    /// RFC 4380, section 5.1.1: an authentication (00 01, lengths of client and value, both, nonce (8), confirmation
    /// (1)) and an origin indication (00 00, port (2), address (4)) may come before the IPv6 packet.
    ///
    /// Nothing marks such a packet, so it must fill the datagram; a bubble, which has no payload, may have trailers.
    private static func teredo(_ body: TunnelBody) -> TunnelContent? {
        let (bytes, start) = (body.bytes, body.start)
        var length = 0
        if body.has(4), bytes.u16(start) == 0x0001 {
            length = 13 + Int(bytes[start + 2]) + Int(bytes[start + 3])
        }
        if body.has(length + 8), bytes.u16(start + length) == 0 { length += 8 }
        guard body.has(length + IPv6Header.length), bytes[start + length] >> 4 == 6 else {
            return nil
        }
        let total = length + IPv6Header.length + Int(bytes.u16(start + length + 4))
        let isBubble = bytes[start + length + 6] == IPProtocol.noNextHeader
        guard start + total == body.end || isBubble else { return nil }
        return content(body.packet(after: length), MOS_TUNNEL_TEREDO, nil)
    }

    /// The VNI, which VXLAN and Geneve have at the same place.
    private static func networkIdentifier(_ body: TunnelBody) -> UInt32 {
        body.bytes.u32(body.start + 4) >> 8
    }

    private static func content(_ header: LinkHeader?, _ kind: Int, _ id: UInt32?) -> TunnelContent?
    {
        header.map { TunnelContent(header: $0, kind: kind, id: id) }
    }
}
