// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The packet that an ICMP error quotes: its IP header and at least 8 bytes behind it (RFC 792; RFC 4443, section 2.4).
///
/// Whoever the error reaches has sent it. Its checksums and lengths are not looked at: routers cut and change both.
public struct ICMPQuote: Sendable {
    /// 4 or 6.
    public let version: UInt8
    /// The protocol behind extension headers.
    public let proto: UInt8
    /// Who sent it.
    public let source: mos_addr
    /// Where it was going.
    public let destination: mos_addr
    /// Where its IP header begins, counted from the first byte of the frame.
    public let header: Int
    /// Where what it carries begins; nil when that is not quoted, or a later fragment.
    public let upper: Int?
    /// Source and destination port, for ICMP type and code; nil for other protocols, and without ``upper``.
    public let ports: (source: UInt16, destination: UInt16)?
    /// Bytes 4 and 5 of a quoted ICMP message, where its identifier stands; else 0.
    public let icmpRest: UInt16

    /// What `packet`, which was decoded from `frame`, quotes; nil when it is no ICMP error, or its quote is broken.
    public init?(_ packet: mos_packet, _ frame: ByteView) {
        guard Self.isError(packet) else { return nil }
        let at = Int(packet.payload)
        let bytes = frame.slice(0, at + Int(packet.payload_len))
        header = at
        version = packet.ip_version
        let datagram = version == 4 ? Self.ipv4(bytes, at) : Self.ipv6(bytes, at)
        guard let datagram else { return nil }
        if version == 4 {
            source = .ipv4InMemoryOrder(bytes.raw32(at + 12))
            destination = .ipv4InMemoryOrder(bytes.raw32(at + 16))
        } else {
            source = mos_addr(a: bytes.raw64(at + 8), b: bytes.raw64(at + 16))
            destination = mos_addr(a: bytes.raw64(at + 24), b: bytes.raw64(at + 32))
        }
        proto = datagram.proto
        upper = datagram.isFragment || datagram.captured == 0 ? nil : datagram.start
        let isICMP = proto == (version == 4 ? IPProtocol.icmp : IPProtocol.icmpv6)
        let start = datagram.start
        if upper == nil || datagram.captured < (isICMP ? ICMPHeader.length : 4) {
            ports = nil
            icmpRest = 0
        } else if isICMP {
            ports = (UInt16(bytes[start]), UInt16(bytes[start + 1]))
            icmpRest = bytes.u16(start + 4)
        } else {
            let hasPorts = proto == IPProtocol.tcp || proto == IPProtocol.udp
            ports = hasPorts ? (bytes.u16(start), bytes.u16(start + 2)) : nil
            icmpRest = 0
        }
    }

    /// Destination unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792); types 1 to 4 of
    /// ICMPv6 (RFC 4443, section 2.1).
    private static func isError(_ packet: mos_packet) -> Bool {
        guard packet.flags & UInt32(MOS_PKT_HAS_TRANSPORT) != 0 else { return false }
        switch (packet.ip_version, packet.proto) {
        case (4, IPProtocol.icmp): return [3, 4, 5, 11, 12].contains(packet.sport)
        case (6, IPProtocol.icmpv6): return packet.sport >= 1 && packet.sport <= 4
        default: return false
        }
    }

    private static func ipv4(_ bytes: ByteView, _ at: Int) -> Datagram? {
        guard bytes.count - at >= IPv4Header.minimumLength, bytes[at] >> 4 == 4 else { return nil }
        let length = Int(bytes[at] & 15) * 4
        guard length >= IPv4Header.minimumLength, length <= bytes.count - at else { return nil }
        let start = at + length
        var datagram = Datagram(
            proto: bytes[at + 9],
            start: start,
            length: bytes.count - start,
            frame: bytes
        )
        // The first fragment has the ports, the others have not.
        if bytes.u16(at + 6) & 0x1FFF != 0 { datagram.set(MOS_PKT_FRAGMENT) }
        return datagram
    }

    private static func ipv6(_ bytes: ByteView, _ at: Int) -> Datagram? {
        guard bytes.count - at >= IPv6Header.length, bytes[at] >> 4 == 6 else { return nil }
        let start = at + IPv6Header.length
        var datagram = Datagram(
            proto: bytes[at + 6],
            start: start,
            length: bytes.count - start,
            frame: bytes
        )
        // Cut within an extension header: what follows is not known.
        guard (try? IPv6Extensions.skip(&datagram, bytes)) != nil else { return nil }
        return datagram
    }
}
