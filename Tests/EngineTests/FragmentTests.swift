// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// Case T43 of the contract: IP fragments.
struct FragmentTests {
    private static let builders: [(String, PacketBuilder)] = [
        ("IPv4", PacketBuilder()), ("IPv6", PacketBuilder(ip: .ipv6)),
        ("VLAN", PacketBuilder(vlanTags: [VLANTag(5)])), ("raw", PacketBuilder(linkType: .raw)),
        ("in VXLAN", PacketBuilder(tunnels: [BuiltTunnel(.vxlan(1))])),
        ("IPv6 in GRE", PacketBuilder(ip: .ipv6, tunnels: [BuiltTunnel(.gre())])),
    ]

    /// `GET /` in a segment of 25 bytes, from the client of ``Line/handshake``.
    private let segment = TCPSegment(
        seq: 1001,
        ack: 5001,
        flags: .ack,
        payload: Array("GET /".utf8)
    )

    private func ladder(_ frames: [[UInt8]]) -> [Line] { Line.handshake + frames.map(Line.frame) }

    private func count(_ recorder: Recorder, _ counter: Counter) -> Int {
        Int(recorder.worker.value(counter))
    }

    @Test(arguments: builders.map(\.0), [[0, 1, 2], [2, 1, 0], [1, 1, 2, 0]])
    func `T43 a segment in fragments is seen once, when the last one has come`(
        name: String,
        order: [Int]
    ) throws {
        let builder = try #require(Self.builders.first { $0.0 == name }).1
        let parts = builder.fragments(segment, cuts: [8, 16])
        let recorder = try Recorder(ladder(order.map { parts[$0] }), wire: Wire(builder: builder))
        recorder.stream("", [.packetIn, .newData, .orphan])
        let raw = recorder.raw("raw")
        let last = 3 + order.count
        let lines = recorder.run().filter { !$0.contains("raw") }
        #expect(
            lines.suffix(3) == [
                "\(last) SND CLI PKT_IN", "\(last) RCV SVR PKT_IN",
                "\(last) SVR NEW_DATA 'GET /'",
            ],
            "\(lines)"
        )
        #expect(raw == 1)
        #expect(recorder.lines.filter { $0.hasPrefix("raw") }.count == last)
        #expect(count(recorder, .packets) == last && count(recorder, .tcp) == 4)
        #expect(count(recorder, .fragments) == order.count)
        #expect(count(recorder, .fragmentsReassembled) == 1 && count(recorder, .orphans) == 0)
    }

    @Test func `T43 the handshake may come in fragments too`() throws {
        let syn = TCPSegment(seq: 1000, flags: .syn, options: [.mss(1460)])
        let parts =
            PacketBuilder().fragments(syn, cuts: [8])
            + Line.frames(
                [.server(.synAck, 0, 1), .client(.ack, 1, 1)],
                Wire()
            ).map(\.bytes)
        let recorder = try Recorder(parts.map(Line.frame))
        let socket = recorder.stream("", [.connStart, .stateChange])
        recorder.filter(socket, MOS_FILTER_SYN, "tcp dst port 80")
        #expect(recorder.run().first == "2 SND CLI CONN_START")
    }

    @Test func `RAW sockets see fragments as captured, flows the whole packet`() throws {
        let parts = PacketBuilder().fragments(segment, cuts: [8, 16])
        let recorder = try Recorder(ladder(parts))
        let stream = recorder.stream("", [.packetIn])
        recorder.raw("raw")
        var seen: [String] = []
        recorder.run { happening in
            guard let packet = happening.packet, packet.number > 3 else { return }
            let isWhole = packet.flags & UInt32(MOS_PKT_REASSEMBLED) != 0
            let isPart = packet.flags & UInt32(MOS_PKT_FRAGMENT) != 0
            if happening.socket == stream, happening.hook != Int32(MOS_HK_SND) { return }
            seen.append("\(packet.number) \(isPart) \(isWhole) \(packet.caplen)")
        }
        #expect(
            seen == [
                "4.0 true false 42", "5.0 true false 42", "6.0 true false 43",
                "6.0 false true 59",
            ]
        )
    }

    @Test func `a whole packet with a wrong TCP checksum is not believed`() throws {
        var parts = PacketBuilder().fragments(segment, cuts: [8, 16])
        parts[2][14 + 20 + 8] ^= 1
        let recorder = try Recorder(ladder(parts))
        recorder.stream("", [.newData, .orphan])
        #expect(recorder.run() == [])
        #expect(count(recorder, .badTCPChecksum) == 1 && count(recorder, .tcp) == 4)
    }

    @Test func `a fragment with a wrong header checksum does not count`() throws {
        var parts = PacketBuilder().fragments(segment, cuts: [8, 16])
        parts[1][14 + 10] ^= 1
        let recorder = try Recorder(ladder(parts))
        recorder.stream("", [.newData, .orphan])
        #expect(recorder.run() == [])
        #expect(count(recorder, .badIPChecksum) == 1 && count(recorder, .fragmentsTimeout) == 1)
    }

    @Test func `fragments that never become a packet are counted, not orphans`() throws {
        let parts = PacketBuilder().fragments(segment, cuts: [8, 16])
        let late = Line.frame(parts[2]).after(31)
        let recorder = try Recorder(ladder(Array(parts.prefix(2))) + [late])
        recorder.stream("", [.newData, .orphan])
        #expect(recorder.run() == [])
        #expect(count(recorder, .fragments) == 3 && count(recorder, .fragmentsTimeout) == 2)
    }

    @Test func `without a pool fragments are counted only`() throws {
        let parts = PacketBuilder().fragments(segment, cuts: [8, 16])
        let recorder = try Recorder(ladder(parts)) { $0.fragmentsPool = 0 }
        recorder.stream("", [.newData, .orphan])
        #expect(recorder.run() == [])
        #expect(count(recorder, .fragments) == 3 && count(recorder, .fragmentsReassembled) == 0)
    }

    @Test func `a UDP packet in fragments is one orphan`() throws {
        let bytes = UDPDatagram(payload: [UInt8](repeating: 1, count: 100))
        let raw = Array(PacketBuilder(linkType: .raw).frame(bytes).dropFirst(20))
        let frames = [
            PacketBuilder().fragment(17, Array(raw.prefix(56)), offset: 0, hasMore: true),
            PacketBuilder().fragment(17, Array(raw.dropFirst(56)), offset: 56, hasMore: false),
        ]
        let recorder = try Recorder(frames.map(Line.frame))
        recorder.stream("", [.orphan])
        #expect(recorder.run() == ["2 ORPHAN"])
        #expect(count(recorder, .udp) == 1)
    }

    @Test func `a tunnel in fragments is followed, fragments within it too`() throws {
        let tunnel = PacketBuilder(tunnels: [BuiltTunnel(.vxlan(9))])
        let outer = PacketBuilder(
            ip: IPFields(source: "192.0.2.1", destination: "192.0.2.2")
        )
        // The inner fragments, each cut again outside.
        let frames = tunnel.fragments(segment, cuts: [16]).enumerated().flatMap { index, frame in
            let udp = Array(frame.dropFirst(34))
            return [
                outer.fragment(
                    17,
                    Array(udp.prefix(24)),
                    offset: 0,
                    hasMore: true,
                    identification: UInt32(index)
                ),
                outer.fragment(
                    17,
                    Array(udp.dropFirst(24)),
                    offset: 24,
                    hasMore: false,
                    identification: UInt32(index)
                ),
            ]
        }
        let recorder = try Recorder(ladder(frames), wire: Wire(builder: tunnel))
        recorder.stream("", [.newData])
        var path: [UInt32] = []
        recorder.run { happening in
            path = recorder.tunnel(flow: Int32(MOS_NO_FLOW), 0).map(\.id)
        }
        #expect(recorder.lines == ["7 SVR NEW_DATA 'GET /'"])
        #expect(path == [9])
        #expect(count(recorder, .fragmentsReassembled) == 3)
        #expect(count(recorder, .fragments) == 6)
    }
}

/// Connections within tunnels.
struct TunnelledFlowTests {
    private static let tunnels = [
        BuiltTunnel(.gre(key: 7)),
        BuiltTunnel(
            .vxlan(42),
            ip: IPFields(source: "2001:db8:f::1", destination: "2001:db8:f::2")
        ),
    ]
    private static let builder = PacketBuilder(vlanTags: [VLANTag(3)], tunnels: tunnels)
    private let ladder = Line.handshake + [.client(.ack, 1, 1, "GET /")]

    @Test func `a flow knows the tunnels of its first packet until its end`() throws {
        let recorder = try Recorder(ladder, wire: Wire(builder: Self.builder))
        recorder.stream("", [.connEnd])
        var seen: [String] = []
        recorder.run { happening in
            seen += recorder.tunnel(flow: happening.flow, happening.generation).map {
                let source = AddressText.text($0.src, version: $0.ip_version)
                return "\($0.kind) \(source) \($0.id) \($0.has_id)"
            }
        }
        #expect(seen.prefix(2) == ["2 192.0.2.1 7 1", "7 2001:db8:f::1 42 1"])
        #expect(recorder.worker.value(.tunnelled) == 4)
    }

    @Test func `a flow without a tunnel has none`() throws {
        let recorder = try Recorder(ladder)
        recorder.stream("", [.connEnd])
        recorder.run { happening in
            #expect(recorder.tunnel(flow: happening.flow, happening.generation).isEmpty)
        }
        #expect(recorder.lines.count == 2)
    }

    @Test func `with decap=outer a tunnel is an orphan of its own protocol`() throws {
        let recorder = try Recorder(ladder, wire: Wire(builder: Self.builder)) {
            $0.decapsulation = .outer
        }
        recorder.stream("", [.connStart, .orphan])
        #expect(recorder.run() == ["1 ORPHAN", "2 ORPHAN", "3 ORPHAN", "4 ORPHAN"])
        #expect(recorder.worker.value(.otherIP) == 4)
    }
}

extension Recorder {
    /// The tunnels of a flow, or of the packet in hand.
    func tunnel(flow: Int32, _ generation: UInt32) -> [mos_tunnel] {
        let count = worker.tunnel(flow: flow, generation: generation)
        return count > 0 ? foundTunnels(count) : []
    }
}
