// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// Case T44 of the contract: the same events whatever is around the segment.
struct EncapsulationTests {
    private static let builders: [(String, PacketBuilder)] = [
        ("IPv6", PacketBuilder(ip: .ipv6)),
        ("VLAN", PacketBuilder(vlanTags: [VLANTag(5)])),
        ("QinQ", PacketBuilder(vlanTags: [VLANTag(7, etherType: 0x88A8), VLANTag(5)])),
        ("VLAN and IPv6", PacketBuilder(vlanTags: [VLANTag(5)], ip: .ipv6)),
        ("IPv6 with extension headers", PacketBuilder(ip: extended)),
        ("raw IP", PacketBuilder(linkType: .raw)),
        ("cooked", PacketBuilder(linkType: .linuxCooked)),
        ("cooked 2", PacketBuilder(linkType: .linuxCooked2)),
        ("loopback", PacketBuilder(linkType: .null)),
        ("VXLAN", PacketBuilder(tunnels: [BuiltTunnel(.vxlan(1), vlanTags: [VLANTag(9)])])),
        ("IPv6 in GRE in GTP", PacketBuilder(ip: .ipv6, tunnels: [gtp, BuiltTunnel(.gre())])),
    ]

    private static let gtp = BuiltTunnel(.gtp(5, extensions: [1]))

    private static var extended: IPFields {
        var fields = IPFields.ipv6
        fields.extensions = [.hopByHop(), .destinationOptions(blocks: 3)]
        return fields
    }

    private let ladder =
        Line.handshake + [
            .client(.ack, 1, 1, "GET /"), .server(.ack, 6, 6, "tail"), .server(.ack, 1, 6, "head."),
            .client(.ack, 1, 10, "GET /"), .client(.finAck, 6, 10), .server(.finAck, 10, 7),
            .client(.ack, 7, 11),
        ]

    private func run(_ builder: PacketBuilder, syn: String) throws -> [String] {
        let recorder = try Recorder(ladder, wire: Wire(builder: builder))
        let socket = recorder.stream("", Event.ofFlows + [.orphan])
        recorder.filter(socket, MOS_FILTER_SYN, syn)
        return recorder.run()
    }

    @Test(arguments: builders.map(\.0))
    func `T44 a connection has the same events as in plain IPv4`(name: String) throws {
        let builder = try #require(Self.builders.first { $0.0 == name }).1
        let plain = try run(PacketBuilder(), syn: "tcp dst port 80")
        #expect(plain.count > 30)
        #expect(try run(builder, syn: "tcp dst port 80") == plain)
    }

    @Test func `a SYN filter that needs the link layer judges the frame`() throws {
        let tagged = PacketBuilder(vlanTags: [VLANTag(5)])
        #expect(try run(tagged, syn: "vlan 5").contains("1 SND CLI CONN_START"))
        #expect(try run(tagged, syn: "vlan 6").contains("1 ORPHAN"))
        #expect(
            try run(PacketBuilder(), syn: "ether dst 02:00:00:00:00:02")
                .contains("1 SND CLI CONN_START")
        )
    }

    @Test func `filters see no authentication header, of IPv4 either`() throws {
        let raw = PacketBuilder(linkType: .raw)
        let authentication: [UInt8] = [6, 4, 0, 0] + [UInt8](repeating: 1, count: 20)
        func frame(_ segment: TCPSegment, _ builder: PacketBuilder) -> Line {
            let tcp = raw.frame(segment).dropFirst(20)
            return .frame(builder.frame(51, authentication + tcp))
        }
        let recorder = try Recorder([
            frame(TCPSegment(flags: .syn), PacketBuilder()),
            frame(TCPSegment(destinationPort: 81, flags: .syn), PacketBuilder()),
        ])
        let socket = recorder.stream("", [.connStart, .orphan])
        recorder.filter(socket, MOS_FILTER_SYN, "tcp dst port 80")
        recorder.filter(socket, MOS_FILTER_ORPHAN, "tcp dst port 81")
        #expect(
            recorder.run() == ["1 SND CLI CONN_START", "1 RCV SVR CONN_START", "2 ORPHAN"]
        )
    }

    @Test func `VLANs are told apart when they are part of the key`() throws {
        func lines(_ inKey: Bool) throws -> [String] {
            let builders = [5, 6].map { PacketBuilder(vlanTags: [VLANTag($0)]) }
            let frames = builders.map { builder in
                Line.frame(builder.frame(TCPSegment(seq: 1, flags: .syn)))
            }
            let recorder = try Recorder(frames) { $0.vlanInKey = inKey }
            recorder.stream("", [.connStart, .rexmit])
            return recorder.run()
        }
        #expect(
            try lines(false) == [
                "1 SND CLI CONN_START", "1 RCV SVR CONN_START", "2 RCV SVR REXMIT",
            ]
        )
        #expect(
            try lines(true) == [
                "1 SND CLI CONN_START", "1 RCV SVR CONN_START",
                "2 SND CLI CONN_START", "2 RCV SVR CONN_START",
            ]
        )
    }
}
