// SPDX-License-Identifier: BSD-2-Clause

/// What Linux hands out for "any" interface, in two versions.
///
/// Version 1: packet type (2), ARPHRD (2), address length (2), address (8), protocol (2).
/// Version 2: protocol (2), reserved (2), interface (4), ARPHRD (2), packet type (1), address
/// length (1), address (8).
/// Source: tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and LINKTYPE_LINUX_SLL2.html.
enum LinuxCooked {
    static var headerLength: Int { 16 }
    static var headerLength2: Int { 20 }

    static func header(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= headerLength else { throw .cookedTruncated }
        let type = etherType(bytes.u16(14), device: bytes.u16(2))
        return try VLAN.skipTags(LinkHeader(etherType: type, length: headerLength), bytes)
    }

    static func header2(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= headerLength2 else { throw .cookedTruncated }
        let type = etherType(bytes.u16(0), device: bytes.u16(8))
        return try VLAN.skipTags(LinkHeader(etherType: type, length: headerLength2), bytes)
    }

    /// The protocol field is an EtherType unless the device is one of these (ARPHRD_* of Linux).
    private static func etherType(_ value: UInt16, device: UInt16) -> UInt16 {
        switch device {
        case 770, 778, 803, 824: EtherType.none  // frame relay, GRE, radiotap, netlink
        default: value
        }
    }
}
