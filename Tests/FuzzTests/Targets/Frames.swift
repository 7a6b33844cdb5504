// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets

@testable import Engine

extension FuzzTarget {
    /// Any bytes as a frame: what is decoded lies within them, with tunnels and without; the straight way says what the
    /// general one does, and so does the plain packet that filters see.
    ///
    ///     link type 1 | bit 7: more bytes were on the wire, low bits: checksum policy 1 | the frame
    public static let frames = FuzzTarget("frames") { input in
        guard input.count >= 2 else { return nil }
        let bytes = input.slice(2, input.count)
        let policies = ChecksumPolicy.allCases
        let policy = policies[Int(input[1] & 0x7F) % policies.count]
        let frame = Frame(
            bytes: bytes,
            wireLength: UInt32(bytes.count + (input[1] > 127 ? 1000 : 0)),
            time: Timestamp(nanoseconds: 1_700_000_000_123_456_789),
            linkType: linkType(input[0])
        )
        for decapsulation in Decapsulation.allCases {
            let decoder = PacketDecoder(checksums: policy, decapsulation: decapsulation)
            if let problem = DecodedFrame(frame, decoder).problem {
                return "\(decapsulation): \(problem)"
            }
        }
        return nil
    } seeds: { frames in
        // Ethernet, and the same from behind its header as bare IP packets.
        frames.prefix(30).flatMap { [[0, 0] + $0, [4, 1] + $0.dropFirst(14)] } + carried
    }

    private static func linkType(_ byte: UInt8) -> LinkType {
        let known: [LinkType] = [
            .ethernet, .null, .rawBSD, .rawOpenBSD, .raw, .loop, .ppp, .pppHDLC, .ciscoHDLC,
            .wireless, .radiotap, .linuxCooked, .ipv4, .ipv6, .linuxCooked2,
        ]
        let index = Int(byte)
        return index < known.count ? known[index] : LinkType(rawValue: UInt16(byte))
    }

    /// Segments in all tunnels, one with extension headers, an error that quotes one.
    private static var carried: [[UInt8]] {
        let kinds: [BuiltTunnel.Kind] = [
            .ip, .gre(key: 1, sequence: 2, hasChecksum: true), .gre(bridging: true),
            .pptp(call: 3, acknowledges: true), .erspan(type: 1), .erspan(type: 2, session: 4),
            .erspan(type: 3, hasSubheader: true), .etherIP, .mpls(label: 5), .vxlan(6),
            .vxlanGPE(7), .vxlanGPE(8, bridging: true), .geneve(9, options: 1),
            .gtp(10, sequence: 11, extensions: [1]), .teredo(hasAuthentication: true),
        ]
        var builders = kinds.map { PacketBuilder(tunnels: [BuiltTunnel($0)]) }
        builders += kinds.prefix(4).map { PacketBuilder(ip: .ipv6, tunnels: [BuiltTunnel($0)]) }
        builders.append(PacketBuilder(tunnels: [BuiltTunnel(.vxlan(1)), BuiltTunnel(.gre())]))
        var extended = IPFields.ipv6
        extended.extensions = [.hopByHop(blocks: 1), .destinationOptions()]
        builders.append(PacketBuilder(ip: extended))
        let segment = TCPSegment(flags: [.ack], payload: [65, 66, 67])
        let quote = Array(PacketBuilder().frame(segment).dropFirst(14))
        return builders.map { [0, 0] + $0.frame(segment) } + [
            [0, 0] + PacketBuilder().frame(ICMPMessage(type: 3, payload: quote)),
            [0, 0] + PacketBuilder(ip: extended).fragment(6, quote, offset: 0, hasMore: false),
        ]
    }
}

/// A frame, decoded in all ways there are.
private struct DecodedFrame {
    private(set) var problem: String?
    private let frame: Frame
    private let decoder: PacketDecoder
    private var packet = mos_packet()
    private let result: DecodeResult

    init(_ frame: Frame, _ decoder: PacketDecoder) {
        self.frame = frame
        self.decoder = decoder
        result = decoder.decode(frame, into: &packet)
        problem =
            outside ?? decodedAgain ?? decodedStraight ?? tunnels ?? plainPacket ?? quote
            ?? fragment
    }

    /// What of the packet points outside of the captured bytes.
    private var outside: String? {
        let count = frame.bytes.count
        let payload = Int(packet.payload)
        let length = Int(packet.payload_len)
        guard payload >= 0, length >= 0, payload + length <= count else {
            return "payload \(payload)+\(length) of \(count)"
        }
        guard (-1...count).contains(Int(packet.l3)), (-1...count).contains(Int(packet.l4)) else {
            return "headers at \(packet.l3) and \(packet.l4) of \(count)"
        }
        guard Int(packet.caplen) == count, packet.wire_payload_len >= UInt32(length) else {
            return "\(packet.caplen) of \(count), payload \(length) of \(packet.wire_payload_len)"
        }
        return nil
    }

    /// What was in a packet before must not show.
    private var decodedAgain: String? {
        var other = mos_packet()
        let full = Frame(
            bytes: frame.bytes,
            wireLength: .max,
            time: Timestamp(nanoseconds: 1),
            linkType: frame.linkType
        )
        _ = PacketDecoder(checksums: .off).decode(full, into: &other)
        other.number = .greatestFiniteMagnitude
        let again = decoder.decode(frame, into: &other)
        if again != result { return "\(result), then \(again)" }
        return areSame(packet, other) ? nil : "\(packet), then \(other)"
    }

    private var decodedStraight: String? {
        var ordinary = mos_packet()
        guard decoder.decodeOrdinary(frame, into: &ordinary) else { return nil }
        if result.kind != .tcp || result.error != nil { return "only the straight way takes it" }
        return areSame(packet, ordinary) ? nil : "\(packet) one way, \(ordinary) the other"
    }

    private var tunnels: String? {
        let path = decoder.tunnelPath(frame)
        let isTunnel = packet.flags & UInt32(MOS_PKT_TUNNEL) != 0
        if isTunnel != (path.count > 0) { return "\(path.count) tunnels, told \(isTunnel)" }
        if decoder.decapsulation == .outer, isTunnel { return "a tunnel is followed" }
        return nil
    }

    /// What filters see of a segment or datagram is the same segment or datagram, and back.
    private var plainPacket: String? {
        guard let plain = PlainPacket() else { return "no memory" }
        let view = plain.view(packet, frame.bytes)
        guard result.error == nil, result.kind == .tcp || result.kind == .udp else { return nil }
        var found = mos_packet()
        decodePlain(view, &found)
        if !isSameFlow(found, packet) { return "\(found) is the plain form of \(packet)" }
        let reversed = plain.reversedView(packet, frame.bytes)
        decodePlain(reversed, &found)
        swap(&found.src, &found.dst)
        swap(&found.sport, &found.dport)
        return isSameFlow(found, packet) ? nil : "\(found) is the reverse of \(packet)"
    }

    private func decodePlain(_ bytes: ByteView, _ found: inout mos_packet) {
        // What the capture cut is missing there too.
        let plain = Frame(
            bytes: bytes,
            wireLength: UInt32(bytes.count) + packet.wire_payload_len - UInt32(packet.payload_len),
            time: frame.time,
            linkType: .raw
        )
        _ = PacketDecoder(checksums: .off, decapsulation: .outer).decode(plain, into: &found)
    }

    private func isSameFlow(_ a: mos_packet, _ b: mos_packet) -> Bool {
        a.ip_version == b.ip_version && a.proto == b.proto && a.sport == b.sport
            && a.dport == b.dport && a.src.a == b.src.a && a.src.b == b.src.b && a.dst.a == b.dst.a
            && a.dst.b == b.dst.b && a.payload_len == b.payload_len
    }

    private var quote: String? {
        guard let quote = ICMPQuote(packet, frame.bytes) else { return nil }
        let bounds = Int(packet.payload)...Int(packet.payload + packet.payload_len)
        guard bounds.contains(quote.header), bounds.contains(quote.upper ?? quote.header) else {
            return "the quote is at \(quote.header), \(quote.upper ?? -1) of \(bounds)"
        }
        return quote.version == packet.ip_version ? nil : "the quote is of another version"
    }

    private var fragment: String? {
        guard result.kind == .fragment else { return nil }
        let part = IPFragment(packet, frame.bytes)
        if part.headerLength < (packet.ip_version == 4 ? 20 : 40) {
            return "a header of \(part.headerLength)"
        }
        return Int(packet.l3) + part.headerLength + part.length
            <= Int(packet.l3) + 65_535 + 40 && part.offset % 8 == 0 ? nil : "a part too long"
    }
}
