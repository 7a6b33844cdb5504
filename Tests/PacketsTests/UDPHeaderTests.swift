// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct UDPHeaderTests {
    @Test func `ports and payload are read`() {
        let datagram = UDPDatagram(sourcePort: 5353, destinationPort: 53, payload: [1, 2, 3])
        let decoded = Decoded(PacketBuilder().frame(datagram))
        #expect(decoded.kind == .udp && decoded.checksum == .good)
        #expect(decoded.packet.sport == 5353 && decoded.packet.dport == 53)
        #expect(decoded.packet.l4 == 34 && decoded.packet.payload == 42)
        #expect(decoded.payload == [1, 2, 3] && decoded.has(MOS_PKT_HAS_TRANSPORT))
    }

    @Test func `a packet that ends within the header is truncated`() {
        for count in 0..<8 {
            let part = [UInt8](repeating: 8, count: count)
            #expect(Decoded(PacketBuilder().frame(17, part)).error == .udpTruncated)
        }
    }

    @Test(arguments: [UInt16(0), 1, 7, 12, 65535])
    func `a length below 8 or beyond the packet is refused`(length: UInt16) {
        let bytes = [0, 1, 0, 2, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, 1, 2, 3]
        #expect(Decoded(PacketBuilder().frame(17, bytes)).error == .udpLength)
    }

    @Test func `bytes between the UDP length and the IP length are not payload`() {
        let bytes = hex("0001 0002 000a 0000 4142 4344")
        let decoded = Decoded(PacketBuilder().frame(17, bytes))
        #expect(decoded.payload == [0x41, 0x42] && decoded.packet.wire_payload_len == 2)
    }

    @Test func `both lengths may be 0 in a jumbogram`() {
        var ip = IPFields.ipv6
        ip.length = 0
        let builder = PacketBuilder(ip: ip)
        let decoded = Decoded(builder.frame(17, hex("0001 0002 0000 0000") + [7, 7, 7]))
        #expect(decoded.kind == .udp && decoded.payload == [7, 7, 7])
    }

    @Test func `a checksum of 0 is none for IPv4, and for tunnels over IPv6`() {
        let ipv4 = PacketBuilder(checksum: .none).frame(UDPDatagram(payload: [1]))
        let ipv6 = PacketBuilder(ip: .ipv6, checksum: .none).frame(UDPDatagram(payload: [1]))
        for policy in ChecksumPolicy.allCases {
            #expect(Decoded(ipv4, checksums: policy).checksum == .unverified)
        }
        #expect(Decoded(ipv6).checksum == .unverified)
        #expect(Decoded(ipv6, checksums: .strict).checksum == .bad)
    }

    @Test func `a checksum that comes to 0 is sent as all ones and is right`() {
        // The field of a datagram from port 0 is the port that brings the sum to all ones.
        let sample = PacketBuilder().frame(UDPDatagram(sourcePort: 0))
        let port = UInt16(sample[40]) << 8 | UInt16(sample[41])
        let frame = PacketBuilder().frame(UDPDatagram(sourcePort: port))
        #expect(frame[40...41] == [0xFF, 0xFF])
        #expect(Decoded(frame).checksum == .good)
    }
}
