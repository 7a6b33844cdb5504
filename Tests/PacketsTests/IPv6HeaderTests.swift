// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct IPv6HeaderTests {
    @Test func `the fields of a header lie where RFC 8200 puts them`() {
        let header = hex(
            """
            6000 0000 0008 3a40
            2001 0db8 0000 0000 0000 0000 0000 00a1
            ff02 0000 0000 0000 0000 0000 0000 0002
            """
        )
        let decoded = Decoded(header + hex("8500 0000 0000 0000"), linkType: .raw, checksums: .off)
        #expect(decoded.kind == .icmp)
        #expect(decoded.source == "2001:db8::a1" && decoded.destination == "ff02::2")
        #expect(decoded.packet.ip_version == 6 && decoded.packet.proto == 58)
        #expect(decoded.packet.l3 == 0 && decoded.packet.l4 == 40)
        #expect(decoded.packet.sport == 133 && decoded.packet.dport == 0)
        #expect(decoded.has(MOS_PKT_IP) && !decoded.has(MOS_PKT_EXT_HEADERS))
    }

    @Test func `a header that the frame does not hold is truncated`() {
        let frame = PacketBuilder(ip: .ipv6).frame(TCPSegment())
        for count in 14..<54 {
            #expect(Decoded(Array(frame.prefix(count))).error == .ipv6Truncated)
        }
    }

    @Test(arguments: [UInt8(0), 4, 5, 7, 15])
    func `another version is refused`(version: UInt8) {
        let frame = PacketBuilder(ip: .ipv6).frame(TCPSegment()).with([version << 4], at: 14)
        #expect(Decoded(frame).error == .ipVersion)
    }

    @Test func `a payload length of 0 stands for all that was captured`() {
        var ip = IPFields.ipv6
        ip.length = 0
        let payload = [UInt8](repeating: 3, count: 70000)
        let decoded = Decoded(PacketBuilder(ip: ip).frame(TCPSegment(payload: payload)))
        #expect(decoded.kind == .tcp && decoded.checksum == .good)
        #expect(decoded.payload == payload && decoded.packet.wire_payload_len == 70000)
    }

    @Test func `a length beyond the capture is flagged and cut`() {
        let frame = PacketBuilder(ip: .ipv6).frame(TCPSegment(payload: [1, 2, 3]))
        let decoded = Decoded(Array(frame.dropLast()), wireLength: frame.count)
        #expect(decoded.kind == .tcp && decoded.checksum == .unverified)
        #expect(decoded.has(MOS_PKT_TRUNCATED) && decoded.payload == [1, 2])
        #expect(decoded.packet.wire_payload_len == 3)
    }

    @Test(arguments: [UInt8(1), 2, 50, 59, 135, 255])
    func `another next header is IP all the same`(proto: UInt8) {
        let decoded = Decoded(PacketBuilder(ip: .ipv6).frame(proto, [1, 2, 3]))
        #expect(decoded.result == DecodeResult(.otherIP))
        #expect(decoded.packet.proto == proto && decoded.payload == [1, 2, 3])
    }
}
