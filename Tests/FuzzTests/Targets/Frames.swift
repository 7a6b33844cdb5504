// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

extension FuzzTarget {
    /// Any bytes as a frame: what is decoded lies within them, and the straight way says what the general one does.
    ///
    ///     link type 1 | bit 7: more bytes were on the wire, low bits: checksum policy 1 | the frame
    public static let frames = FuzzTarget("frames") { input in
        guard input.count >= 2 else { return nil }
        let bytes = input.slice(2, input.count)
        let policies = ChecksumPolicy.allCases
        let decoder = PacketDecoder(checksums: policies[Int(input[1] & 0x7F) % policies.count])
        let frame = Frame(
            bytes: bytes,
            wireLength: UInt32(bytes.count + (input[1] > 127 ? 1000 : 0)),
            time: Timestamp(nanoseconds: 1_700_000_000_123_456_789),
            linkType: linkType(input[0])
        )
        var packet = mos_packet()
        let result = decoder.decode(frame, into: &packet)
        if let problem = outside(packet, bytes.count) { return problem }
        var ordinary = mos_packet()
        guard decoder.decodeOrdinary(frame, into: &ordinary) else { return nil }
        if result.kind != .tcp || result.error != nil { return "only the straight way takes it" }
        return areSame(packet, ordinary) ? nil : "\(packet) one way, \(ordinary) the other"
    } seeds: { frames in
        // Ethernet, and the same from behind its header as bare IP packets.
        frames.prefix(30).flatMap { [[0, 0] + $0, [4, 1] + $0.dropFirst(14)] }
    }

    private static func linkType(_ byte: UInt8) -> LinkType {
        let known: [LinkType] = [
            .ethernet, .null, .rawBSD, .rawOpenBSD, .raw, .loop, .ppp, .pppHDLC, .ciscoHDLC,
            .wireless, .radiotap, .linuxCooked, .ipv4, .ipv6, .linuxCooked2,
        ]
        let index = Int(byte)
        return index < known.count ? known[index] : LinkType(rawValue: UInt16(byte))
    }

    /// What of a packet points outside of `count` captured bytes.
    private static func outside(_ packet: mos_packet, _ count: Int) -> String? {
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
}
