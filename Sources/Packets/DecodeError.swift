// SPDX-License-Identifier: BSD-2-Clause

/// Why a frame could not be decoded to its end; each case has its own counter.
///
/// Raw values count up from 0, so that a worker counts in an array that `rawValue` indexes.
public enum DecodeError: Int, Error, CaseIterable, Sendable {
    /// The capture names a link layer that nothing here decodes.
    case linkUnknown
    /// Fewer than the 14 bytes of an Ethernet header.
    case ethernetTruncated
    /// The frame ends within a VLAN tag.
    case vlanTruncated
    /// More VLAN tags than ``VLAN/maximumDepth``.
    case vlanTooManyTags
    /// The frame ends within what carries IP over the link: MPLS, PPP, PPPoE, PBB, C-HDLC, 802.11, NFLOG.
    case carrierTruncated
    /// More carriers than ``Carrier/maximumDepth``, or more MPLS labels than ``Carrier/maximumLabels``.
    case carrierTooDeep
    /// The packet ends within a tunnel's header.
    case tunnelTruncated
    /// More tunnels within each other than ``TunnelPath/capacity``.
    case tunnelTooDeep
    /// The checksum of a GRE packet is wrong.
    case tunnelBadChecksum
    /// Fewer than the 16 or 20 bytes of a Linux cooked header.
    case cookedTruncated
    /// Fewer than the 4 bytes of a BSD loopback header.
    case loopbackTruncated
    /// A raw IP frame without a byte.
    case rawTruncated
    /// The version field is not the one that the layer below announced.
    case ipVersion
    /// The frame ends within the IPv4 header.
    case ipv4Truncated
    /// An IPv4 header length below 20 bytes.
    case ipv4HeaderLength
    /// A list of IPv4 options with a length that leads nowhere or that its kind never has.
    case ipv4Options
    /// An IPv4 total length below the header length.
    case ipv4TotalLength
    /// The IPv4 header checksum is wrong.
    case ipv4BadChecksum
    /// The frame ends within the 40 bytes of the IPv6 header.
    case ipv6Truncated
    /// The packet ends within an IPv6 extension header, or an authentication header of either version.
    case ipv6ExtensionTruncated
    /// More extension headers than ``IPv6Extensions/limit``.
    case ipv6TooManyExtensions
    /// The packet ends within the TCP header.
    case tcpTruncated
    /// A TCP data offset below 20 bytes or beyond the packet.
    case tcpHeaderLength
    /// The packet ends within the UDP header.
    case udpTruncated
    /// A UDP length below 8 bytes or beyond the packet.
    case udpLength
    /// The packet ends within the 8 bytes of an ICMP header.
    case icmpTruncated
}

extension DecodeError: CustomStringConvertible {
    /// The counter's name; stable, since scripts and dashboards read it.
    public var description: String {
        switch self {
        case .linkUnknown: "link_unknown"
        case .ethernetTruncated: "ethernet_truncated"
        case .vlanTruncated: "vlan_truncated"
        case .vlanTooManyTags: "vlan_too_many_tags"
        case .carrierTruncated: "carrier_truncated"
        case .carrierTooDeep: "carrier_too_deep"
        case .tunnelTruncated: "tunnel_truncated"
        case .tunnelTooDeep: "tunnel_too_deep"
        case .tunnelBadChecksum: "tunnel_bad_checksum"
        case .cookedTruncated: "cooked_truncated"
        case .loopbackTruncated: "loopback_truncated"
        case .rawTruncated: "raw_truncated"
        case .ipVersion: "ip_version"
        case .ipv4Truncated: "ipv4_truncated"
        case .ipv4HeaderLength: "ipv4_header_length"
        case .ipv4Options: "ipv4_options"
        case .ipv4TotalLength: "ipv4_total_length"
        case .ipv4BadChecksum: "ipv4_bad_checksum"
        case .ipv6Truncated: "ipv6_truncated"
        case .ipv6ExtensionTruncated: "ipv6_extension_truncated"
        case .ipv6TooManyExtensions: "ipv6_too_many_extensions"
        case .tcpTruncated: "tcp_truncated"
        case .tcpHeaderLength: "tcp_header_length"
        case .udpTruncated: "udp_truncated"
        case .udpLength: "udp_length"
        case .icmpTruncated: "icmp_truncated"
        }
    }
}
