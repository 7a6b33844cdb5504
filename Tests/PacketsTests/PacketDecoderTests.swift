// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct PacketDecoderTests {
    @Test func `what the capture says about a frame is kept whatever else happens`() {
        for bytes in [PacketBuilder().frame(TCPSegment()), [1, 2, 3]] {
            let packet = Decoded(bytes, wireLength: 9999).packet
            #expect(packet.time.sec == 1_500_000_000 && packet.time.nsec == 123_456_789)
            #expect(packet.len == 9999 && packet.caplen == UInt32(bytes.count))
            #expect(packet.link == 1)
            #expect(packet.number == 0 && packet.offset == 0 && packet.invalid == 0)
        }
    }

    @Test func `nothing of the packet before is left`() {
        var packet = mos_packet()
        packet.mss = 77
        packet.flags = .max
        packet.invalid = 3
        packet.src = mos_addr(a: 1, b: 2)
        packet.number = 5
        let result = ByteView.of([]) { view in
            let frame = Frame(
                bytes: view,
                wireLength: 0,
                time: Timestamp(nanoseconds: 0),
                linkType: .ethernet
            )
            return PacketDecoder().decode(frame, into: &packet)
        }
        #expect(result.error == .ethernetTruncated)
        #expect(packet.mss == 0 && packet.flags == 0 && packet.invalid == 0)
        #expect(packet.src.a == 0 && packet.src.b == 0 && packet.number == 0)
    }

    /// A frame of each kind, with all that a header can have.
    private static var frames: [(LinkType, [UInt8])] {
        var extended = IPFields.ipv6
        extended.extensions = [
            .hopByHop(), .routing(segmentsLeft: 1, ["::1"]), .fragment(), .authentication,
        ]
        let options: [TCPOption] = [.mss(1460), .sackPermitted, .timestamps(value: 1, echo: 2)]
        let segment = TCPSegment(options: options, payload: [1, 2, 3])
        return [0, 1, 101, 108, 113, 228, 276].map { LinkType(rawValue: $0) }.flatMap { type in
            [IPFields.ipv4, extended].filter { type != .ipv4 || $0.source.version == 4 }
                .flatMap { ip in
                    let hasTag = [.ethernet, .linuxCooked, .linuxCooked2].contains(type)
                    let tags = hasTag ? [VLANTag(1)] : []
                    let builder = PacketBuilder(linkType: type, vlanTags: tags, ip: ip)
                    return [
                        (type, builder.frame(segment)),
                        (type, builder.frame(UDPDatagram(payload: [1, 2]))),
                        (type, builder.frame(ICMPMessage(payload: [1]))),
                    ]
                }
        }
    }

    @Test func `a frame cut at any byte decodes to what is left of it`() {
        for (type, frame) in Self.frames {
            let whole = Decoded(frame, linkType: type)
            for count in 0..<frame.count {
                let cut = Array(frame.prefix(count))
                for wireLength in [frame.count, count] {
                    let decoded = Decoded(cut, linkType: type, wireLength: wireLength)
                    #expect(decoded.kind == whole.kind || decoded.kind == .malformed)
                    #expect(decoded.checksum == .unverified)
                    if count >= Int(whole.packet.payload) {
                        #expect(decoded.kind == whole.kind && decoded.has(MOS_PKT_TRUNCATED))
                    } else {
                        #expect(decoded.kind == .malformed)
                    }
                }
            }
        }
    }

    @Test(arguments: ChecksumPolicy.allCases)
    func `random bytes never trap`(policy: ChecksumPolicy) {
        let seed: UInt64 = 1701 + UInt64(policy.rawValue)
        var generator = SeededGenerator(seed: seed)
        let types = [0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 999].map(LinkType.init)
        var kinds: Set<PacketKind> = []
        for _ in 0..<40_000 {
            let bytes = generator.bytes(Int.random(in: 0...120, using: &generator))
            let type = types[Int.random(in: 0..<types.count, using: &generator)]
            kinds.insert(Decoded(bytes, linkType: type, checksums: policy).kind)
        }
        #expect(kinds.isSuperset(of: [.nonIP, .malformed, .otherIP]), "seed \(seed)")
    }

    @Test(arguments: ChecksumPolicy.allCases)
    func `valid frames with changed bytes never trap and stay within the capture`(
        policy: ChecksumPolicy
    ) {
        let seed: UInt64 = 4711 + UInt64(policy.rawValue)
        var generator = SeededGenerator(seed: seed)
        let frames = Self.frames
        var errors: Set<DecodeError> = []
        for _ in 0..<60_000 {
            let (type, original) = frames[Int.random(in: 0..<frames.count, using: &generator)]
            var frame = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let offset = Int.random(in: 0..<frame.count, using: &generator)
                frame[offset] = UInt8(truncatingIfNeeded: generator.next())
            }
            if Bool.random(using: &generator) {
                frame.removeLast(Int.random(in: 0..<frame.count, using: &generator))
            }
            // Decoded cuts the payload out of the frame, and would trap outside it.
            let decoded = Decoded(frame, linkType: type, checksums: policy)
            if let error = decoded.error { errors.insert(error) }
        }
        #expect(errors.count >= 15, "seed \(seed): \(errors)")
    }

    @Test func `the record that scripts read has the size that both sides assume`() {
        #expect(MemoryLayout<mos_packet>.size == 128)
        #expect(MemoryLayout<DecodeResult>.size <= 4)
    }
}
