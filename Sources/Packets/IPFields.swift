// SPDX-License-Identifier: BSD-2-Clause

/// The fields of an IP header to build; the version is that of the source address.
public struct IPFields: Sendable {
    /// Source address.
    public var source: IPAddress
    /// Destination address.
    public var destination: IPAddress
    /// Time to live, or hop limit.
    public var hopLimit: UInt8 = 64
    /// Type of service, or traffic class.
    public var trafficClass: UInt8 = 0
    /// IPv4 identification.
    public var identification: UInt16 = 0
    /// IPv4: must not be fragmented.
    public var doesNotFragment = true
    /// IPv4: not the last fragment.
    public var hasMoreFragments = false
    /// IPv4: where the fragment belongs, in units of 8 bytes.
    public var fragmentOffset: UInt16 = 0
    /// IPv4 options, padded to 4 bytes with end-of-list.
    public var options: [UInt8] = []
    /// Stands in the length field instead of the right one: IPv4 total length, IPv6 payload length.
    public var length: UInt16?
    /// IPv6 extension headers, in order.
    public var extensions: [IPv6Extension] = []

    /// A packet between those addresses.
    public init(source: IPAddress = "10.0.0.1", destination: IPAddress = "10.0.0.2") {
        precondition(source.version == destination.version, "addresses of one version")
        self.source = source
        self.destination = destination
    }

    /// An IPv4 packet from 10.0.0.1 to 10.0.0.2.
    public static var ipv4: IPFields { IPFields() }

    /// An IPv6 packet from 2001:db8::1 to 2001:db8::2.
    public static var ipv6: IPFields {
        IPFields(source: "2001:db8::1", destination: "2001:db8::2")
    }

    /// Header and `payload`, whose protocol is `proto`.
    func packet(_ proto: UInt8, _ payload: [UInt8]) -> [UInt8] {
        source.version == 4 ? ipv4Packet(proto, payload) : ipv6Packet(proto, payload)
    }

    private func ipv4Packet(_ proto: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let options = options + [UInt8](repeating: 0, count: -options.count & 3)
        let headerLength = IPv4Header.minimumLength + options.count
        let total = length ?? UInt16(truncatingIfNeeded: headerLength + payload.count)
        let fragment =
            (doesNotFragment ? 0x4000 : 0) | (hasMoreFragments ? 0x2000 : 0) | fragmentOffset
        var header = [0x40 | UInt8(headerLength / 4), trafficClass] + total.octets
        header += identification.octets + fragment.octets
        header += [hopLimit, proto, 0, 0] + source.bytes + destination.bytes + options
        header.replaceSubrange(10..<12, with: BuiltChecksum.checksum(header).octets)
        return header + payload
    }

    private func ipv6Packet(_ proto: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var chain = payload
        var next = proto
        for header in extensions.reversed() {
            chain = header.bytes(next: next) + chain
            next = header.proto
        }
        let payloadLength = length ?? UInt16(truncatingIfNeeded: chain.count)
        var header = [0x60 | trafficClass >> 4, trafficClass << 4, 0, 0] + payloadLength.octets
        header += [next, hopLimit] + source.bytes + destination.bytes
        return header + chain
    }
}
