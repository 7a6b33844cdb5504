// SPDX-License-Identifier: BSD-2-Clause

/// What follows a link layer header, by its IEEE 802 number.
enum EtherType {
    /// Stands for "no number": what follows is not IP.
    static var none: UInt16 { 0 }
    static var ipv4: UInt16 { 0x0800 }
    static var ipv6: UInt16 { 0x86DD }
    /// IEEE 802.1Q.
    static var vlan: UInt16 { 0x8100 }
    /// IEEE 802.1ad, the outer tag of QinQ.
    static var serviceVLAN: UInt16 { 0x88A8 }
    /// QinQ as it was done before 802.1ad.
    static var oldQinQ: UInt16 { 0x9100 }
    static var olderQinQ: UInt16 { 0x9200 }

    @inline(__always)
    static func isTag(_ value: UInt16) -> Bool {
        value == vlan || value == serviceVLAN || value == oldQinQ || value == olderQinQ
    }
}
