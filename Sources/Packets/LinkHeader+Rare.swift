// SPDX-License-Identifier: BSD-2-Clause

/// Link layers that are seldom captured, most of them a few bytes ahead of another one (tcpdump.org/linktypes).
extension LinkHeader {
    static func rare(_ bytes: ByteView, _ type: LinkType) throws(DecodeError) -> LinkHeader {
        switch type {
        case .pppWithDirection: return try PPP.header(bytes, at: 1)
        case .ciscoHDLCWithDirection:
            guard bytes.count >= 5 else { throw .carrierTruncated }
            return LinkHeader(etherType: bytes.u16(3), length: 5)
        case .pppEther: return LinkHeader(etherType: EtherType.pppoe, length: 0)
        // A length instead of an EtherType: LLC follows.
        case .atmRFC1483: return LinkHeader(etherType: EtherType.none, length: 0)
        case .pflog: return try pflog(bytes)
        // Address family, SPI, flags; 4 bytes each.
        case .enc: return try rawIP(bytes, at: 12)
        case .prism, .avs: return try wireless(bytes)
        case .ppi: return try ppi(bytes)
        default: throw .linkUnknown
        }
    }

    /// Length of the header without padding to 4 bytes (1), then what the filter decided.
    private static func pflog(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= 1, bytes[0] >= 4 else { throw .carrierTruncated }
        return try rawIP(bytes, at: (Int(bytes[0]) + 3) & ~3)
    }

    /// IP whose version field tells which.
    private static func rawIP(_ bytes: ByteView, at offset: Int) throws(DecodeError) -> LinkHeader {
        guard bytes.count > offset else { throw .carrierTruncated }
        switch bytes[offset] >> 4 {
        case 4: return LinkHeader(etherType: EtherType.ipv4, length: offset)
        case 6: return LinkHeader(etherType: EtherType.ipv6, length: offset)
        default: return LinkHeader(etherType: EtherType.unknown, length: offset)
        }
    }

    /// IEEE 802.11 behind a header with its length in the second word.
    ///
    /// AVS: magic 0x8021 and version (4), length (4), big-endian. Prism: message code (4), length (4), in the writer's order.
    private static func wireless(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= 8 else { throw .carrierTruncated }
        let read = bytes.u32(4)
        // No such header is longer than 64 KB, so the other byte order gives itself away.
        let length = Int(read > 0xFFFF ? read.byteSwapped : read)
        guard length >= 8, length <= bytes.count else { throw .carrierTruncated }
        return try WirelessLAN.header(bytes, at: length)
    }

    /// Version (1), flags (1), length (2), link type (4), little-endian; fields; then a frame of that link type.
    private static func ppi(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= 8 else { throw .carrierTruncated }
        let length = Int(bytes.u16(2).byteSwapped)
        let type = LinkType(rawValue: UInt16(truncatingIfNeeded: bytes.u32(4).byteSwapped))
        guard length >= 8, length <= bytes.count else { throw .carrierTruncated }
        guard type != .ppi else { throw .linkUnknown }
        let inner = bytes.slice(length, bytes.count - length)
        var header = try LinkHeader(inner, type)
        header.length += length
        return header
    }
}
