// SPDX-License-Identifier: BSD-2-Clause

/// Layers between the link layer and IP that carry another link layer, or IP at once: MPLS, PPPoE, PBB,
/// network service headers, Cisco MetaData, port extender tags, FabricPath, LLC with SNAP.
enum Carrier {
    /// The most of them that a frame may have, labels of one MPLS stack counted as one.
    static var maximumDepth: Int { 8 }
    /// The most labels of an MPLS stack.
    static var maximumLabels: Int { 16 }

    /// Moves `header` past all carriers and the tags between them.
    @inline(never)
    static func unwrap(_ header: LinkHeader, _ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        var header = header
        var depth = 0
        while let inner = try next(header, bytes) {
            guard depth < maximumDepth else { throw .carrierTooDeep }
            header = EtherType.isTag(inner.etherType) ? try VLAN.skipTags(inner, bytes) : inner
            depth += 1
        }
        return header
    }

    /// What the carrier that `header` names holds; nil when it names none.
    static func next(
        _ header: LinkHeader,
        _ bytes: ByteView
    ) throws(DecodeError) -> LinkHeader? {
        switch header.etherType {
        case EtherType.mpls, EtherType.mplsMulticast: try mpls(header, bytes)
        case EtherType.pppoe: try pppoe(header, bytes)
        case EtherType.pbb: try ethernet(header, bytes, after: 4)
        case EtherType.nsh: try serviceHeader(header, bytes)
        case EtherType.metaData: try metaData(header, bytes)
        case EtherType.vnTag: try portTag(header, bytes, length: 4)
        case EtherType.eTag: try portTag(header, bytes, length: 6)
        case EtherType.fabricPath: try ethernet(header, bytes, after: 2)
        case 0..<EtherType.smallest: snap(header, bytes)
        default: nil
        }
    }

    /// RFC 3032: label (20 bits), class (3), bottom of stack (1), TTL (8), until the bottom.
    ///
    /// What follows is told by its first half-byte: IP, or the control word of an Ethernet pseudowire (RFC 4385).
    private static func mpls(
        _ header: LinkHeader,
        _ bytes: ByteView
    ) throws(DecodeError) -> LinkHeader {
        var at = header.length
        var labels = 0
        while true {
            guard bytes.count >= at + 4 else { throw .carrierTruncated }
            guard labels < maximumLabels else { throw .carrierTooDeep }
            let isBottom = bytes[at + 2] & 1 != 0
            at += 4
            labels += 1
            if isBottom { break }
        }
        guard bytes.count > at else { throw .carrierTruncated }
        switch bytes[at] >> 4 {
        case 4: return LinkHeader(etherType: EtherType.ipv4, vlan: header.vlan, length: at)
        case 6: return LinkHeader(etherType: EtherType.ipv6, vlan: header.vlan, length: at)
        case 0:
            let carried = LinkHeader(etherType: EtherType.none, vlan: header.vlan, length: at)
            return try ethernet(carried, bytes, after: 4)
        default: return LinkHeader(etherType: EtherType.unknown, vlan: header.vlan, length: at)
        }
    }

    /// The tag of a port extender, then the EtherType of what follows.
    private static func portTag(
        _ header: LinkHeader,
        _ bytes: ByteView,
        length: Int
    ) throws(DecodeError) -> LinkHeader {
        let end = header.length + length + 2
        guard bytes.count >= end else { throw .carrierTruncated }
        return LinkHeader(etherType: bytes.u16(end - 2), vlan: header.vlan, length: end)
    }

    /// RFC 2516: version and type (1), code (1), session (2), length (2), then PPP.
    private static func pppoe(
        _ header: LinkHeader,
        _ bytes: ByteView
    ) throws(DecodeError) -> LinkHeader {
        let at = header.length
        guard bytes.count >= at + 6 else { throw .carrierTruncated }
        var inner = try PPP.header(bytes, at: at + 6)
        inner.vlan = header.vlan
        return inner
    }

    /// RFC 8300: version (2 bits) 0, flags and TTL (8), length in words (6), type (1), next protocol (1), path (4), more.
    private static func serviceHeader(
        _ header: LinkHeader,
        _ bytes: ByteView
    ) throws(DecodeError) -> LinkHeader {
        let at = header.length
        guard bytes.count >= at + 8 else { throw .carrierTruncated }
        let length = Int(bytes[at + 1] & 0x3F) * 4
        guard length >= 8, bytes.count >= at + length else { throw .carrierTruncated }
        var inner = LinkHeader(etherType: EtherType.unknown, vlan: header.vlan, length: at + length)
        switch bytes[at + 3] {
        case 1: inner.etherType = EtherType.ipv4
        case 2: inner.etherType = EtherType.ipv6
        case 3: inner = try ethernet(inner, bytes, after: 0)
        case 5: inner.etherType = EtherType.mpls
        default: break
        }
        return inner
    }

    /// Version (1), length of what follows up to the EtherType in words (1), options, EtherType (2).
    ///
    /// Some leave the length at 0; a tag's type (2) and value (2) follow all the same.
    private static func metaData(
        _ header: LinkHeader,
        _ bytes: ByteView
    ) throws(DecodeError) -> LinkHeader {
        let at = header.length
        guard bytes.count >= at + 8 else { throw .carrierTruncated }
        let length = 4 + max(Int(bytes[at + 1]), 1) * 4
        guard bytes.count >= at + length else { throw .carrierTruncated }
        return LinkHeader(
            etherType: bytes.u16(at + length - 2),
            vlan: header.vlan,
            length: at + length
        )
    }

    /// An Ethernet frame that begins `gap` bytes behind `header`.
    private static func ethernet(
        _ header: LinkHeader,
        _ bytes: ByteView,
        after gap: Int
    ) throws(DecodeError) -> LinkHeader {
        let at = header.length + gap
        guard bytes.count >= at + Ethernet.headerLength else { throw .carrierTruncated }
        return LinkHeader(
            etherType: bytes.u16(at + 12),
            vlan: header.vlan,
            length: at + Ethernet.headerLength
        )
    }

    /// IEEE 802.2 with SNAP: AA AA 03, organization (3) 0, EtherType (2); every other LLC is not IP.
    private static func snap(_ header: LinkHeader, _ bytes: ByteView) -> LinkHeader? {
        let at = header.length
        guard bytes.count >= at + 8, bytes.u16(at) == 0xAAAA, bytes[at + 2] == 3,
            bytes.u16(at + 3) == 0, bytes[at + 5] == 0, bytes.u16(at + 6) >= EtherType.smallest
        else { return nil }
        return LinkHeader(etherType: bytes.u16(at + 6), vlan: header.vlan, length: at + 8)
    }
}

/// PPP as it is captured and as PPPoE carries it (RFC 1661, RFC 1662).
enum PPP {
    /// An optional FF 03, then the protocol in two bytes, or in one when that is odd.
    static func header(_ bytes: ByteView, at start: Int = 0) throws(DecodeError) -> LinkHeader {
        var at = start
        if bytes.count >= at + 2, bytes.u16(at) == 0xFF03 { at += 2 }
        guard bytes.count > at else { throw .carrierTruncated }
        if bytes[at] & 1 != 0 {
            return LinkHeader(etherType: etherType(UInt16(bytes[at])), length: at + 1)
        }
        guard bytes.count >= at + 2 else { throw .carrierTruncated }
        return LinkHeader(etherType: etherType(bytes.u16(at)), length: at + 2)
    }

    private static func etherType(_ number: UInt16) -> UInt16 {
        switch number {
        case 0x0021: EtherType.ipv4
        case 0x0057: EtherType.ipv6
        case 0x0281: EtherType.mpls
        default: EtherType.unknown
        }
    }
}

/// Cisco HDLC: address (1), control (1), EtherType (2).
enum CiscoHDLC {
    static func header(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= 4 else { throw .carrierTruncated }
        return LinkHeader(etherType: bytes.u16(2), length: 4)
    }
}

/// IEEE 802.11 data frames, bare or behind a radiotap header (radiotap.org).
enum WirelessLAN {
    /// Radiotap: version (1), pad (1), length (2, little-endian), then as ``header(_:at:)``.
    static func radiotap(_ bytes: ByteView) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= 4 else { throw .carrierTruncated }
        let length = Int(bytes[2]) | Int(bytes[3]) << 8
        guard length >= 4, length <= bytes.count else { throw .carrierTruncated }
        return try header(bytes, at: length)
    }

    /// IEEE 802.11-2020 section 9.2.4: frame control (2), duration (2), three addresses (18), sequence (2).
    ///
    /// A fourth address follows between access points, then QoS control, HT control, LLC. Encrypted frames and others
    /// than data are not IP.
    static func header(_ bytes: ByteView, at start: Int = 0) throws(DecodeError) -> LinkHeader {
        guard bytes.count >= start + 24 else { throw .carrierTruncated }
        let control = bytes[start]
        let flags = bytes[start + 1]
        var length = 24
        if flags & 0x03 == 0x03 { length += 6 }
        let hasQoS = control & 0x80 != 0
        if hasQoS { length += 2 }
        if hasQoS, flags & 0x80 != 0 { length += 4 }
        let isData = control & 0x0C == 0x08 && control & 0x40 == 0
        guard isData, flags & 0x40 == 0, bytes.count >= start + length else {
            return LinkHeader(etherType: EtherType.unknown, length: start + 24)
        }
        return LinkHeader(etherType: EtherType.none, length: start + length)
    }
}
