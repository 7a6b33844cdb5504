// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct LinuxCookedTests {
    @Test(arguments: [UInt16(770), 778, 803, 824])
    func `devices whose protocol field is no EtherType carry no IP`(device: UInt16) {
        let field = [UInt8(device >> 8), UInt8(device & 0xFF)]
        let old = PacketBuilder(linkType: .linuxCooked).frame(TCPSegment()).with(field, at: 2)
        #expect(Decoded(old, linkType: .linuxCooked).kind == .nonIP)
        let new = PacketBuilder(linkType: .linuxCooked2).frame(TCPSegment()).with(field, at: 8)
        #expect(Decoded(new, linkType: .linuxCooked2).kind == .nonIP)
    }

    @Test func `the packet begins behind 16 bytes of version 1 and 20 of version 2`() {
        for (type, offset) in [(LinkType.linuxCooked, Int32(16)), (.linuxCooked2, 20)] {
            let frame = PacketBuilder(linkType: type, ip: .ipv6).frame(TCPSegment())
            let decoded = Decoded(frame, linkType: type)
            #expect(decoded.kind == .tcp)
            #expect(decoded.packet.l3 == offset && decoded.packet.l4 == offset + 40)
        }
    }
}
