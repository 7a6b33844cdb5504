// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The IPv6 header (RFC 8200, section 3): version, class and flow label (4), payload length (2),
/// next header (1), hop limit (1), source (16), destination (16).
enum IPv6Header {
    static var length: Int { 40 }
}

extension PacketDecoder {
    /// Reads the IPv6 header at `packet.l3` and the extension headers behind it.
    @inline(never)
    func ipv6(
        _ frame: Frame,
        _ packet: inout mos_packet
    ) throws(DecodeError) -> Datagram {
        let bytes = frame.bytes
        let at = Int(packet.l3)
        guard bytes.count - at >= IPv6Header.length else { throw .ipv6Truncated }
        let first = UInt64(bigEndian: bytes.raw64(at))
        guard first >> 60 == 6 else { throw .ipVersion }

        packet.src = mos_addr(a: bytes.raw64(at + 8), b: bytes.raw64(at + 16))
        packet.dst = mos_addr(a: bytes.raw64(at + 24), b: bytes.raw64(at + 32))
        packet.proto = UInt8(truncatingIfNeeded: first >> 8)
        packet.setIP(version: 6)

        // 0 is a jumbogram (RFC 2675) or a large segment that the sender had not cut yet.
        let payloadLength = Int((first >> 16) & 0xFFFF)
        let start = at + IPv6Header.length
        var datagram = Datagram(
            proto: packet.proto,
            start: start,
            length: payloadLength == 0 ? frame.onWire - start : payloadLength,
            frame: bytes
        )
        datagram.hasInferredLength = payloadLength == 0
        datagram.isShort = start + payloadLength > frame.onWire
        // The ECN field of the traffic class (RFC 3168 section 5).
        if first >> 52 & 3 == 3 { datagram.set(MOS_PKT_CE) }
        if IPv6Extensions.isExtension(packet.proto) {
            datagram.set(MOS_PKT_EXT_HEADERS)
            try IPv6Extensions.skip(&datagram, bytes)
            packet.proto = datagram.proto
        }
        return datagram
    }
}
