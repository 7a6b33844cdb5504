// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct RawIPTests {
    @Test(arguments: [LinkType.raw, .rawBSD, .rawOpenBSD])
    func `the version field tells IPv4 from IPv6`(type: LinkType) {
        let ipv4 = PacketBuilder(linkType: type).frame(TCPSegment())
        let ipv6 = PacketBuilder(linkType: type, ip: .ipv6).frame(TCPSegment())
        #expect(Decoded(ipv4, linkType: type).packet.ip_version == 4)
        #expect(Decoded(ipv6, linkType: type).packet.ip_version == 6)
        #expect(Decoded(ipv6, linkType: type).packet.ethertype == 0x86DD)
    }

    @Test(arguments: [UInt8](0...15).filter { $0 != 4 && $0 != 6 })
    func `another version is an error`(version: UInt8) {
        #expect(Decoded([version << 4, 0, 0, 0], linkType: .raw).error == .ipVersion)
    }
}
