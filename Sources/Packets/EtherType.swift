// SPDX-License-Identifier: BSD-2-Clause

/// What follows a link layer header, by its IEEE 802 number.
enum EtherType {
    /// Stands for "no number": what follows is not IP.
    static var none: UInt16 { 0 }
    /// A number of nothing that is decoded here.
    static var unknown: UInt16 { 0xFFFF }
    /// Below it the field is a length, and LLC follows (IEEE 802.3).
    static var smallest: UInt16 { 0x0600 }
    static var ipv4: UInt16 { 0x0800 }
    static var ipv6: UInt16 { 0x86DD }
    /// IEEE 802.1Q.
    static var vlan: UInt16 { 0x8100 }
    /// IEEE 802.1ad, the outer tag of QinQ.
    static var serviceVLAN: UInt16 { 0x88A8 }
    /// QinQ as it was done before 802.1ad.
    static var oldQinQ: UInt16 { 0x9100 }
    static var olderQinQ: UInt16 { 0x9200 }

    static var mpls: UInt16 { 0x8847 }
    static var mplsMulticast: UInt16 { 0x8848 }
    /// PPPoE, session stage.
    static var pppoe: UInt16 { 0x8864 }
    /// IEEE 802.1ah, provider backbone bridges.
    static var pbb: UInt16 { 0x88E7 }
    /// RFC 8300, network service header.
    static var nsh: UInt16 { 0x894F }
    /// Cisco MetaData: a security group tag.
    static var metaData: UInt16 { 0x8909 }

    /// An Ethernet frame within GRE or Geneve (RFC 7637).
    static var bridging: UInt16 { 0x6558 }
    /// PPP within GRE (RFC 2637).
    static var ppp: UInt16 { 0x880B }
    static var erspan: UInt16 { 0x88BE }
    static var erspan3: UInt16 { 0x22EB }
    /// A web cache's redirected packets within GRE.
    static var wccp: UInt16 { 0x883E }

    /// VN-Tag of virtual network adapters (IEEE 802.1Qbh draft): 4 bytes.
    static var vnTag: UInt16 { 0x8926 }
    /// IEEE 802.1BR E-Tag: 6 bytes.
    static var eTag: UInt16 { 0x893F }
    /// FabricPath: 2 bytes, then Ethernet.
    static var fabricPath: UInt16 { 0x8903 }

    /// True for what ``Carrier`` looks into.
    @inline(__always)
    static func isCarrier(_ value: UInt16) -> Bool {
        value < smallest || value == mpls || value == mplsMulticast || value == pppoe
            || value == pbb || value == nsh || value == metaData || value == vnTag || value == eTag
            || value == fabricPath
    }

    @inline(__always)
    static func isTag(_ value: UInt16) -> Bool {
        value == vlan || value == serviceVLAN || value == oldQinQ || value == olderQinQ
    }
}
