// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// A part of an IP packet: what its headers say (RFC 791, section 3.2; RFC 8200, section 4.5).
public struct IPFragment: Sendable {
    /// Where its bytes belong in what the whole packet carries.
    public let offset: Int
    /// How many these are.
    public let length: Int
    /// Not the last part.
    public let hasMore: Bool
    /// What all parts of a packet have in common, next to addresses and, for IPv4, the protocol.
    public let identification: UInt32
    /// Bytes of the IP header, IPv6 extension headers before the fragment header included, which the whole packet begins
    /// with.
    public let headerLength: Int
    /// IPv6: where, from the IP header on, the number stands that announces the fragment header.
    public let nextHeaderField: Int

    /// Reads the part that `packet`, decoded from `bytes` as ``PacketKind/fragment``, is.
    public init(_ packet: mos_packet, _ bytes: ByteView) {
        let at = Int(packet.l3)
        let payload = Int(packet.payload)
        length = Int(packet.wire_payload_len)
        if packet.ip_version == 4 {
            let field = bytes.u16(at + 6)
            offset = Int(field & 0x1FFF) * 8
            hasMore = field & 0x2000 != 0
            identification = UInt32(bytes.u16(at + 4))
            headerLength = payload - at
            nextHeaderField = 0
        } else {
            // The decoder stops right behind the fragment header.
            let header = payload - 8
            let field = bytes.u16(header + 2)
            offset = Int(field & 0xFFF8)
            hasMore = field & 1 != 0
            identification = bytes.u32(header + 4)
            headerLength = header - at
            nextHeaderField = Self.lastNextHeader(bytes.slice(at, header - at))
        }
    }

    /// One past its last byte.
    public var end: Int { offset + length }

    /// Walks the extension headers in `header`, which the decoder has found sound.
    private static func lastNextHeader(_ header: ByteView) -> Int {
        var field = 6
        var at = IPv6Header.length
        while at + 2 <= header.count {
            let length = IPv6Extensions.length(of: header[field], field: header[at + 1])
            field = at
            at += length
        }
        return field
    }

    /// The checksum of an IPv4 header whose own field is 0 (RFC 1071).
    public static func checksum(ofHeader header: ByteView) -> UInt16 {
        // The sum is in memory order.
        UInt16(bigEndian: ~Checksum.fold(header.onesComplementSum(0, header.count)))
    }
}
