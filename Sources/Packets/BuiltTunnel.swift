// SPDX-License-Identifier: BSD-2-Clause

/// A tunnel to build around an IP packet: its own header and the IP packet that carries it.
public struct BuiltTunnel: Sendable {
    /// What it is, with the fields of its header.
    public enum Kind: Sendable {
        /// IP within IP, of any version.
        case ip
        /// GRE version 0 around an IP packet or, `bridging`, an Ethernet frame.
        case gre(
            key: UInt32? = nil,
            sequence: UInt32? = nil,
            hasChecksum: Bool = false,
            bridging: Bool = false
        )
        /// GRE version 1 around PPP.
        case pptp(call: UInt16, acknowledges: Bool = false)
        /// ERSPAN type I, II or III; type III with its platform header when `hasSubheader`.
        case erspan(type: Int, session: UInt16 = 0, hasSubheader: Bool = false)
        /// Ethernet within IP.
        case etherIP
        /// MPLS within IP.
        case mpls(label: UInt32)
        /// VXLAN.
        case vxlan(UInt32)
        /// VXLAN-GPE around an IP packet or, `bridging`, an Ethernet frame.
        case vxlanGPE(UInt32, bridging: Bool = false)
        /// Geneve with that many words of options.
        case geneve(UInt32, options: Int = 0, bridging: Bool = true)
        /// GTP-U with a sequence number and extension headers of that many words.
        case gtp(UInt32, sequence: UInt16? = nil, extensions: [Int] = [])
        /// Teredo.
        case teredo(hasAuthentication: Bool = false, hasOrigin: Bool = false)
    }

    /// What it is.
    public var kind: Kind
    /// The IP packet that carries it.
    public var ip: IPFields
    /// Tags of the Ethernet frame within, for tunnels that carry one.
    public var vlanTags: [VLANTag]
    /// UDP ports that differ from the usual ones.
    public var ports: (source: UInt16, destination: UInt16)?
    /// What stands in the checksum field of its UDP header.
    public var checksum = BuiltChecksum.right

    /// A tunnel between the ends of `ip`.
    public init(
        _ kind: Kind,
        ip: IPFields = IPFields(source: "192.0.2.1", destination: "192.0.2.2"),
        vlanTags: [VLANTag] = []
    ) {
        self.kind = kind
        self.ip = ip
        self.vlanTags = vlanTags
    }

    /// The same tunnel in the other direction.
    public var reversed: BuiltTunnel {
        var tunnel = self
        tunnel.ip.source = ip.destination
        tunnel.ip.destination = ip.source
        return tunnel
    }

    /// The IP packet that carries `packet`, itself an IP packet of that version.
    func packet(around packet: [UInt8], version: UInt8) -> [UInt8] {
        let etherType = version == 4 ? EtherType.ipv4 : EtherType.ipv6
        let frame = PacketBuilder(vlanTags: vlanTags).frame(etherType: etherType, packet)
        switch kind {
        case .ip:
            return ip.packet(version == 4 ? IPProtocol.ipv4 : IPProtocol.ipv6, packet)
        case .gre(let key, let sequence, let hasChecksum, let bridging):
            let type = bridging ? EtherType.bridging : etherType
            let body = bridging ? frame : packet
            return gre(type, key: key, sequence: sequence, hasChecksum: hasChecksum, body)
        case .pptp(let call, let acknowledges):
            return pptp(call, acknowledges, [0xFF, 0x03, 0, version == 4 ? 0x21 : 0x57] + packet)
        case .erspan(let type, let session, let hasSubheader):
            return erspan(type, session, hasSubheader, frame)
        case .etherIP:
            return ip.packet(IPProtocol.etherIP, [0x30, 0] + frame)
        case .mpls(let label):
            return ip.packet(IPProtocol.mpls, (label << 12 | 0x140).octets + packet)
        case .vxlan(let vni):
            return udp(4789, [0x08, 0, 0, 0] + (vni << 8).octets + frame)
        case .vxlanGPE(let vni, let bridging):
            let next: UInt8 = bridging ? 3 : version == 4 ? 1 : 2
            let body = bridging ? frame : packet
            return udp(4790, [0x0C, 0, 0, next] + (vni << 8).octets + body)
        case .geneve(let vni, let options, let bridging):
            let type = bridging ? EtherType.bridging : etherType
            let words = [UInt8](repeating: 0x55, count: options * 4)
            let header = [UInt8(options), 0] + type.octets + (vni << 8).octets
            return udp(6081, header + words + (bridging ? frame : packet))
        case .gtp(let endpoint, let sequence, let extensions):
            return udp(2152, gtp(endpoint, sequence, extensions, packet))
        case .teredo(let hasAuthentication, let hasOrigin):
            let authentication: [UInt8] = [0, 1, 2, 3, 9, 9, 8, 8, 8] + [UInt8](1...8) + [0]
            let origin: [UInt8] = [0, 0, 0x12, 0x34, 1, 2, 3, 4]
            return udp(
                3544,
                (hasAuthentication ? authentication : []) + (hasOrigin ? origin : []) + packet
            )
        }
    }

    private func gre(
        _ type: UInt16,
        key: UInt32?,
        sequence: UInt32?,
        hasChecksum: Bool,
        _ body: [UInt8]
    ) -> [UInt8] {
        let flags: UInt16 =
            (hasChecksum ? 0x8000 : 0) | (key != nil ? 0x2000 : 0) | (sequence != nil ? 0x1000 : 0)
        var bytes = flags.octets + type.octets + (hasChecksum ? [0, 0, 0, 0] : [])
        bytes += (key?.octets ?? []) + (sequence?.octets ?? []) + body
        if hasChecksum {
            bytes.replaceSubrange(4..<6, with: BuiltChecksum.checksum(bytes).octets)
        }
        return ip.packet(IPProtocol.gre, bytes)
    }

    private func pptp(_ call: UInt16, _ acknowledges: Bool, _ body: [UInt8]) -> [UInt8] {
        let flags: UInt16 = 0x3001 | (acknowledges ? 0x0080 : 0)
        var bytes = flags.octets + EtherType.ppp.octets
        bytes += UInt16(body.count).octets + call.octets + UInt32(7).octets
        return ip.packet(
            IPProtocol.gre,
            bytes + (acknowledges ? UInt32(6).octets : []) + body
        )
    }

    private func erspan(
        _ type: Int,
        _ session: UInt16,
        _ hasSubheader: Bool,
        _ frame: [UInt8]
    ) -> [UInt8] {
        switch type {
        case 1:
            return gre(EtherType.erspan, key: nil, sequence: nil, hasChecksum: false, frame)
        case 2:
            let header = UInt16(0x1005).octets + session.octets + UInt32(3).octets
            return gre(EtherType.erspan, key: nil, sequence: 1, hasChecksum: false, header + frame)
        default:
            let flags: UInt16 = hasSubheader ? 1 : 0
            var header = UInt16(0x2005).octets + session.octets + UInt32(77).octets + [0, 0]
            header += flags.octets + [UInt8](repeating: 1, count: hasSubheader ? 8 : 0)
            return gre(EtherType.erspan3, key: nil, sequence: 1, hasChecksum: false, header + frame)
        }
    }

    private func gtp(
        _ endpoint: UInt32,
        _ sequence: UInt16?,
        _ extensions: [Int],
        _ packet: [UInt8]
    ) -> [UInt8] {
        let hasOptions = sequence != nil || !extensions.isEmpty
        var body: [UInt8] = hasOptions ? (sequence ?? 0).octets + [0] : []
        if hasOptions { body.append(extensions.isEmpty ? 0 : 0x85) }
        for (index, words) in extensions.enumerated() {
            let content = [UInt8](repeating: 0x11, count: words * 4 - 2)
            body += [UInt8(words)] + content + [index + 1 < extensions.count ? 0xC0 : 0]
        }
        body += packet
        let flags: UInt8 = 0x30 | (sequence != nil ? 2 : 0) | (extensions.isEmpty ? 0 : 4)
        return [flags, 255] + UInt16(body.count).octets + endpoint.octets + body
    }

    private func udp(_ port: UInt16, _ payload: [UInt8]) -> [UInt8] {
        let datagram = UDPDatagram(
            sourcePort: ports?.source ?? 49_999,
            destinationPort: ports?.destination ?? port,
            payload: payload
        )
        return PacketBuilder(linkType: .raw, ip: ip, checksum: checksum).frame(datagram)
    }
}
