// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct PacketDecoderOrdinaryTests {
    @Test(arguments: ChecksumPolicy.allCases)
    func `the straight way takes ordinary segments`(policy: ChecksumPolicy) {
        let stamps: [TCPOption] = [.noOperation, .noOperation, .timestamps(value: 7, echo: 8)]
        let opening: [TCPOption] = [
            .mss(1460), .sackPermitted, .timestamps(value: 7, echo: 0), .noOperation,
            .windowScale(7),
        ]
        for options in [[], stamps, opening, [.mss(1460)]] {
            for length in [0, 1, 7, 64, 1447, 1448] {
                let payload = [UInt8](repeating: 0xA5, count: length)
                let segment = TCPSegment(seq: .max, ack: 5, options: options, payload: payload)
                #expect(isSame(PacketBuilder().frame(segment), policy) == true)
                #expect(isSame(PacketBuilder(ip: .ipv6).frame(segment), policy) == true)
            }
        }
    }

    @Test func `the straight way leaves all other frames alone`() {
        let builder = PacketBuilder()
        let frame = builder.frame(TCPSegment(payload: [1, 2, 3]))
        let others = [
            builder.frame(TCPSegment(options: [.raw([3, 4, 1, 2])])),
            PacketBuilder(ip: .ipv6).frame(UDPDatagram(payload: [1])),
            PacketBuilder(vlanTags: [VLANTag(5)]).frame(TCPSegment()),
            PacketBuilder(checksum: .bad).frame(TCPSegment()),
            builder.frame(UDPDatagram(payload: [1])),
            Array(frame.dropLast()),
        ]
        for other in others { #expect(isSame(other, .auto) == false) }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `frames with flipped and cut bytes are decoded alike both ways`(seed: UInt64) {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var taken = 0
        for _ in 0..<5_000 {
            let lists: [[TCPOption]] = [
                [], [.noOperation, .noOperation, .timestamps(value: 1, echo: 2)],
                [.mss(1460), .sackPermitted, .timestamps(value: 1, echo: 0), .windowScale(3)],
            ]
            let options = lists[Int.random(in: 0..<3, using: &generator)]
            let payload = generator.bytes(Int.random(in: 0..<90, using: &generator))
            let isIPv6 = Bool.random(using: &generator)
            let builder = isIPv6 ? PacketBuilder(ip: .ipv6) : PacketBuilder()
            var frame = builder.frame(TCPSegment(options: options, payload: payload))
            for _ in 0..<Int.random(in: 0..<3, using: &generator) {
                let place = Int.random(in: 0..<frame.count, using: &generator)
                frame[place] = UInt8.random(in: 0...255, using: &generator)
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                frame.removeLast(Int.random(in: 0..<frame.count, using: &generator))
            }
            let policy = ChecksumPolicy.allCases[Int.random(in: 0..<3, using: &generator)]
            // Nil where the two differ.
            let same = isSame(frame, policy)
            #expect(same != nil)
            if same == true { taken += 1 }
        }
        #expect(taken > 300)
    }

    /// Whether the straight way took the frame; nil when it says anything else than ``PacketDecoder/decode(_:into:)``.
    private func isSame(_ bytes: [UInt8], _ policy: ChecksumPolicy) -> Bool? {
        ByteView.of(bytes) { view in
            let decoder = PacketDecoder(checksums: policy)
            let frame = Frame(
                bytes: view,
                wireLength: UInt32(bytes.count),
                time: Timestamp(nanoseconds: 1_700_000_000_123_456_789),
                linkType: .ethernet
            )
            var general = mos_packet()
            let result = decoder.decode(frame, into: &general)
            var ordinary = mos_packet()
            guard decoder.decodeOrdinary(frame, into: &ordinary) else { return false }
            let verdict = policy == .off ? ChecksumVerdict.unverified : .good
            guard result == DecodeResult(.tcp, checksum: verdict) else { return nil }
            // Every field, by name and value.
            guard "\(general)" != "\(mos_packet())" else { return nil }
            return "\(ordinary)" == "\(general)" ? true : nil
        }
    }
}
