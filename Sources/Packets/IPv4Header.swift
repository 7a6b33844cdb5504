// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The 20 fixed bytes of an IPv4 header, loaded at once (RFC 791, section 3.1).
///
/// ```
/// first    version+IHL (1)  TOS (1)  total length (2)  identification (2)  flags+offset (2)
/// second   TTL (1)  protocol (1)  checksum (2)  source (4)
/// third    destination (4)
/// ```
struct IPv4Header {
    static var minimumLength: Int { 20 }

    private let words: Header20

    @inline(__always)
    init(_ bytes: ByteView, at offset: Int) throws(DecodeError) {
        guard bytes.count - offset >= Self.minimumLength else { throw .ipv4Truncated }
        words = bytes.header20(offset)
    }

    private var first: UInt64 { words.first }
    private var second: UInt64 { words.second }

    /// Version 4 without options, as nearly all are.
    var isOrdinary: Bool { first >> 56 == 0x45 }
    var version: UInt64 { first >> 60 }
    var length: Int { Int((first >> 56) & 0xF) * 4 }
    var totalLength: Int { Int((first >> 32) & 0xFFFF) }
    /// More fragments follow, or this one does not start at 0.
    var isFragment: Bool { first & 0x3FFF != 0 }
    /// The ECN field says CE (RFC 3168 section 5).
    var hasMetCongestion: Bool { first >> 48 & 3 == 3 }
    var proto: UInt8 { UInt8(truncatingIfNeeded: second >> 48) }
    var checksum: UInt16 { UInt16(truncatingIfNeeded: second >> 32) }
    var source: mos_addr { .ipv4(UInt32(truncatingIfNeeded: second)) }
    var destination: mos_addr { .ipv4(words.third) }

    /// The sum of the fixed words, not yet folded, as big-endian numbers.
    var sum: UInt64 {
        (first >> 32) &+ (first & 0xFFFF_FFFF) &+ (second >> 32) &+ (second & 0xFFFF_FFFF)
            &+ UInt64(words.third)
    }
}

extension PacketDecoder {
    /// Reads the IPv4 header at `packet.l3`.
    @inline(__always)
    func ipv4(
        _ frame: Frame,
        _ packet: inout mos_packet
    ) throws(DecodeError) -> Datagram {
        let bytes = frame.bytes
        let at = Int(packet.l3)
        let header = try IPv4Header(bytes, at: at)
        if !header.isOrdinary {
            guard header.version == 4 else { throw .ipVersion }
            guard header.length >= IPv4Header.minimumLength else { throw .ipv4HeaderLength }
            guard header.length <= bytes.count - at else { throw .ipv4Truncated }
        }

        packet.src = header.source
        packet.dst = header.destination
        packet.proto = header.proto
        packet.setIP(version: 4)

        // A length of 0 is a large segment that the sender's network card was going to cut.
        let isInferred = header.totalLength == 0
        let total = isInferred ? frame.onWire - at : header.totalLength
        guard total >= header.length else { throw .ipv4TotalLength }

        var datagram = Datagram(
            proto: header.proto,
            start: at + header.length,
            length: total - header.length,
            frame: bytes
        )
        if header.isFragment { datagram.set(MOS_PKT_FRAGMENT) }
        if header.hasMetCongestion { datagram.set(MOS_PKT_CE) }
        datagram.hasInferredLength = isInferred
        datagram.isShort = at + total > frame.onWire
        judge(header, bytes, at, &datagram)
        if header.length > IPv4Header.minimumLength && !datagram.hasBadHeader {
            let options = at + IPv4Header.minimumLength
            if try IPv4Options.leadElsewhere(bytes, options, datagram.start) {
                datagram.destination = .unknown
            }
        }
        if header.proto == IPProtocol.authentication, !datagram.isFragment {
            datagram.set(MOS_PKT_EXT_HEADERS)
            try IPv6Extensions.skipAuthentication(&datagram, bytes)
            packet.proto = datagram.proto
        }
        return datagram
    }

    /// Flags what the header checksum is.
    @inline(__always)
    private func judge(
        _ header: IPv4Header,
        _ bytes: ByteView,
        _ at: Int,
        _ datagram: inout Datagram
    ) {
        if checksums == .off { return }
        var sum = header.sum
        let options = header.length - IPv4Header.minimumLength
        if options > 0 {
            let inMemoryOrder = bytes.onesComplementSum(at + IPv4Header.minimumLength, options)
            sum += UInt64(Checksum.fold(inMemoryOrder).bigEndian)
        }
        if Checksum.fold(sum) == 0xFFFF { return }
        let isOffloaded = checksums == .auto && header.checksum == 0
        datagram.set(
            isOffloaded ? MOS_PKT_OFFLOADED | MOS_PKT_IP_OFFLOADED : MOS_PKT_BAD_CHECKSUM
        )
    }
}
