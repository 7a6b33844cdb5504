// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Packets

/// Frames that are changed, judged by the decoder with strict checksums.
struct RewritingTests {
    private static let builders: [PacketBuilder] = {
        var options = PacketBuilder()
        options.ip.options = [1, 1, 1, 0]
        var tagged = PacketBuilder(vlanTags: [VLANTag(7), VLANTag(9)], ip: .ipv6)
        tagged.minimumLength = 60
        var padded = PacketBuilder()
        padded.minimumLength = 60
        return [PacketBuilder(), options, padded, PacketBuilder(ip: .ipv6), tagged]
    }()

    private func decode(_ bytes: [UInt8], _ policy: ChecksumPolicy = .strict)
        -> (packet: mos_packet, result: DecodeResult)
    {
        ByteView.of(bytes) { view in
            var packet = mos_packet()
            let frame = Frame(
                bytes: view,
                wireLength: UInt32(view.count),
                time: Timestamp(nanoseconds: 0),
                linkType: .ethernet
            )
            let result = PacketDecoder(checksums: policy).decode(frame, into: &packet)
            return (packet, result)
        }
    }

    private func change(
        _ bytes: [UInt8],
        room: Int = 0,
        _ body: (MutableByteView) -> MutableByteView
    ) -> [UInt8] {
        var copy = bytes + Array(repeating: 0xEE, count: room)
        return MutableByteView.of(&copy) { body($0).view.array }
    }

    private func payload(_ bytes: [UInt8]) -> [UInt8] {
        let packet = decode(bytes).packet
        return Array(bytes[Int(packet.payload)..<Int(packet.payload + packet.payload_len)])
    }

    @Test(arguments: builders.indices)
    func `numbers are replaced and the checksum follows`(index: Int) {
        let segment = TCPSegment(
            seq: 0xFFFF_FFF0,
            ack: 7,
            flags: .ack,
            options: [
                .noOperation, .raw([5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 0, 0xFF, 0xFF, 0, 0]),
            ],
            payload: [1, 2, 3]
        )
        let frame = Self.builders[index].frame(segment)
        let packet = decode(frame).packet
        let changed = change(frame) {
            $0.setSequence(0x0001_FFFE, packet)
            $0.setAcknowledgement(0x8000_0000, packet)
            $0.translateSACK(packet) { left, right in left == 1 ? nil : (left &+ 5, right &+ 6) }
            return $0
        }
        let (new, result) = decode(changed)
        #expect(result.checksum == .good)
        #expect(new.seq == 0x0001_FFFE && new.ack == 0x8000_0000)
        let at = Int(new.l4) + 20 + 3
        let edges = (0..<4).map { block in
            (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(changed[at + 4 * block + $1]) }
        }
        #expect(edges == [0x8000_0000, 0x8000_0000, 0x1_0005, 0xFFFF_0006])
    }

    @Test func `a wrong checksum stays wrong, an unfinished one unfinished`() {
        var builder = PacketBuilder()
        for (checksum, policy) in [(BuiltChecksum.bad, ChecksumPolicy.auto), (.offloaded, .auto)] {
            builder.checksum = checksum
            let frame = builder.frame(TCPSegment(seq: 1, flags: .ack, payload: [1]))
            let (packet, before) = decode(frame, policy)
            let changed = change(frame) {
                $0.setSequence(0x1234_5678, packet)
                return $0
            }
            let after = decode(changed, policy).result.checksum
            #expect(after == before.checksum && after != .good)
        }
    }

    @Test func `what was left to a network card stays so until it is finished`() {
        var builder = PacketBuilder()
        builder.checksum = .offloaded
        let frame = builder.frame(TCPSegment(seq: 1, flags: .ack, payload: [1, 2, 3]))
        let packet = decode(frame, .auto).packet
        let other = change(frame) {
            $0.set(UInt8(9), at: Int(packet.payload))
            $0.updateTransportChecksum(packet)
            return $0
        }
        #expect(decode(other, .auto).result.checksum == .offloaded)
        let finished = change(other) {
            $0.updateTransportChecksum(packet, finishes: true)
            return $0
        }
        #expect(decode(finished).result.checksum == .good)
    }

    @Test(arguments: builders.indices, [0, 1, 3, 1400])
    func `a frame with another payload has lengths and checksums that fit`(
        index: Int,
        count: Int
    ) {
        let frame = Self.builders[index].frame(
            TCPSegment(seq: 5, ack: 6, flags: [.psh, .ack], payload: Array(0..<9))
        )
        let packet = decode(frame).packet
        let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let changed = ByteView.of(data) { data in
            ByteView.of(frame) { frame in
                change([], room: 2000) { $0.write(headersOf: packet, frame, payload: data) }
            }
        }
        let (new, result) = decode(changed)
        #expect(result.kind == .tcp && result.checksum == .good && result.error == nil)
        #expect(payload(changed) == data && new.seq == 5 && new.wire_payload_len == UInt32(count))
        #expect(changed.count == max(60, Int(packet.payload) + count))
        #expect(Array(changed[0..<Int(packet.l3)]) == Array(frame[0..<Int(packet.l3)]))
    }

    @Test func `UDP has lengths of its own, and a checksum of 0 stays none`() {
        for isSummed in [true, false] {
            var builder = PacketBuilder()
            if !isSummed { builder.checksum = .none }
            let frame = builder.frame(UDPDatagram(payload: [1, 2, 3]))
            let packet = decode(frame).packet
            let changed = ByteView.of([9, 9]) { data in
                ByteView.of(frame) { frame in
                    change([], room: 200) { $0.write(headersOf: packet, frame, payload: data) }
                }
            }
            let (new, result) = decode(changed)
            #expect(result.kind == .udp && result.checksum == (isSummed ? .good : .unverified))
            #expect(new.wire_payload_len == 2 && payload(changed) == [9, 9])
        }
    }

    @Test(arguments: builders.indices)
    func `the pieces of a segment are segments that say the same`(index: Int) {
        let data = (0..<100).map { UInt8($0) }
        let frame = Self.builders[index].frame(
            TCPSegment(seq: 0xFFFF_FFF0, flags: [.psh, .ack, .fin, .cwr], payload: data)
        )
        let packet = decode(frame).packet
        var seen: [UInt8] = []
        let cuts = [0..<40, 40..<80, 80..<100]
        for (number, range) in cuts.enumerated() {
            let piece = SegmentPiece(range: range, number: number, isLast: number == 2)
            let made = ByteView.of(frame) { frame in
                change([], room: 400) { $0.write(piece, of: packet, frame) }
            }
            let (new, result) = decode(made)
            #expect(result.checksum == .good)
            #expect(new.seq == 0xFFFF_FFF0 &+ UInt32(range.lowerBound))
            let flags = TCPFlags(rawValue: new.tcp_flags)
            #expect(flags.contains(.fin) == (number == 2) && flags.contains(.cwr) == (number == 0))
            seen += payload(made)
        }
        #expect(seen == data)
    }

    @Test(arguments: builders.indices, [false, true])
    func `a made segment goes out behind the link layer of its connection`(
        index: Int,
        isReversed: Bool
    ) {
        let builder = Self.builders[index]
        let other = builder.frame(TCPSegment(flags: .ack))
        let packet = decode(other).packet
        let segment = MadeSegment(
            src: isReversed ? packet.dst : packet.src,
            dst: isReversed ? packet.src : packet.dst,
            version: packet.ip_version,
            sport: 80,
            dport: 1234,
            seq: 77,
            ack: 99,
            flags: [.rst, .ack],
            window: 512
        )
        let made = ByteView.of(other) { other in
            change([], room: 200) {
                $0.write(
                    segment,
                    behind: other.slice(0, Int(packet.l3)),
                    isReversed: isReversed,
                    payload: .empty
                )
            }
        }
        let (new, result) = decode(made)
        #expect(result.kind == .tcp && result.checksum == .good && result.error == nil)
        #expect(new.seq == 77 && new.ack == 99 && new.window == 512 && new.vlan == packet.vlan)
        #expect(new.src.a == segment.src.a && new.dst.b == segment.dst.b && new.dport == 1234)
        let from = isReversed ? builder.destinationMAC : builder.sourceMAC
        #expect(Array(made[6..<12]) == from && made.count >= 60)
    }
}
