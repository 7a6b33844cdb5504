// SPDX-License-Identifier: BSD-2-Clause

/// BSD loopback frames: an address family of 4 bytes, in the order of the machine that wrote them
/// (LINKTYPE_NULL) or in network order (LINKTYPE_LOOP).
enum BSDLoopback {
    static var headerLength: Int { 4 }

    static func header(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= headerLength else { throw .loopbackTruncated }
        let read = bytes.u32(0)
        // No family needs more than 16 bits, so the other byte order gives itself away.
        let family = read > 0xFFFF ? read.byteSwapped : read
        return LinkHeader(etherType: etherType(family), length: headerLength)
    }

    /// AF_INET is 2 everywhere; AF_INET6 differs: Linux 10, NetBSD and OpenBSD 24, FreeBSD 28,
    /// Darwin 30.
    private static func etherType(_ family: UInt32) -> UInt16 {
        switch family {
        case 2: EtherType.ipv4
        case 10, 24, 28, 30: EtherType.ipv6
        default: EtherType.none
        }
    }
}
