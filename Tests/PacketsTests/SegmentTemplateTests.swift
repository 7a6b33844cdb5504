// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Packets

struct SegmentTemplateTests {
    private func invented(
        _ frame: [UInt8],
        _ segment: InventedSegment,
        payload: [UInt8] = [],
        isReversed: Bool = false,
        room: Int = 1000,
        linkType: LinkType = .ethernet
    ) -> [UInt8]? {
        let packet = Decoded(frame, linkType: linkType).packet
        return ByteView.of(frame) { view in
            let link = view.slice(0, Int(packet.l3))
            guard let template = SegmentTemplate(link: link, of: linkType, packet) else {
                return nil
            }
            let way = isReversed ? template.reversed : template
            let made = ByteView.of(payload) { bytes in
                written(room: room) { way.write(segment, payload: bytes, in: $0) }
            }
            if let made { #expect(made.count == way.frameLength(payload: payload.count)) }
            return made
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a segment is what is built of the same values, both ways`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let packet = RandomPacket(&random, isTCP: true)
            let flags: TCPFlags =
                [[.rst], [.rst, .ack], [.psh, .ack], [.syn]]
                .randomElement(using: &random) ?? []
            let segment = InventedSegment(
                seq: .random(in: 0...(.max), using: &random),
                ack: .random(in: 0...(.max), using: &random),
                flags: flags,
                window: .random(in: 0...(.max), using: &random),
                hopLimit: .random(in: 0...255, using: &random)
            )
            let payload = random.bytes(.random(in: 0...50, using: &random))
            var plain = packet.builder
            plain.ip = IPFields(
                source: packet.builder.ip.source,
                destination: packet.builder.ip.destination
            )
            plain.ip.hopLimit = segment.hopLimit
            let built = TCPSegment(
                seq: segment.seq,
                ack: flags.contains(.ack) ? segment.ack : 0,
                flags: flags,
                window: segment.window,
                payload: payload
            )
            let frame = packet.frame
            #expect(
                invented(frame, segment, payload: payload) == plain.frame(built),
                "seed \(seed)"
            )
            #expect(
                invented(frame, segment, payload: payload, isReversed: true)
                    == plain.reversed.frame(built.reversed),
                "seed \(seed)"
            )
        }
    }

    @Test func `a link layer that was kept will do`() {
        let builder = PacketBuilder(vlanTags: [VLANTag(7)])
        let packet = Decoded(builder.frame(TCPSegment())).packet
        let link = Array(builder.frame(TCPSegment()).prefix(18))
        let reset = InventedSegment(seq: 5, flags: .rst)
        let frame = ByteView.of(link) { link in
            written { room in
                SegmentTemplate(link: link, of: .ethernet, packet)?.reversed
                    .write(reset, payload: .empty, in: room)
            }
        }
        var padded = builder.reversed
        padded.minimumLength = 60
        #expect(frame == padded.frame(TCPSegment(seq: 5, flags: .rst, window: 0).reversed))
        ByteView.of(Array(link.prefix(13))) { short in
            #expect(SegmentTemplate(link: short, of: .ethernet, packet) == nil)
            #expect(SegmentTemplate(link: short, of: .linuxCooked, packet) == nil)
        }
    }

    @Test(arguments: [LinkType.raw, .null, .loop])
    func `a link layer without hardware addresses has no more and no padding`(type: LinkType) {
        let builder = PacketBuilder(linkType: type)
        let frame = builder.frame(TCPSegment(payload: [1, 2, 3]))
        let reset = InventedSegment(seq: 5, flags: .rst)
        let made = invented(frame, reset, isReversed: true, linkType: type)
        #expect(made == builder.reversed.frame(TCPSegment(seq: 5, flags: .rst, window: 0).reversed))
    }

    @Test func `a link layer whose reverse is not known is no template`() {
        let reset = InventedSegment(seq: 5, flags: .rst)
        let cooked = PacketBuilder(linkType: .linuxCooked).frame(TCPSegment())
        #expect(invented(cooked, reset, linkType: .linuxCooked) == nil)
    }

    @Test(arguments: [IPFields.ipv4, .ipv6])
    func `there must be room, for the frame and in its length field`(ip: IPFields) {
        let frame = PacketBuilder(ip: ip).frame(TCPSegment())
        let segment = InventedSegment(seq: 5, flags: [.psh, .ack])
        for room in 0..<60 { #expect(invented(frame, segment, room: room) == nil) }
        let headers = ip.source.version == 4 ? 40 : 20
        let most = [UInt8](repeating: 7, count: 65_535 - headers)
        let made = invented(frame, segment, payload: most, room: 70_000) ?? []
        #expect(Decoded(made, checksums: .strict).payload == most)
        #expect(invented(frame, segment, payload: most + [7], room: 70_000) == nil)
    }
}
