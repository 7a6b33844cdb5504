// SPDX-License-Identifier: BSD-2-Clause

/// IEEE 802.3 frames: destination (6), source (6), EtherType or length (2).
enum Ethernet {
    static var headerLength: Int { 14 }

    @inline(__always)
    static func header(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= headerLength else { throw .ethernetTruncated }
        let header = LinkHeader(etherType: bytes.u16(12), length: headerLength)
        if header.etherType == EtherType.ipv4 { return header }
        return EtherType.isTag(header.etherType) ? try VLAN.skipTags(header, bytes) : header
    }

    /// The frame within another that begins at `start`; `vlan` is the innermost tag before it.
    static func header(
        _ bytes: ByteView,
        at start: Int,
        vlan: UInt16
    ) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= start + headerLength else { throw .tunnelTruncated }
        return LinkHeader(
            etherType: bytes.u16(start + 12),
            vlan: vlan,
            length: start + headerLength
        )
    }
}
