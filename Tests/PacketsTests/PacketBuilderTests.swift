// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct PacketBuilderTests {
    @Test func `a SYN is built byte by byte as another program builds it`() {
        var ip = IPFields(source: "192.0.2.10", destination: "198.51.100.20")
        ip.identification = 0x1C46
        let segment = TCPSegment(
            sourcePort: 49152,
            destinationPort: 443,
            seq: 0x1234_5678,
            flags: .syn,
            window: 64240,
            options: [
                .mss(1460), .sackPermitted, .timestamps(value: 0x00BC_614E, echo: 0), .noOperation,
                .windowScale(7),
            ]
        )
        let expected = hex(
            """
            0200 0000 0002 0200 0000 0001 0800
            4500 003c 1c46 4000 4006 3224 c000 020a c633 6414
            c000 01bb 1234 5678 0000 0000 a002 faf0 d44a 0000
            0204 05b4 0402 080a 00bc 614e 0000 0000 0103 0307
            """
        )
        #expect(PacketBuilder(ip: ip).frame(segment) == expected)
    }

    /// Everything that can be combined, through the decoder and back.
    @Test(arguments: [0, 1, 12, 14, 101, 108, 113, 276].map { LinkType(rawValue: $0) }, 0...8)
    func `what is built decodes to the same values`(type: LinkType, depth: Int) {
        let hasTags = [.ethernet, .linuxCooked, .linuxCooked2].contains(type)
        let tags = hasTags ? (0..<depth).map { VLANTag(UInt16(100 + $0)) } : []
        for ip in Self.networks {
            let builder = PacketBuilder(linkType: type, vlanTags: tags, ip: ip)
            for segment in Self.segments {
                expect(segment, ip, tags, Decoded(builder.frame(segment), linkType: type))
            }
            let datagram = UDPDatagram(sourcePort: 7, payload: [1, 2, 3])
            let udp = Decoded(builder.frame(datagram), linkType: type)
            #expect(udp.result == DecodeResult(.udp, checksum: .good))
            #expect(udp.packet.sport == 7 && udp.payload == datagram.payload)
            let icmp = Decoded(builder.frame(ICMPMessage(type: 3, payload: [4])), linkType: type)
            #expect(icmp.result == DecodeResult(.icmp, checksum: .good))
            #expect(icmp.packet.sport == 3 && icmp.payload == [4])
        }
    }

    private func expect(
        _ segment: TCPSegment,
        _ ip: IPFields,
        _ tags: [VLANTag],
        _ decoded: Decoded
    ) {
        #expect(decoded.result == DecodeResult(.tcp, checksum: .good))
        let packet = decoded.packet
        #expect(packet.sport == segment.sourcePort && packet.dport == segment.destinationPort)
        #expect(packet.seq == segment.seq && packet.ack == segment.ack)
        #expect(packet.tcp_flags == segment.flags.rawValue && packet.window == segment.window)
        #expect(decoded.source == ip.source.description)
        #expect(decoded.destination == ip.destination.description)
        #expect(packet.vlan == tags.last?.id ?? 65535)
        #expect(decoded.payload == segment.payload)
        #expect(packet.wire_payload_len == UInt32(segment.payload.count))
        #expect(decoded.has(MOS_PKT_MSS) == segment.options.contains(.mss(1460)))
    }

    private static var networks: [IPFields] {
        var optioned = IPFields.ipv4
        optioned.options = [7, 3, 4, 0, 0]
        var extended = IPFields.ipv6
        extended.extensions = [.hopByHop(), .fragment(), .destinationOptions(blocks: 2)]
        return [.ipv4, optioned, .ipv6, extended]
    }

    private static let segments = [
        TCPSegment(flags: .syn, options: [.mss(1460), .windowScale(7)]),
        TCPSegment(seq: 1, ack: 2, flags: [.ack, .psh], payload: Array("GET /".utf8)),
        TCPSegment(
            seq: .max,
            window: 0,
            options: [.noOperation, .noOperation, .timestamps(value: 1, echo: 2)],
            payload: [UInt8](repeating: 0xA5, count: 1449)
        ),
    ]

    @Test func `the other end's frames have everything exchanged`() {
        let builder = PacketBuilder()
        let segment = TCPSegment(payload: [1])
        let packet = Decoded(builder.reversed.frame(segment.reversed)).packet
        #expect(packet.sport == 80 && packet.dport == 40000)
        let frame = builder.reversed.frame(segment.reversed)
        #expect(Array(frame[0..<6]) == builder.sourceMAC)
        #expect(Decoded(frame).source == "10.0.0.2")
        #expect(builder.reversed.reversed.frame(segment) == builder.frame(segment))
    }
}
