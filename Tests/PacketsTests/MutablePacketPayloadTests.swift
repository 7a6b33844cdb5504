// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Packets

struct MutablePacketPayloadTests {
    private static let seeds: [UInt64] = Array(1...4)

    /// The frame with another payload, in a buffer of its own or where it lies.
    private func replaced(
        _ frame: [UInt8],
        _ payload: [UInt8],
        room: Int = 1000,
        linkType: LinkType = .ethernet
    ) -> [UInt8]? {
        let decoded = Decoded(frame, linkType: linkType)
        var copy = frame
        return MutableByteView.of(&copy) { view in
            guard let packet = MutablePacket(decoded.packet, view) else { return nil }
            return ByteView.of(payload) { bytes in
                written(room: room) { packet.replacing(payload: bytes, in: $0)?.frame.count }
            }
        }
    }

    /// The same in a buffer where the payload lies at its place already.
    private func replacedAround(_ frame: [UInt8], _ payload: [UInt8]) -> [UInt8]? {
        let decoded = Decoded(frame).packet
        var copy = frame
        var buffer = [UInt8](repeating: 0xA5, count: 1000)
        buffer.replaceSubrange(
            Int(decoded.payload)..<Int(decoded.payload) + payload.count,
            with: payload
        )
        let count = MutableByteView.of(&copy) { view in
            MutableByteView.of(&buffer) { room in
                let bytes = room.view.slice(Int(decoded.payload), payload.count)
                return MutablePacket(decoded, view)?.replacing(payload: bytes, in: room)?.frame
                    .count
            }
        }
        return count.map { Array(buffer.prefix($0)) }
    }

    private func replacedInPlace(_ frame: [UInt8], _ payload: [UInt8]) -> [UInt8]? {
        let decoded = Decoded(frame)
        var buffer = frame + [UInt8](repeating: 0xA5, count: 1000)
        let count = MutableByteView.of(&buffer) { view in
            let packet = MutablePacket(decoded.packet, view.slice(0, frame.count))
            return ByteView.of(payload) { packet?.replacing(payload: $0, in: view)?.frame.count }
        }
        return count.map { Array(buffer.prefix($0)) }
    }

    @Test(arguments: seeds)
    func `another payload makes the frame that is built with it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let packet = RandomPacket(&random)
            var other = packet
            other.payload = random.bytes(.random(in: 0...300, using: &random))
            let new = other.payload
            #expect(replaced(packet.frame, new) == other.frame, "seed \(seed)")
            #expect(replacedInPlace(packet.frame, new) == other.frame, "seed \(seed)")
            #expect(replacedAround(packet.frame, new) == other.frame, "seed \(seed)")
            let decoded = Decoded(replaced(packet.frame, new) ?? [], checksums: .strict)
            #expect(decoded.checksum == .good && decoded.payload == new, "seed \(seed)")
            if case .icmp = packet.body { continue }
            let left = replaced(packet.with(.offloaded).frame, new)
            #expect(left == other.with(.offloaded).frame, "seed \(seed)")
            let bad = replaced(packet.with(.bad).frame, new)
            #expect(Decoded(bad ?? []).checksum == .bad, "seed \(seed)")
        }
    }

    @Test func `UDP without a checksum stays without`() {
        let builder = PacketBuilder(checksum: .none)
        let frame = replaced(builder.frame(UDPDatagram(payload: [1])), [2, 3])
        var expected = builder
        expected.minimumLength = 60
        #expect(frame == expected.frame(UDPDatagram(payload: [2, 3])))
    }

    @Test func `a message that becomes all zeros is right when it was`() {
        let message = PacketBuilder().frame(ICMPMessage(type: 0, payload: [0xFF, 0xFF]))
        #expect(Decoded(message).checksum == .good)
        let zeros = Decoded(replaced(message.with([0, 0], at: 36), [0, 0, 0]) ?? [])
        #expect(zeros.checksum == .good)
    }

    @Test func `a message of zeros, whose checksum is wrong, stays wrong`() {
        let zeros = PacketBuilder(checksum: .none).frame(ICMPMessage(type: 0, payload: [0, 0]))
        #expect(Decoded(zeros).checksum == .bad)
        #expect(Decoded(replaced(zeros, [1, 2]) ?? []).checksum == .bad)
        #expect(Decoded(replaced(zeros, [0, 0, 0]) ?? []).checksum == .bad)
    }

    @Test func `a wrong IP header checksum stays wrong`() {
        let frame = PacketBuilder().frame(TCPSegment(payload: [1])).with([1, 2], at: 24)
        let decoded = Decoded(replaced(frame, [2, 3, 4]) ?? [])
        #expect(decoded.error == .ipv4BadChecksum)
    }

    @Test func `what lies behind a UDP datagram within its packet stays`() {
        // RFC 9868: the IP length is larger than the UDP length.
        let whole = PacketBuilder().frame(UDPDatagram(payload: [1, 2, 3, 4, 5, 6]))
        let short = changed(whole.with([0, 10], at: 38)) { _ = $0.updateTransportChecksum() } ?? []
        #expect(Decoded(short, checksums: .strict).payload == [1, 2])
        let new: [UInt8] = [9, 8, 7]
        for frame in [
            replaced(short, new), replacedInPlace(short, new), replacedAround(short, new),
        ] {
            let decoded = Decoded(frame ?? [], checksums: .strict)
            #expect(decoded.checksum == .good && decoded.payload == [9, 8, 7])
            #expect(frame.map { Array($0[42..<49]) } == [9, 8, 7, 3, 4, 5, 6])
            #expect(frame.map { Array($0[16..<18]) } == [0, 35])
        }
    }

    @Test(arguments: [IPFields.ipv4, .ipv6])
    func `there must be room, for the frame and in its length field`(ip: IPFields) {
        var builder = PacketBuilder(ip: ip)
        builder.minimumLength = 60
        let frame = builder.frame(TCPSegment(payload: [1, 2, 3]))
        let payload = [UInt8](repeating: 7, count: 100)
        let length = builder.frame(TCPSegment(payload: payload)).count
        for room in 0..<length { #expect(replaced(frame, payload, room: room) == nil) }
        #expect(replaced(frame, payload, room: length)?.count == length)
        let headers = ip.source.version == 4 ? 40 : 20
        let most = [UInt8](repeating: 7, count: 65_535 - headers)
        #expect(
            Decoded(replaced(frame, most, room: 70_000) ?? [], checksums: .strict).payload == most
        )
        #expect(replaced(frame, most + [7], room: 70_000) == nil)
    }

    @Test func `what cannot have another length has no other payload`() {
        let segment = TCPSegment(payload: [1, 2, 3])
        let tunnelled = PacketBuilder(tunnels: [BuiltTunnel(.gre())]).frame(segment)
        #expect(Decoded(tunnelled).kind == .tcp && replaced(tunnelled, [1]) == nil)
        let fragment = PacketBuilder().fragment(6, [1, 2, 3], offset: 0, hasMore: true)
        #expect(replaced(fragment, [1]) == nil)
        #expect(replaced(PacketBuilder().frame(132, [1, 2, 3]), [1]) == nil)
        var jumbo = IPFields.ipv6
        jumbo.extensions = [.hopByHop()]
        jumbo.length = 0
        #expect(replaced(PacketBuilder(ip: jumbo).frame(segment), [1]) == nil)
    }

    @Test func `lengths of the link layer follow`() {
        var ip = PacketBuilder(linkType: .raw)
        let make = { (payload: [UInt8], prefix: (Int) -> [UInt8]) -> [UInt8] in
            let packet = ip.frame(TCPSegment(payload: payload))
            let frame = prefix(packet.count) + packet
            return frame + [UInt8](repeating: 0, count: max(0, 60 - frame.count))
        }
        let hardware = [UInt8](repeating: 2, count: 12)
        let pppoe = { (count: Int) -> [UInt8] in
            hardware + [0x81, 0, 0, 7, 0x88, 0x64, 0x11, 0, 0, 5]
                + UInt16(count + 2).octets + [0, 0x21]
        }
        let snap = { (count: Int) -> [UInt8] in
            hardware + UInt16(count + 8).octets + [0xAA, 0xAA, 3, 0, 0, 0, 8, 0]
        }
        for prefix in [pppoe, snap] {
            for count in [0, 3, 200, 900] {
                let new = [UInt8](repeating: 8, count: count)
                #expect(replaced(make([1, 2, 3], prefix), new) == make(new, prefix))
            }
        }
        // A link layer that is none of Ethernet has no such thing, and no padding.
        ip.linkType = .linuxCooked
        let frame = replaced(ip.frame(TCPSegment(payload: [1])), [2, 3], linkType: .linuxCooked)
        #expect(frame == ip.frame(TCPSegment(payload: [2, 3])))
    }

    // MARK: Several segments

    /// The segments of a frame with another payload.
    private func cut(_ frame: [UInt8], _ payload: [UInt8], limit: Int) -> [[UInt8]?] {
        let decoded = Decoded(frame)
        var copy = frame
        return MutableByteView.of(&copy) { view in
            guard let packet = MutablePacket(decoded.packet, view) else { return [] }
            return ByteView.of(payload) { bytes in
                (0..<MutablePacket.segments(of: payload.count, limit: limit)).map { index in
                    written { room in
                        packet.segment(index, of: bytes, limit: limit, in: room)?.frame.count
                    }
                }
            }
        }
    }

    @Test(arguments: seeds)
    func `a segment becomes those that are built of its parts`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var packet = RandomPacket(&random, isTCP: true)
            if Bool.random(using: &random) { packet.segment.flags.insert(.rst) }
            let payload = random.bytes(.random(in: 0...500, using: &random))
            let limit = Int.random(in: 1...200, using: &random)
            let count = MutablePacket.segments(of: payload.count, limit: limit)
            let expected = (0..<count).map { index -> [UInt8] in
                let start = index * limit
                var part = packet
                let old = packet.segment
                part.segment.payload = Array(payload[start..<min(start + limit, payload.count)])
                part.segment.seq = old.seq &+ UInt32(start)
                part.builder.ip.identification &+= UInt16(index)
                if index < count - 1 { part.segment.flags.subtract([.psh, .fin, .rst]) }
                if index > 0 {
                    part.segment.flags.remove(.cwr)
                    if old.flags.contains(.urg) {
                        part.segment.urgent = UInt16(max(0, Int(old.urgent) - start))
                        if part.segment.urgent == 0 { part.segment.flags.remove(.urg) }
                    }
                }
                return part.frame
            }
            #expect(cut(packet.frame, payload, limit: limit) == expected, "seed \(seed)")
            let left = packet.with(.offloaded).frame
            #expect(cut(left, payload, limit: limit) == expected, "seed \(seed)")
        }
    }

    @Test func `a SYN takes a number in the first segment alone`() {
        let segment = TCPSegment(seq: .max, flags: [.syn], payload: [1, 2, 3, 4, 5])
        let parts = cut(PacketBuilder().frame(segment), segment.payload, limit: 2)
            .map { Decoded($0 ?? [], checksums: .strict) }
        #expect(parts.map(\.packet.seq) == [.max, 2, 4])
        #expect(parts.map(\.packet.tcp_flags) == [2, 0, 0])
        #expect(parts.allSatisfy { $0.checksum == .good })
    }

    @Test func `there is no other segment, and none of what is not TCP`() {
        let decoded = Decoded(PacketBuilder().frame(TCPSegment(payload: [1, 2, 3])))
        var frame = PacketBuilder().frame(TCPSegment(payload: [1, 2, 3]))
        MutableByteView.of(&frame) { view in
            let packet = MutablePacket(decoded.packet, view)
            for index in [-1, 2, 100] {
                let none = written {
                    packet?.segment(index, of: packet?.payloadBytes ?? .empty, limit: 2, in: $0)?
                        .frame.count
                }
                #expect(none == nil)
            }
        }
        #expect(
            cut(PacketBuilder().frame(UDPDatagram(payload: [1])), [1, 2], limit: 1) == [nil, nil]
        )
    }
}
