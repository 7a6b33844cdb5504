// SPDX-License-Identifier: BSD-2-Clause

/// Builds frames byte by byte from values: the reverse of ``PacketDecoder``.
///
/// Defaults give an Ethernet frame from 10.0.0.1 to 10.0.0.2 with right checksums.
public struct PacketBuilder: Sendable {
    /// Ethernet, raw IP, BSD loopback or Linux cooked.
    public var linkType: LinkType
    /// Tags, the outermost first; Ethernet and Linux cooked only.
    public var vlanTags: [VLANTag]
    /// The IP header.
    public var ip: IPFields
    /// What carries the IP packet, the outermost first.
    public var tunnels: [BuiltTunnel]
    /// What stands in the checksum field of the transport header.
    public var checksum: BuiltChecksum
    /// Source hardware address, 6 bytes.
    public var sourceMAC: [UInt8] = [2, 0, 0, 0, 0, 1]
    /// Destination hardware address, 6 bytes.
    public var destinationMAC: [UInt8] = [2, 0, 0, 0, 0, 2]
    /// Shorter Ethernet frames get zeros up to this length; 60 is what the wire demands.
    public var minimumLength = 0
    /// BSD loopback only: the address family was written by a big-endian machine.
    public var isBigEndian = false

    /// A builder of such frames.
    public init(
        linkType: LinkType = .ethernet,
        vlanTags: [VLANTag] = [],
        ip: IPFields = .ipv4,
        tunnels: [BuiltTunnel] = [],
        checksum: BuiltChecksum = .right
    ) {
        self.linkType = linkType
        self.vlanTags = vlanTags
        self.ip = ip
        self.tunnels = tunnels
        self.checksum = checksum
    }

    /// The builder of what the other end sends: addresses exchanged.
    public var reversed: PacketBuilder {
        var builder = self
        builder.ip.source = ip.destination
        builder.ip.destination = ip.source
        builder.tunnels = tunnels.map(\.reversed)
        builder.sourceMAC = destinationMAC
        builder.destinationMAC = sourceMAC
        return builder
    }

    /// A frame with a TCP segment.
    public func frame(_ segment: TCPSegment) -> [UInt8] {
        frame(IPProtocol.tcp, summed(segment.bytes, IPProtocol.tcp, at: TCPHeader.checksumOffset))
    }

    /// A frame with a UDP datagram.
    public func frame(_ datagram: UDPDatagram) -> [UInt8] {
        frame(IPProtocol.udp, summed(datagram.bytes, IPProtocol.udp, at: UDPHeader.checksumOffset))
    }

    /// A frame with an ICMP message, of the kind that fits the addresses.
    public func frame(_ message: ICMPMessage) -> [UInt8] {
        let proto = ip.source.version == 4 ? IPProtocol.icmp : IPProtocol.icmpv6
        return frame(proto, summed(message.bytes, proto, at: ICMPHeader.checksumOffset))
    }

    /// A frame with an IP packet of any protocol; `payload` stays as it is.
    public func frame(_ proto: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var packet = ip.packet(proto, payload)
        var version = ip.source.version
        for tunnel in tunnels.reversed() {
            packet = tunnel.packet(around: packet, version: version)
            version = tunnel.ip.source.version
        }
        return frame(etherType: version == 4 ? EtherType.ipv4 : EtherType.ipv6, packet)
    }

    /// A frame with anything behind its link layer.
    public func frame(etherType: UInt16, _ payload: [UInt8]) -> [UInt8] {
        precondition(vlanTags.isEmpty || hasEtherType, "this link layer has no room for tags")
        let types = vlanTags.map(\.etherType) + [etherType]
        let tags = zip(vlanTags, types.dropFirst()).flatMap { $0.control.octets + $1.octets }
        let frame = linkHeader(types[0]) + tags + payload
        guard linkType == .ethernet, frame.count < minimumLength else { return frame }
        return frame + [UInt8](repeating: 0, count: minimumLength - frame.count)
    }

    private var hasEtherType: Bool {
        linkType == .ethernet || linkType == .linuxCooked || linkType == .linuxCooked2
    }

    private func linkHeader(_ etherType: UInt16) -> [UInt8] {
        switch linkType {
        case .ethernet:
            return destinationMAC + sourceMAC + etherType.octets
        case .linuxCooked:
            return UInt16(0).octets + UInt16(1).octets + UInt16(6).octets + sourceMAC + [0, 0]
                + etherType.octets
        case .linuxCooked2:
            return etherType.octets + [0, 0] + UInt32(2).octets + UInt16(1).octets + [0, 6]
                + sourceMAC + [0, 0]
        case .null, .loop:
            let family: UInt32 = etherType == EtherType.ipv4 ? 2 : 30
            let isSwapped = linkType == .null && !isBigEndian
            return isSwapped ? family.octets.reversed() : family.octets
        default:
            return []
        }
    }

    /// `bytes` with their checksum, which stands at `offset`.
    func summed(_ bytes: [UInt8], _ proto: UInt8, at offset: Int) -> [UInt8] {
        let last = ip.extensions.lazy.compactMap(\.finalDestination).last ?? ip.destination
        let pseudo =
            ip.source.bytes + last.bytes + UInt32(bytes.count).octets + UInt32(proto).octets
        var field = checksum.field(bytes, pseudo: proto == IPProtocol.icmp ? [] : pseudo)
        // RFC 768: a UDP checksum of 0 is sent as all ones, since 0 means none.
        if proto == IPProtocol.udp && field == 0 && checksum == .right { field = 0xFFFF }
        var result = bytes
        result.replaceSubrange(offset..<(offset + 2), with: field.octets)
        return result
    }
}
