// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct BSDLoopbackTests {
    @Test(arguments: [UInt8(10), 24, 28, 30], [LinkType.null, .loop])
    func `every system's number for IPv6 is known, in both byte orders`(
        family: UInt8,
        type: LinkType
    ) {
        let frame = PacketBuilder(linkType: type, ip: .ipv6).frame(TCPSegment())
        #expect(Decoded(frame.with([0, 0, 0, family], at: 0), linkType: type).kind == .tcp)
        #expect(Decoded(frame.with([family, 0, 0, 0], at: 0), linkType: type).kind == .tcp)
    }

    @Test(arguments: [false, true])
    func `the byte order of the machine that wrote the frame does not matter`(isBig: Bool) {
        var builder = PacketBuilder(linkType: .null)
        builder.isBigEndian = isBig
        let frame = builder.frame(TCPSegment())
        #expect(frame[isBig ? 3 : 0] == 2)
        #expect(Decoded(frame, linkType: .null).kind == .tcp)
    }

    @Test func `another family is not IP`() {
        let frame = PacketBuilder(linkType: .null).frame(TCPSegment()).with([7, 0, 0, 0], at: 0)
        #expect(Decoded(frame, linkType: .null).kind == .nonIP)
    }
}
