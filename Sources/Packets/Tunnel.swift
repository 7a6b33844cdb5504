// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// What an IP packet carries, as its tunnel header would be read.
struct TunnelBody {
    /// The captured bytes of the frame up to the end of the packet.
    var bytes: ByteView
    /// Where the tunnel's header begins.
    let start: Int
    /// Where the packet ends by its length field, captured or not.
    var end: Int
    /// The innermost VLAN tag so far.
    let vlan: UInt16

    init(_ packet: mos_packet, _ bytes: ByteView) {
        start = Int(packet.payload)
        end = start + Int(packet.wire_payload_len)
        vlan = packet.vlan
        self.bytes = bytes.slice(0, start + Int(packet.payload_len))
    }

    /// The same of a tunnel that ends `length` bytes behind its start by a length field of its own.
    func bounded(_ length: Int) -> TunnelBody {
        var body = self
        body.end = min(end, start + length)
        body.bytes = bytes.slice(0, body.end)
        return body
    }

    /// True when `count` bytes from the tunnel's header on were captured.
    func has(_ count: Int) -> Bool { bytes.count - start >= count }

    /// An IP packet or whatever `etherType` names, `length` bytes behind the start.
    func header(_ etherType: UInt16, after length: Int) -> LinkHeader {
        LinkHeader(etherType: etherType, vlan: vlan, length: start + length)
    }

    /// The IP packet that the first half-byte tells, `length` bytes behind the start; nil for another.
    func packet(after length: Int) -> LinkHeader? {
        guard has(length + 1) else { return nil }
        switch bytes[start + length] >> 4 {
        case 4: return header(EtherType.ipv4, after: length)
        case 6: return header(EtherType.ipv6, after: length)
        default: return nil
        }
    }

    /// The Ethernet frame `length` bytes behind the start.
    func ethernet(after length: Int) throws(DecodeError) -> LinkHeader {
        try Ethernet.header(bytes, at: start + length, vlan: vlan)
    }
}

/// What a tunnel carries: where it begins, and which tunnel it is.
struct TunnelContent {
    var header: LinkHeader
    /// MOS_TUNNEL_*.
    var kind: Int
    var id: UInt32?
    /// Bytes of the tunnel by a length field of its own, header included.
    var length: Int?
    /// A port number made us look: only what is consistent throughout is taken for a tunnel.
    var isGuess = false
}

/// Tunnels by protocol number and by port.
enum Tunnel {
    /// What the tunnel that `packet` is carries; nil when it is none that is known, or carries no IP.
    static func content(
        _ packet: mos_packet,
        _ body: TunnelBody
    ) throws(DecodeError) -> TunnelContent? {
        if packet.proto == IPProtocol.udp {
            guard var content = ofPorts(packet, body), let header = try? resolve(content, body),
                isConsistent(header, content.length.map { body.bounded($0) } ?? body)
            else { return nil }
            content.header = header
            content.isGuess = true
            return content
        }
        guard var content = try ofProtocol(packet.proto, body) else { return nil }
        guard let header = try resolve(content, body) else { return nil }
        content.header = header
        return content
    }

    private static func ofProtocol(
        _ proto: UInt8,
        _ body: TunnelBody
    ) throws(DecodeError) -> TunnelContent? {
        switch proto {
        case IPProtocol.ipv4:
            TunnelContent(header: body.header(EtherType.ipv4, after: 0), kind: MOS_TUNNEL_IP)
        case IPProtocol.ipv6:
            TunnelContent(header: body.header(EtherType.ipv6, after: 0), kind: MOS_TUNNEL_IP)
        case IPProtocol.gre: try gre(body)
        case IPProtocol.etherIP: try etherIP(body)
        case IPProtocol.mpls:
            TunnelContent(header: body.header(EtherType.mpls, after: 0), kind: MOS_TUNNEL_MPLS)
        default: nil
        }
    }

    /// RFC 3378: version (4 bits) 3, reserved (12 bits), Ethernet frame.
    private static func etherIP(_ body: TunnelBody) throws(DecodeError) -> TunnelContent? {
        guard body.has(2) else { throw .tunnelTruncated }
        guard body.bytes[body.start] >> 4 == 3 else { return nil }
        return TunnelContent(header: try body.ethernet(after: 2), kind: MOS_TUNNEL_ETHERIP)
    }

    /// The IP header behind tags and carriers; nil when what is carried is not IP.
    private static func resolve(
        _ content: TunnelContent,
        _ body: TunnelBody
    ) throws(DecodeError) -> LinkHeader? {
        var header = content.header
        if EtherType.isTag(header.etherType) { header = try VLAN.skipTags(header, body.bytes) }
        if EtherType.isCarrier(header.etherType) {
            header = try Carrier.unwrap(header, body.bytes)
        }
        let isIP = header.etherType == EtherType.ipv4 || header.etherType == EtherType.ipv6
        return isIP ? header : nil
    }

    /// True when an IP header stands there whose lengths fit into what carries it.
    private static func isConsistent(_ header: LinkHeader, _ body: TunnelBody) -> Bool {
        let bytes = body.bytes
        let at = header.length
        let room = body.end - at
        if header.etherType == EtherType.ipv4 {
            guard bytes.count - at >= IPv4Header.minimumLength, bytes[at] >> 4 == 4 else {
                return false
            }
            let length = Int(bytes[at] & 0xF) * 4
            let total = Int(bytes.u16(at + 2))
            return length >= IPv4Header.minimumLength && length <= total && total <= room
        }
        guard bytes.count - at >= IPv6Header.length, bytes[at] >> 4 == 6 else { return false }
        return IPv6Header.length + Int(bytes.u16(at + 4)) <= room
    }
}
