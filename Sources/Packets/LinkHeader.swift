// SPDX-License-Identifier: BSD-2-Clause

/// What a link layer says about the packet that it carries.
struct LinkHeader {
    /// The number of what follows; below 0x600 it is not one, and what follows is not IP.
    var etherType: UInt16
    /// The innermost VLAN id, or ``VLAN/none``.
    var vlan: UInt16
    /// Bytes up to the network layer, tags included.
    var length: Int

    @inline(__always)
    init(etherType: UInt16, vlan: UInt16 = VLAN.none, length: Int) {
        self.etherType = etherType
        self.vlan = vlan
        self.length = length
    }

    /// Reads the header that a frame of `type` begins with.
    @inline(__always)
    init(_ bytes: ByteView, _ type: LinkType) throws(DecodeError) {
        if type == .ethernet {
            self = try Ethernet.header(bytes)
        } else {
            self = try Self.uncommon(bytes, type)
        }
        if EtherType.isCarrier(etherType) { self = try Carrier.unwrap(self, bytes) }
    }

    /// Every link layer but Ethernet.
    @inline(never)
    private static func uncommon(
        _ bytes: ByteView,
        _ type: LinkType
    ) throws(DecodeError) -> LinkHeader {
        switch type {
        case .raw, .rawBSD, .rawOpenBSD: try RawIP.header(bytes)
        case .ipv4: LinkHeader(etherType: EtherType.ipv4, length: 0)
        case .ipv6: LinkHeader(etherType: EtherType.ipv6, length: 0)
        case .linuxCooked: try LinuxCooked.header(bytes)
        case .linuxCooked2: try LinuxCooked.header2(bytes)
        case .null: try BSDLoopback.header(bytes)
        case .loop: try BSDLoopback.header(bytes)
        case .ppp, .pppHDLC: try PPP.header(bytes)
        case .ciscoHDLC: try CiscoHDLC.header(bytes)
        case .wireless: try WirelessLAN.header(bytes)
        case .nflog: try NFLOG.header(bytes)
        case .radiotap: try WirelessLAN.radiotap(bytes)
        default: try rare(bytes, type)
        }
    }
}
