// SPDX-License-Identifier: BSD-2-Clause

/// What Linux's packet filter logs: address family (1), version (1), resource (2), then attributes.
///
/// An attribute is length (2), type (2), value, padded to 4; the length counts the first four bytes. Both numbers are in
/// the order of the machine that wrote them. Source: tcpdump.org/linktypes/LINKTYPE_NFLOG.html.
enum NFLOG {
    static var headerLength: Int { 4 }
    /// The attribute that holds the packet, from its IP header on.
    static var payload: UInt16 { 9 }

    static func header(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= headerLength else { throw .carrierTruncated }
        var at = headerLength
        while at + 4 <= bytes.count {
            let (length, type) = attribute(bytes, at)
            if type == payload {
                guard at + 4 < bytes.count else { throw .carrierTruncated }
                return LinkHeader(etherType: etherType(bytes[at + 4] >> 4), length: at + 4)
            }
            guard length >= 4 else { throw .carrierTruncated }
            at += (length + 3) & ~3
        }
        throw .carrierTruncated
    }

    /// No type needs its second byte (the two bits above are marks), so the other byte order gives itself away.
    private static func attribute(_ bytes: ByteView, _ at: Int) -> (length: Int, type: UInt16) {
        let length = bytes.u16(at)
        let type = bytes.u16(at + 2)
        if type & 0x00FF != 0, type & 0x3F00 == 0 { return (Int(length), type & 0x00FF) }
        return (Int(length.byteSwapped), type.byteSwapped & 0x3FFF)
    }

    private static func etherType(_ version: UInt8) -> UInt16 {
        switch version {
        case 4: EtherType.ipv4
        case 6: EtherType.ipv6
        default: EtherType.unknown
        }
    }
}
