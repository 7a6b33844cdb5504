// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Packets

struct ICMPQuoteTests {
    /// What an error of `builder` that quotes `packet` says.
    private func quote(
        _ packet: [UInt8],
        type: UInt8 = 3,
        _ builder: PacketBuilder = PacketBuilder(),
        captured: Int = .max
    ) -> ICMPQuote? {
        let frame = builder.frame(ICMPMessage(type: type, code: 3, payload: packet))
        return quote(frame: Array(frame.prefix(captured)), wireLength: frame.count)
    }

    private func quote(frame bytes: [UInt8], wireLength: Int) -> ICMPQuote? {
        let packet = Decoded(bytes, wireLength: wireLength).packet
        return ByteView.of(bytes) { ICMPQuote(packet, $0) }
    }

    private func ip(_ fields: IPFields = .ipv4) -> PacketBuilder {
        PacketBuilder(linkType: .raw, ip: fields)
    }

    private func text(_ quote: ICMPQuote?) -> String {
        guard let quote else { return "nothing" }
        let source = IPAddress(quote.source, version: quote.version)
        let destination = IPAddress(quote.destination, version: quote.version)
        let ports = quote.ports.map { "\($0.source) \($0.destination)" } ?? "-"
        return "\(quote.proto) \(source) \(destination) \(ports)"
    }

    @Test func `addresses, protocol and ports of the quoted packet`() {
        #expect(text(quote(ip().frame(UDPDatagram()))) == "17 10.0.0.1 10.0.0.2 40000 53")
        #expect(text(quote(ip().frame(TCPSegment()))) == "6 10.0.0.1 10.0.0.2 40000 80")
        let echo = quote(ip().frame(ICMPMessage(rest: 0x1234_0001)))
        #expect(text(echo) == "1 10.0.0.1 10.0.0.2 8 0")
        #expect(echo?.icmpRest == 0x1234)
        #expect(text(quote(ip().frame(47, [1, 2, 3, 4, 5, 6, 7, 8]))) == "47 10.0.0.1 10.0.0.2 -")
    }

    @Test func `eight bytes behind an IPv4 header with options are enough`() {
        var fields = IPFields.ipv4
        fields.options = [7, 7, 4, 0, 0, 0, 0]
        let packet = ip(fields).frame(UDPDatagram(payload: [1, 2, 3]))
        #expect(text(quote(Array(packet.prefix(36)))) == "17 10.0.0.1 10.0.0.2 40000 53")
    }

    @Test func `IPv6, extension headers included`() {
        let error = PacketBuilder(ip: .ipv6)
        var fields = IPFields.ipv6
        let plain = ip(fields).frame(UDPDatagram())
        #expect(text(quote(plain, type: 2, error)) == "17 2001:db8::1 2001:db8::2 40000 53")
        fields.extensions = [.destinationOptions()]
        let packet = ip(fields).frame(UDPDatagram())
        #expect(text(quote(packet, type: 1, error)) == "17 2001:db8::1 2001:db8::2 40000 53")
        #expect(text(quote(plain, type: 128, error)) == "nothing")
    }

    @Test func `only errors quote`() {
        let packet = ip().frame(UDPDatagram())
        for type in 0...255 as ClosedRange<UInt8> {
            let quotes = text(quote(packet, type: type)) != "nothing"
            #expect(quotes == [3, 4, 5, 11, 12].contains(type), "type \(type)")
        }
        #expect(
            text(quote(frame: PacketBuilder().frame(UDPDatagram()), wireLength: 42)) == "nothing"
        )
    }

    @Test func `a later fragment has no ports, the first has`() {
        var fields = IPFields.ipv4
        fields.doesNotFragment = false
        fields.hasMoreFragments = true
        #expect(text(quote(ip(fields).frame(UDPDatagram()))) == "17 10.0.0.1 10.0.0.2 40000 53")
        fields.fragmentOffset = 100
        #expect(text(quote(ip(fields).frame(UDPDatagram()))) == "17 10.0.0.1 10.0.0.2 -")
    }

    @Test func `a quote that the capture or its sender cut is believed as far as it goes`() {
        let packet = ip().frame(UDPDatagram())
        // Ethernet, IPv4, ICMP, then the quote.
        let start = 14 + 20 + 8
        for length in 0...28 {
            let expected =
                length < 20
                ? "nothing" : "17 10.0.0.1 10.0.0.2 " + (length < 24 ? "-" : "40000 53")
            #expect(text(quote(Array(packet.prefix(length)))) == expected, "\(length) bytes sent")
            #expect(text(quote(packet, captured: start + length)) == expected, "\(length) captured")
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `any bytes are safe to quote`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let isIPv6 = random.next() & 1 == 0
            var packet = ip(isIPv6 ? .ipv6 : .ipv4).frame(UDPDatagram(payload: [0, 44, 60, 0]))
            for _ in 0..<Int(random.next() % 6) {
                packet[Int(random.next() % UInt64(packet.count))] = UInt8(
                    truncatingIfNeeded: random.next()
                )
            }
            let cut = Array(packet.prefix(Int(random.next() % UInt64(packet.count + 1))))
            let builder = PacketBuilder(ip: random.next() & 1 == 0 ? .ipv6 : .ipv4)
            let found = quote(cut, type: UInt8(random.next() % 13), builder)
            if let upper = found?.upper, let header = found?.header {
                #expect(upper >= header + 20 && upper < header + cut.count, "seed \(seed)")
            }
        }
    }
}
