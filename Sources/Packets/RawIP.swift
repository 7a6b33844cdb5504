// SPDX-License-Identifier: BSD-2-Clause

/// Frames that begin with an IP header; its version field tells which.
enum RawIP {
    static func header(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count > 0 else { throw .rawTruncated }
        switch bytes[0] >> 4 {
        case 4: return LinkHeader(etherType: EtherType.ipv4, length: 0)
        case 6: return LinkHeader(etherType: EtherType.ipv6, length: 0)
        default: throw .ipVersion
        }
    }
}
