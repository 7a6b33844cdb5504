// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct CarrierTests {
    /// The IP packet of a segment, without a link layer.
    private let packet = PacketBuilder(linkType: .raw).frame(TCPSegment())
    private let addresses = [UInt8](repeating: 2, count: 12)

    private func ethernet(_ type: String, _ rest: [UInt8]) -> [UInt8] {
        addresses + hex(type) + rest
    }

    private func expectSegment(_ frame: [UInt8], _ type: LinkType = .ethernet, at offset: Int) {
        let decoded = Decoded(frame, linkType: type)
        #expect(decoded.kind == .tcp && decoded.packet.l3 == offset, "\(decoded.result)")
        for count in 0..<offset {
            let cut = Decoded(Array(frame.prefix(count)), linkType: type)
            #expect(cut.kind == .malformed || cut.kind == .nonIP, "cut at \(count)")
        }
    }

    @Test func `MPLS labels are skipped to the bottom of the stack`() {
        expectSegment(ethernet("8847", hex("00010040 00020140") + packet), at: 22)
        expectSegment(ethernet("8100 0005 8848", hex("00020140") + packet), at: 22)
    }

    @Test func `an Ethernet pseudowire over MPLS is looked into`() {
        let inner = ethernet("8100 0007 0800", packet)
        let frame = ethernet("8847", hex("00020140 00000000") + inner)
        expectSegment(frame, at: 14 + 8 + 18)
        #expect(Decoded(frame).packet.vlan == 7)
    }

    @Test func `a stack without a bottom is an error`() {
        let labels = [UInt8](repeating: 0, count: 4 * 40)
        #expect(Decoded(ethernet("8847", labels)).error == .carrierTooDeep)
        #expect(Decoded(ethernet("8847", [0, 0, 0, 0, 0])).error == .carrierTruncated)
    }

    @Test func `PPPoE sessions carry PPP`() {
        expectSegment(ethernet("8864", hex("1100 0001 0030 0021") + packet), at: 22)
        let other = Decoded(ethernet("8864", hex("1100 0001 0030 C021 0101 0004")))
        #expect(other.kind == .nonIP)
    }

    @Test func `tags of port extenders and FabricPath are skipped`() {
        expectSegment(ethernet("8926", hex("00010002 0800") + packet), at: 20)
        expectSegment(ethernet("893F", hex("000100020003 8100 0005 0800") + packet), at: 26)
        expectSegment(ethernet("8903", hex("0001") + ethernet("0800", packet)), at: 30)
    }

    @Test func `link layers a few bytes ahead of others`() {
        expectSegment(hex("00 FF03 0021") + packet, .pppWithDirection, at: 5)
        expectSegment(hex("01 0F00 0800") + packet, .ciscoHDLCWithDirection, at: 5)
        expectSegment(hex("1100 0001 0030 0021") + packet, .pppEther, at: 8)
        expectSegment(hex("AAAA03 000000 0800") + packet, .atmRFC1483, at: 8)
        expectSegment(hex("05 02 0000 00000000") + packet, .pflog, at: 8)
        expectSegment(hex("02000000 00000001 00000000") + packet, .enc, at: 12)
    }

    @Test func `802.11 behind other headers`() {
        let data = hex("0800 0000") + addresses + hex("020000000000 0000 AAAA03 000000 0800")
        expectSegment(hex("44000000 0C000000 00000000") + data + packet, .prism, at: 12 + 32)
        expectSegment(hex("80211001 0000000C 00000000") + data + packet, .avs, at: 12 + 32)
        expectSegment(hex("00000800 69000000") + data + packet, .ppi, at: 8 + 32)
        #expect(Decoded(hex("00000800 C0000000") + packet, linkType: .ppi).error == .linkUnknown)
    }

    @Test func `provider backbone bridges carry Ethernet`() {
        expectSegment(ethernet("88E7", hex("00000001") + ethernet("0800", packet)), at: 32)
    }

    @Test func `SNAP names what follows, other LLC is not IP`() {
        expectSegment(ethernet("0040", hex("AAAA03 000000 0800") + packet), at: 22)
        #expect(Decoded(ethernet("0026", hex("424203 0000000000") + packet)).kind == .nonIP)
    }

    @Test func `PPP comes with and without address and control, long and short`() {
        expectSegment(hex("FF03 0021") + packet, .ppp, at: 4)
        expectSegment(hex("0021") + packet, .ppp, at: 2)
        expectSegment(hex("21") + packet, .ppp, at: 1)
        expectSegment(hex("FF03 0281 00020140") + packet, .pppHDLC, at: 8)
    }

    @Test func `Cisco HDLC has an EtherType`() {
        expectSegment(hex("0F00 0800") + packet, .ciscoHDLC, at: 4)
    }

    @Test func `802.11 data frames carry LLC and SNAP`() {
        let snap = hex("AAAA03 000000 0800")
        let data = hex("0801 0000") + [UInt8](repeating: 1, count: 20)
        expectSegment(data + snap + packet, .wireless, at: 32)
        let qos = hex("8802 0000") + [UInt8](repeating: 1, count: 20) + hex("0000")
        let radiotap = hex("0000 0A00 00000000 0000")
        expectSegment(radiotap + qos + snap + packet, .radiotap, at: 10 + 26 + 8)
        let bridge = hex("0803 0000") + [UInt8](repeating: 1, count: 26)
        expectSegment(bridge + snap + packet, .wireless, at: 38)
    }

    @Test func `802.11 frames that are encrypted or no data are not IP`() {
        let rest = [UInt8](repeating: 1, count: 60)
        #expect(Decoded(hex("0841 0000") + rest, linkType: .wireless).kind == .nonIP)
        #expect(Decoded(hex("8000 0000") + rest, linkType: .wireless).kind == .nonIP)
        #expect(Decoded(hex("4801 0000") + rest, linkType: .wireless).kind == .nonIP)
    }

    @Test func `carriers within carriers have a limit`() {
        var frame = ethernet("0800", packet)
        for _ in 0..<8 { frame = ethernet("88E7", hex("00000001") + frame) }
        #expect(Decoded(frame).kind == .tcp)
        #expect(Decoded(ethernet("88E7", hex("00000001") + frame)).error == .carrierTooDeep)
    }

    @Test func `any bytes behind any carrier are decoded without a trap`() {
        var random = SeededGenerator(seed: 11)
        let types = ["8847", "8864", "88E7", "0030", "8848"]
        let links: [LinkType] = [.ppp, .pppHDLC, .ciscoHDLC, .wireless, .radiotap, .ethernet]
        for _ in 0..<30_000 {
            let bytes = (0..<Int(random.next() % 70)).map { _ in UInt8(random.next() & 0xFF) }
            let type = types[Int(random.next() % 5)]
            _ = Decoded(ethernet(type, bytes))
            _ = Decoded(bytes, linkType: links[Int(random.next() % 6)])
        }
    }
}

struct NFLOGTests {
    private let packet = PacketBuilder(linkType: .raw).frame(TCPSegment(payload: [1, 2, 3]))

    /// Attributes of a hook and a prefix, then the packet.
    private func frame(isBigEndian: Bool) -> [UInt8] {
        func attribute(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
            let length = UInt8(value.count + 4)
            let header: [UInt8] = isBigEndian ? [0, length, 0, type] : [length, 0, type, 0]
            return header + value + [UInt8](repeating: 0, count: -value.count & 3)
        }
        return [2, 0, 0, 5] + attribute(1, [8, 0, 1, 0]) + attribute(10, [65, 66, 0])
            + attribute(9, packet)
    }

    @Test(arguments: [false, true])
    func `NFLOG names the packet among its attributes`(isBigEndian: Bool) {
        let frame = frame(isBigEndian: isBigEndian)
        let decoded = Decoded(frame, linkType: .nflog)
        #expect(decoded.kind == .tcp && decoded.packet.l3 == 24 && decoded.payload == [1, 2, 3])
        for count in 0..<24 {
            let cut = Decoded(Array(frame.prefix(count)), linkType: .nflog)
            #expect(cut.error == .carrierTruncated, "cut at \(count)")
        }
    }

    @Test func `an attribute that leads nowhere ends the list`() {
        #expect(Decoded(hex("0200 0005 0000 0100"), linkType: .nflog).error == .carrierTruncated)
        #expect(Decoded(hex("0200 0005 0800 0900 11223344"), linkType: .nflog).kind == .nonIP)
    }
}

struct ServiceHeaderTests {
    private let packet = PacketBuilder(linkType: .raw).frame(TCPSegment())
    private let addresses = [UInt8](repeating: 2, count: 12)

    @Test func `a network service header is skipped`() {
        let path = hex("0FC6 0101 0000 01FF") + [UInt8](repeating: 0, count: 16)
        let ip = Decoded(addresses + hex("894F") + path + packet)
        #expect(ip.kind == .tcp && ip.packet.l3 == 14 + 24)
        let ethernet = hex("0FC2 0203 0000 01FF") + addresses + hex("0800") + packet
        #expect(Decoded(addresses + hex("894F") + ethernet).packet.l3 == 14 + 8 + 14)
        #expect(Decoded(addresses + hex("894F 0FC1 0101 0000 01FF")).error == .carrierTruncated)
        #expect(Decoded(addresses + hex("894F 0FC2 01")).error == .carrierTruncated)
    }

    @Test func `a security group tag is skipped`() {
        let tag = hex("8909 0101 0001 0064 0800")
        #expect(Decoded(addresses + tag + packet).packet.l3 == 22)
        #expect(Decoded(addresses + hex("8909 01FF 0001 0064 0800")).error == .carrierTruncated)
    }
}
