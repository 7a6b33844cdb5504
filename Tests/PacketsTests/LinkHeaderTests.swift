// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct LinkHeaderTests {
    @Test(
        arguments: [0, 14, 101, 12, 108, 113, 228, 276].map { LinkType(rawValue: $0) },
        [IPFields.ipv4.source]
    )
    func `an IPv4 segment is found behind every link layer`(type: LinkType, source: IPAddress) {
        let frame = PacketBuilder(linkType: type).frame(TCPSegment(seq: 7))
        let decoded = Decoded(frame, linkType: type)
        #expect(decoded.kind == .tcp)
        #expect(decoded.packet.seq == 7)
        #expect(decoded.source == source.description)
        #expect(decoded.packet.ethertype == 0x0800)
        #expect(decoded.packet.link == UInt8(truncatingIfNeeded: type.rawValue))
    }

    @Test func `an unknown link layer is its own error`() {
        let decoded = Decoded([1, 2, 3], linkType: LinkType(rawValue: 147))
        #expect(decoded.error == .linkUnknown)
        #expect(decoded.packet.caplen == 3 && decoded.packet.l3 == -1 && decoded.packet.l4 == -1)
    }

    @Test(
        arguments: [
            (LinkType.ethernet, 14, DecodeError.ethernetTruncated),
            (.linuxCooked, 16, .cookedTruncated),
            (.linuxCooked2, 20, .cookedTruncated),
            (.null, 4, .loopbackTruncated),
            (.loop, 4, .loopbackTruncated),
            (.raw, 1, .rawTruncated),
        ]
    )
    func `a frame shorter than its link layer is truncated`(
        type: LinkType,
        length: Int,
        error: DecodeError
    ) {
        for count in 0..<length {
            let frame = [UInt8](repeating: 0x45, count: count)
            #expect(Decoded(frame, linkType: type).error == error)
        }
    }

    @Test(arguments: [(LinkType.ipv4, IPFields.ipv6.source), (.ipv6, IPFields.ipv4.source)])
    func `a packet of the version that the link layer excludes is refused`(
        type: LinkType,
        source: IPAddress
    ) {
        let ip = source.version == 4 ? IPFields.ipv4 : .ipv6
        let frame = PacketBuilder(linkType: type, ip: ip).frame(TCPSegment())
        #expect(Decoded(frame, linkType: type).error == .ipVersion)
    }
}
