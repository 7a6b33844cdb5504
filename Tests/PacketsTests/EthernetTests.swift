// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct EthernetTests {
    @Test(
        arguments: [
            (UInt16(0x0806), "ARP"), (0x88CC, "LLDP"), (0x05DC, "802.3 length"),
            (0x0026, "LLC"), (0, "0"), (0xFFFF, "unassigned"),
        ]
    )
    func `what is not IP is no error`(etherType: UInt16, name: String) {
        let frame = PacketBuilder().frame(etherType: etherType, [0x45, 1, 2, 3])
        let decoded = Decoded(frame)
        #expect(decoded.result == DecodeResult(.nonIP), "\(name)")
        #expect(decoded.packet.ethertype == etherType)
        #expect(decoded.packet.vlan == 65535)
        #expect(decoded.packet.ip_version == 0 && decoded.packet.flags == 0)
        #expect(decoded.packet.l3 == 14 && decoded.packet.l4 == -1)
        #expect(decoded.payload == [0x45, 1, 2, 3])
    }

    @Test func `Ethernet padding is not payload`() {
        var builder = PacketBuilder()
        builder.minimumLength = 60
        let frame = builder.frame(TCPSegment(payload: [1, 2]))
        #expect(frame.count == 60)
        let decoded = Decoded(frame)
        #expect(decoded.payload == [1, 2])
        #expect(decoded.packet.wire_payload_len == 2)
        #expect(decoded.checksum == .good)
        #expect(!decoded.has(MOS_PKT_TRUNCATED))
    }
}
