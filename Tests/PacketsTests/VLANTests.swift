// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct VLANTests {
    @Test(arguments: [UInt16(0x8100), 0x88A8, 0x9100, 0x9200])
    func `a tag by any of its EtherTypes is read`(etherType: UInt16) {
        let tag = VLANTag(4094, priority: 7, etherType: etherType)
        let decoded = Decoded(PacketBuilder(vlanTags: [tag]).frame(TCPSegment()))
        #expect(decoded.kind == .tcp)
        #expect(decoded.packet.vlan == 4094)
        #expect(decoded.packet.ethertype == 0x0800)
        #expect(decoded.packet.l3 == 18)
    }

    @Test func `of several tags the innermost id is kept`() {
        let tags = [VLANTag(100, etherType: 0x88A8), VLANTag(200), VLANTag(0, priority: 3)]
        let decoded = Decoded(PacketBuilder(vlanTags: tags).frame(TCPSegment()))
        #expect(decoded.kind == .tcp)
        #expect(decoded.packet.vlan == 0)
    }

    @Test func `eight tags are decoded and nine are an error`() {
        let tags = (1...9).map { VLANTag(UInt16($0)) }
        let eight = Decoded(PacketBuilder(vlanTags: Array(tags.prefix(8))).frame(TCPSegment()))
        #expect(eight.kind == .tcp && eight.packet.vlan == 8)
        let nine = Decoded(PacketBuilder(vlanTags: tags).frame(TCPSegment()))
        #expect(nine.error == .vlanTooManyTags)
    }

    @Test(arguments: 14..<18)
    func `a frame that ends within a tag is truncated`(count: Int) {
        let frame = PacketBuilder(vlanTags: [VLANTag(5)]).frame(TCPSegment())
        #expect(Decoded(Array(frame.prefix(count))).error == .vlanTruncated)
    }

    @Test func `tagged ARP keeps its tag`() {
        let frame = PacketBuilder(vlanTags: [VLANTag(5)]).frame(etherType: 0x0806, [0, 1])
        let decoded = Decoded(frame)
        #expect(decoded.kind == .nonIP)
        #expect(decoded.packet.vlan == 5 && decoded.packet.ethertype == 0x0806)
        #expect(decoded.packet.l3 == 18)
    }

    @Test(arguments: [LinkType.linuxCooked, .linuxCooked2])
    func `tags within Linux cooked frames are read`(type: LinkType) {
        let builder = PacketBuilder(linkType: type, vlanTags: [VLANTag(7), VLANTag(9)])
        let decoded = Decoded(builder.frame(TCPSegment()), linkType: type)
        #expect(decoded.kind == .tcp && decoded.packet.vlan == 9)
    }
}
