// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct ChecksumTests {
    /// A SYN made byte by byte with another program and found right by tshark.
    private static let syn = """
        0200 0000 0002 0200 0000 0001 0800
        4500 003c 1c46 4000 4006 3224 c000 020a c633 6414
        c000 01bb 1234 5678 0000 0000 a002 faf0 d44a 0000
        0204 05b4 0402 080a 00bc 614e 0000 0000 0103 0307
        """

    /// What each policy says to each kind of field, for TCP and UDP.
    @Test(
        arguments: [
            (ChecksumPolicy.auto, BuiltChecksum.right, ChecksumVerdict.good),
            (.auto, .offloaded, .offloaded), (.auto, .bad, .bad),
            (.strict, .right, .good), (.strict, .offloaded, .bad), (.strict, .bad, .bad),
            (.off, .right, .unverified), (.off, .offloaded, .unverified), (.off, .bad, .unverified),
        ]
    )
    func `the policy decides`(
        policy: ChecksumPolicy,
        field: BuiltChecksum,
        verdict: ChecksumVerdict
    ) {
        for ip in [IPFields.ipv4, .ipv6] {
            let builder = PacketBuilder(ip: ip, checksum: field)
            let tcp = Decoded(builder.frame(TCPSegment(payload: [1, 2, 3])), checksums: policy)
            let udp = Decoded(builder.frame(UDPDatagram(payload: [1])), checksums: policy)
            for decoded in [tcp, udp] {
                #expect(decoded.checksum == verdict)
                #expect(decoded.kind == (decoded.packet.proto == 6 ? .tcp : .udp))
                #expect(decoded.has(MOS_PKT_BAD_CHECKSUM) == (verdict == .bad))
                #expect(decoded.has(MOS_PKT_OFFLOADED) == (verdict == .offloaded))
            }
        }
    }

    @Test func `ICMP is never left to the network card`() {
        for ip in [IPFields.ipv4, .ipv6] {
            let good = PacketBuilder(ip: ip).frame(ICMPMessage(payload: [1, 2, 3]))
            let bad = PacketBuilder(ip: ip, checksum: .bad).frame(ICMPMessage(payload: [1]))
            #expect(Decoded(good).checksum == .good)
            #expect(Decoded(bad).checksum == .bad)
        }
    }

    @Test func `a large segment may be left with a sum that lacks its length`() {
        var ip = IPFields.ipv4
        ip.length = 0
        // 10.0.0.1 + 10.0.0.2 + protocol 6, folded.
        let sum = hex("1409")
        let frame = PacketBuilder(ip: ip).frame(TCPSegment(payload: [1, 2, 3])).with(sum, at: 50)
        #expect(Decoded(frame).checksum == .offloaded)
        let ordinary = PacketBuilder().frame(TCPSegment(payload: [1, 2, 3])).with(sum, at: 50)
        #expect(Decoded(ordinary).checksum == .bad)
    }

    @Test func `a cut segment is not judged`() {
        let frame = PacketBuilder(checksum: .bad).frame(TCPSegment(payload: [1, 2, 3]))
        let decoded = Decoded(Array(frame.dropLast()), wireLength: frame.count)
        #expect(decoded.result == DecodeResult(.tcp))
        #expect(!decoded.has(MOS_PKT_BAD_CHECKSUM))
    }

    @Test func `a segment that was not built here has a right checksum`() {
        let decoded = Decoded(hex(Self.syn), checksums: .strict)
        #expect(decoded.result == DecodeResult(.tcp, checksum: .good))
        #expect(decoded.source == "192.0.2.10" && decoded.packet.mss == 1460)
    }

    @Test(arguments: [0, 1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1447, 1448, 1460])
    func `every changed bit of a segment is noticed`(length: Int) {
        let seed = UInt64(length) + 1
        var generator = SeededGenerator(seed: seed)
        let frame = PacketBuilder().frame(TCPSegment(payload: generator.bytes(length)))
        #expect(Decoded(frame).checksum == .good, "seed \(seed)")
        for _ in 0..<100 {
            // Not the data offset: another header length is malformed before it is summed.
            let offset = Int.random(in: 34..<frame.count, using: &generator)
            if offset == 46 { continue }
            let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
            let changed = frame.with([frame[offset] ^ bit], at: offset)
            #expect(Decoded(changed).checksum == .bad, "seed \(seed), offset \(offset)")
        }
    }

    @Test
    func `strictly, a packet that was sent shorter than its header claims has no right checksum`() {
        var builder = PacketBuilder()
        builder.ip.length = 20 + 20 + 9
        let frame = builder.frame(TCPSegment(payload: [1, 2, 3]))
        let cut = Decoded(frame, wireLength: frame.count + 6, checksums: .strict)
        #expect(cut.checksum == .unverified)
        #expect(Decoded(frame, checksums: .auto).checksum == .unverified)
        #expect(Decoded(frame, checksums: .strict).checksum == .bad)
        #expect(Decoded(frame, checksums: .strict).has(MOS_PKT_BAD_CHECKSUM))
    }
}
