// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct IPv4HeaderTests {
    /// 192.168.0.1 to 192.168.0.199, UDP, 95 bytes of payload announced; checksum b861.
    private let wellKnown = hex("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7")

    @Test func `a header from a textbook decodes to its fields`() {
        let decoded = Decoded(wellKnown + hex("0035 0035 005f 0000"), linkType: .raw)
        #expect(decoded.kind == .udp)
        #expect(decoded.source == "192.168.0.1" && decoded.destination == "192.168.0.199")
        #expect(decoded.packet.proto == 17 && decoded.packet.ip_version == 4)
        #expect(decoded.packet.l3 == 0 && decoded.packet.l4 == 20)
        #expect(decoded.packet.wire_payload_len == 87 && decoded.packet.payload_len == 0)
        #expect(decoded.has(MOS_PKT_IP) && decoded.has(MOS_PKT_TRUNCATED))
    }

    @Test(arguments: 0..<20)
    func `any changed byte spoils the header checksum or the header`(offset: Int) {
        let frame = wellKnown + hex("0035 0035 005f 0000")
        let broken = frame.with([frame[offset] ^ 0x01], at: offset)
        #expect(Decoded(broken, linkType: .ipv4).kind == .malformed)
    }

    @Test func `a bad header checksum keeps what was read and is flagged`() {
        let frame = PacketBuilder().frame(TCPSegment(seq: 9, payload: [1])).with([0xAB], at: 24)
        let decoded = Decoded(frame)
        #expect(decoded.error == .ipv4BadChecksum)
        #expect(decoded.has(MOS_PKT_BAD_CHECKSUM) && decoded.has(MOS_PKT_HAS_TRANSPORT))
        #expect(decoded.packet.seq == 9 && decoded.payload == [1])
        #expect(Decoded(frame, checksums: .off).kind == .tcp)
        #expect(!Decoded(frame, checksums: .off).has(MOS_PKT_BAD_CHECKSUM))
    }

    @Test func `a header checksum of 0 was left to the network card`() {
        let frame = PacketBuilder().frame(TCPSegment()).with([0, 0], at: 24)
        let automatic = Decoded(frame)
        #expect(automatic.kind == .tcp && automatic.has(MOS_PKT_OFFLOADED))
        #expect(!automatic.has(MOS_PKT_BAD_CHECKSUM))
        #expect(Decoded(frame, checksums: .strict).error == .ipv4BadChecksum)
        #expect(Decoded(frame, checksums: .off).kind == .tcp)
    }

    @Test(arguments: [4, 8, 20, 40])
    func `options are skipped and summed`(count: Int) {
        var ip = IPFields.ipv4
        ip.options = [UInt8](repeating: 1, count: count - 1)
        let frame = PacketBuilder(ip: ip).frame(TCPSegment(payload: [5]))
        let decoded = Decoded(frame)
        #expect(decoded.kind == .tcp && decoded.checksum == .good)
        #expect(decoded.packet.l4 == Int32(34 + count))
        #expect(decoded.payload == [5])
        #expect(Decoded(frame.with([7], at: 34)).error == .ipv4BadChecksum)
    }

    @Test(arguments: [UInt8](0...4))
    func `a header length below 20 is refused`(words: UInt8) {
        let frame = PacketBuilder().frame(TCPSegment()).with([0x40 | words], at: 14)
        #expect(Decoded(frame).error == .ipv4HeaderLength)
    }

    @Test func `a header that the frame does not hold is truncated`() {
        var ip = IPFields.ipv4
        ip.options = [UInt8](repeating: 1, count: 8)
        let frame = PacketBuilder(ip: ip).frame(TCPSegment())
        for count in 14..<42 {
            #expect(Decoded(Array(frame.prefix(count))).error == .ipv4Truncated)
        }
    }

    @Test(arguments: [UInt16(1), 19])
    func `a total length below the header length is refused`(length: UInt16) {
        var ip = IPFields.ipv4
        ip.length = length
        #expect(Decoded(PacketBuilder(ip: ip).frame(TCPSegment())).error == .ipv4TotalLength)
    }

    @Test(arguments: [UInt8(0), 5, 6, 15])
    func `another version is refused`(version: UInt8) {
        let frame = PacketBuilder().frame(TCPSegment()).with([version << 4 | 5], at: 14)
        #expect(Decoded(frame).error == .ipVersion)
    }

    @Test func `a total length of 0 stands for all that was captured`() {
        var ip = IPFields.ipv4
        ip.length = 0
        let payload = [UInt8](repeating: 3, count: 3000)
        let decoded = Decoded(PacketBuilder(ip: ip).frame(TCPSegment(payload: payload)))
        #expect(decoded.kind == .tcp && decoded.checksum == .good)
        #expect(decoded.payload == payload)
        #expect(decoded.packet.wire_payload_len == 3000)
    }

    @Test func `a length beyond the capture is flagged and cut`() {
        let frame = PacketBuilder().frame(TCPSegment(payload: [1, 2, 3, 4, 5]))
        let decoded = Decoded(Array(frame.dropLast(2)), wireLength: frame.count)
        #expect(decoded.kind == .tcp && decoded.checksum == .unverified)
        #expect(decoded.has(MOS_PKT_TRUNCATED))
        #expect(decoded.payload == [1, 2, 3])
        #expect(decoded.packet.wire_payload_len == 5)
        #expect(decoded.packet.len == 59 && decoded.packet.caplen == 57)
    }

    @Test(arguments: [(true, UInt16(0)), (true, 185), (false, 185)])
    func `a fragment has no transport header`(hasMore: Bool, offset: UInt16) {
        var ip = IPFields.ipv4
        ip.doesNotFragment = false
        ip.hasMoreFragments = hasMore
        ip.fragmentOffset = offset
        let decoded = Decoded(PacketBuilder(ip: ip).frame(TCPSegment(payload: [1])))
        #expect(decoded.result == DecodeResult(.fragment))
        #expect(decoded.has(MOS_PKT_FRAGMENT) && !decoded.has(MOS_PKT_HAS_TRANSPORT))
        #expect(decoded.packet.l4 == 34 && decoded.packet.payload == 34)
        #expect(decoded.packet.payload_len == 21 && decoded.packet.proto == 6)
        #expect(decoded.packet.sport == 0)
    }

    @Test(arguments: [UInt8(0), 2, 50, 58, 94, 132, 255])
    func `another protocol is IP all the same`(proto: UInt8) {
        let decoded = Decoded(PacketBuilder().frame(proto, [1, 2, 3]))
        #expect(decoded.result == DecodeResult(.otherIP))
        #expect(decoded.packet.proto == proto && decoded.packet.l4 == 34)
        #expect(decoded.payload == [1, 2, 3])
    }
}
