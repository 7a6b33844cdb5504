// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct ICMPHeaderTests {
    @Test(arguments: [IPFields.ipv4.source, IPFields.ipv6.source])
    func `type and code stand where others have ports`(source: IPAddress) {
        let builder = PacketBuilder(ip: source.version == 4 ? .ipv4 : .ipv6)
        let frame = builder.frame(ICMPMessage(type: 3, code: 13, payload: [1, 2]))
        let decoded = Decoded(frame)
        #expect(decoded.kind == .icmp && decoded.checksum == .good)
        #expect(decoded.packet.sport == 3 && decoded.packet.dport == 13)
        #expect(decoded.payload == [1, 2] && decoded.has(MOS_PKT_HAS_TRANSPORT))
    }

    @Test func `an echo request from a textbook has a right checksum`() {
        // Type 8, code 0, identifier 1, number 9, no payload: ~(0x0800 + 1 + 9) = 0xF7F5.
        let decoded = Decoded(PacketBuilder().frame(1, hex("0800 f7f5 0001 0009")))
        #expect(decoded.kind == .icmp && decoded.checksum == .good)
    }

    @Test func `a message shorter than 8 bytes is truncated`() {
        for count in 0..<8 {
            let part = [UInt8](repeating: 8, count: count)
            #expect(Decoded(PacketBuilder().frame(1, part)).error == .icmpTruncated)
            #expect(Decoded(PacketBuilder(ip: .ipv6).frame(58, part)).error == .icmpTruncated)
        }
    }

    @Test func `ICMP over the other version of IP is another protocol`() {
        let bytes = hex("0800 f7f5 0001 0009")
        #expect(Decoded(PacketBuilder().frame(58, bytes)).kind == .otherIP)
        #expect(Decoded(PacketBuilder(ip: .ipv6).frame(1, bytes)).kind == .otherIP)
    }
}
