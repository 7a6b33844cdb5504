// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct TunnelTests {
    private static let segment = TCPSegment(seq: 7, flags: .syn, payload: [1, 2, 3])
    private static let ipv6Outer = IPFields(source: "2001:db8:f::1", destination: "2001:db8:f::2")

    /// Every tunnel with the id that it has; the version of the IP packets that it can carry, 0 = both.
    private static let kinds: [(kind: BuiltTunnel.Kind, type: Int, id: UInt32?, version: UInt8)] = [
        (.ip, MOS_TUNNEL_IP, nil, 0),
        (.gre(), MOS_TUNNEL_GRE, nil, 0),
        (.gre(key: 0xDEAD_BEEF), MOS_TUNNEL_GRE, 0xDEAD_BEEF, 0),
        (.gre(sequence: 5), MOS_TUNNEL_GRE, nil, 0),
        (.gre(key: 9, sequence: 5, hasChecksum: true), MOS_TUNNEL_GRE, 9, 0),
        (.gre(key: 0x00AA_BB07, bridging: true), MOS_TUNNEL_GRE, 0x00AA_BB07, 0),
        (.pptp(call: 77), MOS_TUNNEL_PPTP, 77, 0),
        (.pptp(call: 78, acknowledges: true), MOS_TUNNEL_PPTP, 78, 0),
        (.erspan(type: 1), MOS_TUNNEL_ERSPAN, nil, 0),
        (.erspan(type: 2, session: 100), MOS_TUNNEL_ERSPAN, 100, 0),
        (.erspan(type: 3, session: 1023), MOS_TUNNEL_ERSPAN, 1023, 0),
        (.erspan(type: 3, session: 1, hasSubheader: true), MOS_TUNNEL_ERSPAN, 1, 0),
        (.etherIP, MOS_TUNNEL_ETHERIP, nil, 0),
        (.mpls(label: 16), MOS_TUNNEL_MPLS, nil, 0),
        (.vxlan(0xABCDEF), MOS_TUNNEL_VXLAN, 0xABCDEF, 0),
        (.vxlanGPE(5), MOS_TUNNEL_VXLAN_GPE, 5, 0),
        (.vxlanGPE(6, bridging: true), MOS_TUNNEL_VXLAN_GPE, 6, 0),
        (.geneve(7), MOS_TUNNEL_GENEVE, 7, 0),
        (.geneve(8, options: 63), MOS_TUNNEL_GENEVE, 8, 0),
        (.geneve(9, bridging: false), MOS_TUNNEL_GENEVE, 9, 0),
        (.gtp(0x0102_0304), MOS_TUNNEL_GTP, 0x0102_0304, 0),
        (.gtp(5, sequence: 6), MOS_TUNNEL_GTP, 5, 0),
        (.gtp(6, extensions: [1, 2, 1]), MOS_TUNNEL_GTP, 6, 0),
        (.teredo(), MOS_TUNNEL_TEREDO, nil, 6),
        (.teredo(hasAuthentication: true), MOS_TUNNEL_TEREDO, nil, 6),
        (.teredo(hasAuthentication: true, hasOrigin: true), MOS_TUNNEL_TEREDO, nil, 6),
        (.teredo(hasOrigin: true), MOS_TUNNEL_TEREDO, nil, 6),
    ]

    private static var builders: [(PacketBuilder, Int, UInt32?)] {
        kinds.flatMap { kind, type, id, version in
            [IPFields.ipv4, .ipv6].filter { version == 0 || $0.source.version == version }
                .flatMap { inner in
                    [IPFields(source: "192.0.2.1", destination: "192.0.2.2"), ipv6Outer].map {
                        (PacketBuilder(ip: inner, tunnels: [BuiltTunnel(kind, ip: $0)]), type, id)
                    }
                }
        }
    }

    private func path(_ bytes: [UInt8]) -> TunnelPath {
        ByteView.of(bytes) { view in
            PacketDecoder().tunnelPath(
                Frame(
                    bytes: view,
                    wireLength: UInt32(bytes.count),
                    time: Timestamp(nanoseconds: 0),
                    linkType: .ethernet
                )
            )
        }
    }

    @Test func `each tunnel is followed to the IP packet within`() {
        for (builder, type, id) in Self.builders {
            let frame = builder.frame(Self.segment)
            let decoded = Decoded(frame)
            let outer = builder.tunnels[0].ip
            #expect(decoded.kind == .tcp && decoded.checksum == .good, "\(builder.tunnels)")
            #expect(decoded.source == "\(builder.ip.source)")
            #expect(decoded.destination == "\(builder.ip.destination)")
            #expect(decoded.packet.ip_version == builder.ip.source.version)
            #expect(decoded.packet.sport == 40000 && decoded.packet.seq == 7)
            #expect(decoded.payload == [1, 2, 3])
            #expect(decoded.has(MOS_PKT_TUNNEL) && !decoded.has(MOS_PKT_TRUNCATED))
            #expect(decoded.packet.ethertype == (outer.source.version == 4 ? 0x0800 : 0x86DD))
            let path = path(frame)
            #expect(path.count == 1, "\(builder.tunnels)")
            guard path.count == 1 else { continue }
            #expect(Int(path[0].kind) == type && path[0].has_id == (id == nil ? 0 : 1))
            #expect(path[0].id == id ?? 0)
            let version = path[0].ip_version
            #expect(version == outer.source.version)
            #expect(AddressText.text(path[0].src, version: version) == "\(outer.source)")
            #expect(AddressText.text(path[0].dst, version: version) == "\(outer.destination)")
        }
    }

    @Test func `a frame without a tunnel has no path`() {
        let frame = PacketBuilder().frame(Self.segment)
        #expect(path(frame).count == 0)
        #expect(!Decoded(frame).has(MOS_PKT_TUNNEL))
    }

    @Test func `the outermost packet counts when tunnels are left alone`() {
        for (builder, _, _) in Self.builders {
            let frame = builder.frame(Self.segment)
            let decoded = Decoded(frame, decapsulation: .outer)
            #expect(decoded.kind == .udp || decoded.kind == .otherIP)
            #expect(decoded.source == "\(builder.tunnels[0].ip.source)")
            #expect(!decoded.has(MOS_PKT_TUNNEL))
        }
    }

    @Test func `a tunnelled frame cut at any byte never traps and is no other segment`() {
        for (builder, _, _) in Self.builders {
            let frame = builder.frame(Self.segment)
            let whole = Decoded(frame).packet
            for count in 0..<frame.count {
                for wireLength in [frame.count, count] {
                    let cut = Decoded(Array(frame.prefix(count)), wireLength: wireLength)
                    if cut.kind == .tcp {
                        #expect(count >= Int(whole.payload) && cut.has(MOS_PKT_TRUNCATED))
                        #expect(cut.packet.sport == 40000 && cut.packet.l4 == whole.l4)
                    }
                }
            }
        }
    }

    @Test func `tags within a tunnel count before those outside`() {
        let inner = BuiltTunnel(.vxlan(1), vlanTags: [VLANTag(8), VLANTag(7)])
        let tagged = PacketBuilder(vlanTags: [VLANTag(5)], tunnels: [inner])
        #expect(Decoded(tagged.frame(Self.segment)).packet.vlan == 7)
        let outside = PacketBuilder(vlanTags: [VLANTag(5)], tunnels: [BuiltTunnel(.gre())])
        #expect(Decoded(outside.frame(Self.segment)).packet.vlan == 5)
    }

    @Test func `tunnels within tunnels are followed, from the outermost inwards`() {
        let second = IPFields(source: "198.51.100.1", destination: "198.51.100.2")
        let tunnels = [
            BuiltTunnel(.gre(key: 1)), BuiltTunnel(.vxlan(2), ip: second),
            BuiltTunnel(.gtp(3), ip: Self.ipv6Outer), BuiltTunnel(.ip),
        ]
        let frame = PacketBuilder(tunnels: tunnels).frame(Self.segment)
        #expect(Decoded(frame).kind == .tcp)
        let path = path(frame)
        #expect((0..<path.count).map { Int(path[$0].id) } == [1, 2, 3, 0])
        #expect(AddressText.text(path[1].src, version: 4) == "198.51.100.1")
    }

    @Test func `more than eight tunnels are an error`() {
        let tunnels = (0..<8).map { _ in BuiltTunnel(.ip) }
        #expect(Decoded(PacketBuilder(tunnels: tunnels).frame(Self.segment)).kind == .tcp)
        let deeper = PacketBuilder(tunnels: tunnels + [BuiltTunnel(.gre())])
        #expect(Decoded(deeper.frame(Self.segment)).error == .tunnelTooDeep)
    }

    @Test func `a bad checksum outside refuses the packet, one inside its segment`() {
        var tunnel = BuiltTunnel(.vxlan(1))
        tunnel.checksum = .bad
        let outside = Decoded(PacketBuilder(tunnels: [tunnel]).frame(Self.segment))
        #expect(outside.kind == .udp && outside.checksum == .bad)
        #expect(!outside.has(MOS_PKT_TUNNEL))
        tunnel.checksum = .none
        let inside = PacketBuilder(tunnels: [tunnel], checksum: .bad).frame(Self.segment)
        #expect(Decoded(inside).kind == .tcp && Decoded(inside).checksum == .bad)
        let offloaded = PacketBuilder(tunnels: [tunnel], checksum: .offloaded).frame(Self.segment)
        #expect(Decoded(offloaded).checksum == .offloaded)
    }

    @Test func `a bad GRE checksum is an error, unless checksums are off`() {
        var frame = PacketBuilder(tunnels: [BuiltTunnel(.gre(hasChecksum: true))])
            .frame(Self.segment)
        frame[14 + 20 + 4] ^= 1
        #expect(Decoded(frame).error == .tunnelBadChecksum)
        #expect(Decoded(frame, checksums: .off).kind == .tcp)
    }

    @Test func `what a tunnel protocol carries and is broken is malformed`() {
        func gre(_ text: String) -> Decoded { Decoded(PacketBuilder().frame(47, hex(text))) }
        #expect(gre("0000").error == .tunnelTruncated)
        #expect(gre("2000 0800 0000").error == .tunnelTruncated)
        #expect(gre("0000 0800 4500").error == .ipv4Truncated)
        #expect(gre("0000 86DD 45").error == .ipv6Truncated)
        #expect(Decoded(PacketBuilder().frame(4, hex("60"))).error == .ipv4Truncated)
        let six = [0x60] + [UInt8](repeating: 0, count: 60)
        #expect(Decoded(PacketBuilder().frame(4, six)).error == .ipVersion)
    }

    @Test func `what is no IP, or not known, stays what carries it`() {
        func gre(_ text: String) -> Decoded { Decoded(PacketBuilder().frame(47, hex(text))) }
        for text in [
            "0000 0806 0001 0800", "0000 0000", "4000 0800 0000 0000 4500", "0002 0800 4500",
            "0001 880B 0000 0000", "2001 880B 0004 0001", "1000 88BE 00000001 0000 0000 0000 0000",
            "0000 22EB 1000 0000 0000 0000 0000 0000",
        ] {
            #expect(gre(text).kind == .otherIP, "\(text)")
            #expect(!gre(text).has(MOS_PKT_TUNNEL))
        }
    }

    /// Payloads on a tunnel's port that only look like one.
    @Test func `a datagram on a tunnel's port that is no tunnel stays UDP`() {
        let inner = PacketBuilder(linkType: .raw).frame(Self.segment)
        let ethernet = PacketBuilder().frame(Self.segment)
        let long = inner.with([0x40, 0], at: 2)
        let payloads: [(UInt16, [UInt8])] = [
            (4789, []), (4789, hex("0000 0000 0000 0100") + ethernet),
            (4789, hex("0800 0000 0000 0100") + ethernet.prefix(14)),
            (4789, hex("0800 0000 0000 0100") + ethernet.with([0x08, 0x06], at: 12)),
            (4789, hex("0800 0000 0000 0100") + ethernet.prefix(14) + long),
            (4790, hex("1C00 0001 0000 0100") + inner), (4790, hex("0C00 0009 0000 0100") + inner),
            (6081, hex("4000 6558 0000 0100") + ethernet),
            (6081, hex("0400 6558 0000 0100")), (6081, hex("0000 0001 0000 0100") + inner),
            (2152, hex("30FF 0000 0000 0001") + inner), (2152, hex("10FF 002B 0000 0001") + inner),
            (2152, hex("3001 002B 0000 0001") + inner),
            (2152, hex("34FF 002C 0000 0001 0000 0085")),
            (2152, hex("34FF 0010 0000 0001 0000 0085 0000 0000") + inner),
            (2152, hex("30FF 002B 0000 0001") + inner.with([0x42], at: 0)),
            (3544, inner), (3544, hex("6000 0000 0000 3B40")), (3544, hex("0001 FFFF")),
        ]
        for (port, payload) in payloads {
            let datagram = UDPDatagram(destinationPort: port, payload: payload)
            let decoded = Decoded(PacketBuilder().frame(datagram))
            #expect(decoded.kind == .udp && decoded.packet.dport == port, "\(port) \(payload)")
            #expect(decoded.payload == payload)
        }
    }

    @Test func `Teredo must fill its datagram, but for a bubble`() {
        func teredo(_ proto: UInt8, trailer: Int) -> Decoded {
            let packet = PacketBuilder(linkType: .raw, ip: .ipv6).frame(proto, [])
            let payload = packet + [UInt8](repeating: 0, count: trailer)
            return Decoded(
                PacketBuilder().frame(UDPDatagram(destinationPort: 3544, payload: payload))
            )
        }
        #expect(teredo(59, trailer: 0).has(MOS_PKT_TUNNEL))
        #expect(teredo(59, trailer: 8).has(MOS_PKT_TUNNEL))
        #expect(!teredo(17, trailer: 8).has(MOS_PKT_TUNNEL))
    }

    @Test func `replies from the port of a tunnel are followed too`() {
        var tunnel = BuiltTunnel(.gtp(1))
        tunnel.ports = (source: 2152, destination: 40001)
        #expect(Decoded(PacketBuilder(tunnels: [tunnel]).frame(Self.segment)).kind == .tcp)
        tunnel.ports = (source: 2152, destination: 40002)
        tunnel.kind = .vxlan(1)
        #expect(Decoded(PacketBuilder(tunnels: [tunnel]).frame(Self.segment)).kind == .udp)
    }

    @Test func `a fragment is not looked into`() {
        let inner = PacketBuilder(linkType: .raw).frame(Self.segment)
        let frame = PacketBuilder().fragment(4, inner, offset: 0, hasMore: true)
        #expect(Decoded(frame).kind == .fragment)
    }

    @Test func `a fragment within a tunnel is one of the packet within`() {
        let builder = PacketBuilder(tunnels: [BuiltTunnel(.vxlan(3))])
        let decoded = Decoded(
            builder.fragment(6, [1, 2, 3, 4, 5, 6, 7, 8], offset: 16, hasMore: true)
        )
        #expect(decoded.kind == .fragment && decoded.has(MOS_PKT_TUNNEL))
        #expect(decoded.source == "10.0.0.1" && decoded.payload.count == 8)
    }

    @Test func `an authentication header of IPv4 is skipped`() {
        let tcp = PacketBuilder(linkType: .raw).frame(Self.segment).dropFirst(20)
        let header = hex("0604 0000 0000 0001 0000 0001") + [UInt8](repeating: 0, count: 12)
        let decoded = Decoded(PacketBuilder().frame(51, header + tcp))
        #expect(decoded.kind == .tcp && decoded.checksum == .good)
        #expect(decoded.has(MOS_PKT_EXT_HEADERS) && decoded.packet.proto == 6)
        #expect(Decoded(PacketBuilder().frame(51, hex("0604"))).error == .ipv6ExtensionTruncated)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `tunnelled frames with changed bytes never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let frames = Self.builders.map { $0.0.frame(Self.segment) }
        var kinds: Set<PacketKind> = []
        for _ in 0..<20_000 {
            var frame = frames[Int.random(in: 0..<frames.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 14..<frame.count, using: &random)
                frame[at] = UInt8(truncatingIfNeeded: random.next())
            }
            let decoded = Decoded(frame, checksums: .off)
            kinds.insert(decoded.kind)
            _ = path(frame)
        }
        #expect(kinds.isSuperset(of: [.tcp, .udp, .otherIP, .malformed]), "seed \(seed)")
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `random bytes behind any tunnel never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let protocols: [UInt8] = [4, 41, 47, 97, 137]
        let ports: [UInt16] = [4789, 8472, 4790, 6081, 2152, 3544]
        for _ in 0..<20_000 {
            let bytes = random.bytes(Int.random(in: 0...90, using: &random))
            let index = Int.random(in: 0..<6, using: &random)
            let datagram = UDPDatagram(destinationPort: ports[index], payload: bytes)
            let udp = Decoded(PacketBuilder().frame(datagram), checksums: .off)
            #expect(udp.kind != .malformed || udp.has(MOS_PKT_TUNNEL))
            _ = Decoded(PacketBuilder().frame(protocols[index % 5], bytes), checksums: .off)
        }
    }
}
