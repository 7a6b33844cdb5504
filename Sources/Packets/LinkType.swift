// SPDX-License-Identifier: BSD-2-Clause

/// The link layer of a frame, by the number that capture files carry (tcpdump.org/linktypes).
public struct LinkType: RawRepresentable, Hashable, Sendable {
    /// The LINKTYPE_ value.
    public var rawValue: UInt16

    /// The link layer with that LINKTYPE_ value.
    @inlinable @inline(__always)
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    // Computed, so that a comparison on the packet path is one with a constant in every module.

    /// BSD loopback: the address family in the writer's byte order, then the packet.
    @inlinable public static var null: LinkType { LinkType(rawValue: 0) }
    /// Ethernet.
    @inlinable public static var ethernet: LinkType { LinkType(rawValue: 1) }
    /// Raw IP, the number that some BSDs wrote.
    @inlinable public static var rawBSD: LinkType { LinkType(rawValue: 12) }
    /// Raw IP, the number that OpenBSD wrote.
    @inlinable public static var rawOpenBSD: LinkType { LinkType(rawValue: 14) }
    /// Raw IPv4 or IPv6.
    @inlinable public static var raw: LinkType { LinkType(rawValue: 101) }
    /// OpenBSD loopback: the address family in network byte order.
    @inlinable public static var loop: LinkType { LinkType(rawValue: 108) }
    /// PPP, with or without its address and control bytes.
    @inlinable public static var ppp: LinkType { LinkType(rawValue: 9) }
    /// PPP in HDLC-like framing.
    @inlinable public static var pppHDLC: LinkType { LinkType(rawValue: 50) }
    /// Cisco HDLC.
    @inlinable public static var ciscoHDLC: LinkType { LinkType(rawValue: 104) }
    /// IEEE 802.11 without a header of the capturing machine.
    @inlinable public static var wireless: LinkType { LinkType(rawValue: 105) }
    /// IEEE 802.11 behind a radiotap header.
    @inlinable public static var radiotap: LinkType { LinkType(rawValue: 127) }
    /// PPP behind a byte that tells the direction.
    @inlinable public static var pppWithDirection: LinkType { LinkType(rawValue: 204) }
    /// Cisco HDLC behind a byte that tells the direction.
    @inlinable public static var ciscoHDLCWithDirection: LinkType { LinkType(rawValue: 205) }
    /// PPPoE sessions without their Ethernet header.
    @inlinable public static var pppEther: LinkType { LinkType(rawValue: 51) }
    /// LLC with SNAP, as ATM carries it (RFC 2684).
    @inlinable public static var atmRFC1483: LinkType { LinkType(rawValue: 100) }
    /// OpenBSD's packet filter log.
    @inlinable public static var pflog: LinkType { LinkType(rawValue: 117) }
    /// OpenBSD's IPsec interface.
    @inlinable public static var enc: LinkType { LinkType(rawValue: 109) }
    /// IEEE 802.11 behind a Prism header.
    @inlinable public static var prism: LinkType { LinkType(rawValue: 119) }
    /// IEEE 802.11 behind an AVS header.
    @inlinable public static var avs: LinkType { LinkType(rawValue: 163) }
    /// Per-packet information ahead of any other link layer.
    @inlinable public static var ppi: LinkType { LinkType(rawValue: 192) }
    /// Linux cooked capture, version 1.
    @inlinable public static var linuxCooked: LinkType { LinkType(rawValue: 113) }
    /// Raw IPv4.
    @inlinable public static var ipv4: LinkType { LinkType(rawValue: 228) }
    /// Raw IPv6.
    @inlinable public static var ipv6: LinkType { LinkType(rawValue: 229) }
    /// What Linux's packet filter logs.
    @inlinable public static var nflog: LinkType { LinkType(rawValue: 239) }
    /// Linux cooked capture, version 2.
    @inlinable public static var linuxCooked2: LinkType { LinkType(rawValue: 276) }
}
