// SPDX-License-Identifier: BSD-2-Clause

/// Protocol and next header numbers (IANA, "Assigned Internet Protocol Numbers").
public enum IPProtocol {
    /// IPv6 hop-by-hop options.
    public static var hopByHop: UInt8 { 0 }
    /// ICMP for IPv4.
    public static var icmp: UInt8 { 1 }
    /// IPv4 within IP.
    public static var ipv4: UInt8 { 4 }
    /// TCP.
    public static var tcp: UInt8 { 6 }
    /// UDP.
    public static var udp: UInt8 { 17 }
    /// IPv6 within IP.
    public static var ipv6: UInt8 { 41 }
    /// IPv6 routing header.
    public static var routing: UInt8 { 43 }
    /// IPv6 fragment header.
    public static var fragment: UInt8 { 44 }
    /// Generic routing encapsulation.
    public static var gre: UInt8 { 47 }
    /// Encapsulating security payload: nothing behind it can be read.
    public static var esp: UInt8 { 50 }
    /// Authentication header.
    public static var authentication: UInt8 { 51 }
    /// ICMP for IPv6.
    public static var icmpv6: UInt8 { 58 }
    /// Nothing follows.
    public static var noNextHeader: UInt8 { 59 }
    /// IPv6 destination options.
    public static var destinationOptions: UInt8 { 60 }
    /// Ethernet within IP.
    public static var etherIP: UInt8 { 97 }
    /// MPLS within IP.
    public static var mpls: UInt8 { 137 }
}
