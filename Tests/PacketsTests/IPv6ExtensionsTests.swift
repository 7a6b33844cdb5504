// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct IPv6ExtensionsTests {
    private func chain(_ extensions: IPv6Extension...) -> PacketBuilder {
        var ip = IPFields.ipv6
        ip.extensions = extensions
        return PacketBuilder(ip: ip)
    }

    @Test func `a chain of all kinds leads to the segment`() {
        let builder = chain(
            .hopByHop(blocks: 3),
            .destinationOptions(),
            .routing(segmentsLeft: 0, ["2001:db8::99"]),
            .fragment(),
            .authentication,
            .destinationOptions(blocks: 40)
        )
        let decoded = Decoded(builder.frame(TCPSegment(seq: 11, payload: [1, 2])))
        #expect(decoded.kind == .tcp && decoded.checksum == .good)
        #expect(decoded.packet.proto == 6 && decoded.packet.seq == 11)
        #expect(decoded.packet.l4 == Int32(14 + 40 + 24 + 8 + 24 + 8 + 24 + 320))
        #expect(decoded.has(MOS_PKT_EXT_HEADERS) && !decoded.has(MOS_PKT_FRAGMENT))
        #expect(decoded.payload == [1, 2])
    }

    @Test func `a chain is bounded`() {
        var ip = IPFields.ipv6
        ip.extensions = [IPv6Extension](repeating: .destinationOptions(), count: 16)
        #expect(Decoded(PacketBuilder(ip: ip).frame(TCPSegment())).kind == .tcp)
        ip.extensions.append(.destinationOptions())
        let decoded = Decoded(PacketBuilder(ip: ip).frame(TCPSegment()))
        #expect(decoded.error == .ipv6TooManyExtensions)
    }

    @Test func `a packet that ends within an extension header is truncated`() {
        let frame = chain(.hopByHop(blocks: 2), .authentication).frame(TCPSegment())
        for count in 54..<(54 + 16 + 24) where count != 54 + 16 {
            #expect(Decoded(Array(frame.prefix(count))).error == .ipv6ExtensionTruncated)
        }
        let lying = chain(.hopByHop()).frame(TCPSegment()).with([200], at: 55)
        #expect(Decoded(lying).error == .ipv6ExtensionTruncated)
    }

    @Test func `an extension header beyond the payload length is not read`() {
        var ip = IPFields.ipv6
        ip.extensions = [.hopByHop(blocks: 2)]
        ip.length = 12
        let frame = PacketBuilder(ip: ip).frame(TCPSegment())
        #expect(Decoded(frame).error == .ipv6ExtensionTruncated)
    }

    @Test(arguments: [(UInt16(0), true), (100, true), (100, false)])
    func `a fragment has no transport header`(offset: UInt16, hasMore: Bool) {
        let builder = chain(.hopByHop(), .fragment(offset: offset, hasMore: hasMore))
        let decoded = Decoded(builder.frame(TCPSegment(payload: [1])))
        #expect(decoded.result == DecodeResult(.fragment))
        #expect(decoded.has(MOS_PKT_FRAGMENT) && decoded.packet.proto == 6)
        #expect(decoded.packet.l4 == 14 + 40 + 8 + 8 && decoded.packet.payload_len == 21)
    }

    @Test func `extension headers behind a fragment header belong to the fragments`() {
        let builder = chain(.fragment(offset: 0, hasMore: true), .destinationOptions())
        let decoded = Decoded(builder.frame(TCPSegment()))
        #expect(decoded.kind == .fragment && decoded.packet.proto == IPProtocol.destinationOptions)
    }

    @Test(arguments: [UInt8(0), 2, 4])
    func `the checksum covers the final destination of a routing header`(type: UInt8) {
        let hops: [IPAddress] = type == 2 ? ["2001:db8::7"] : ["2001:db8::7", "2001:db8::8"]
        let header = IPv6Extension.routing(type: type, segmentsLeft: 1, hops)
        let frame = chain(header).frame(TCPSegment(payload: [9]))
        #expect(Decoded(frame).checksum == .good)
        // As if all hops had been made: the header's own destination counts, and the sum is wrong.
        #expect(Decoded(frame.with([0], at: 57)).checksum == .bad)
    }

    @Test func `the checksum covers the home address of a mobile node`() {
        // A SYN from 2001:78:1:32::1 by way of its care-of address, made by another program.
        let packet = hex(
            """
            6000 0000 002c 3c40 2001 0db8 0004 0007 02e0 81ff fe52 ffff
            2001 0db8 0004 0007 02e0 81ff fe52 9a6b
            0602 0102 0000 c910 2001 0078 0001 0032 0000 0000 0000 0001
            7530 0050 0000 0000 0000 0000 5002 2000 ae53 0000
            """
        )
        let decoded = Decoded(packet, linkType: .ipv6)
        #expect(decoded.result == DecodeResult(.tcp, checksum: .good))
        #expect(decoded.source == "2001:db8:4:7:2e0:81ff:fe52:ffff")
        #expect(Decoded(packet.with([9], at: 46), linkType: .ipv6).checksum == .bad)
    }

    @Test func `behind an unknown kind of routing header no checksum is judged`() {
        let header = IPv6Extension.routing(type: 3, segmentsLeft: 1, ["2001:db8::7"])
        #expect(Decoded(chain(header).frame(TCPSegment())).result == DecodeResult(.tcp))
    }

    @Test func `nothing is read behind no-next-header and ESP`() {
        for proto in [IPProtocol.noNextHeader, IPProtocol.esp] {
            let decoded = Decoded(chain(.hopByHop()).frame(proto, [1]))
            #expect(decoded.kind == .otherIP && decoded.packet.proto == proto)
        }
    }
}
