// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The steps in which a packet is filled in, each once.
extension mos_packet {
    /// What the capture says; everything else empty.
    @inline(__always)
    mutating func begin(_ frame: Frame) {
        self = mos_packet()
        time = frame.time.shared
        len = frame.wireLength
        caplen = UInt32(truncatingIfNeeded: frame.bytes.count)
        link = UInt8(truncatingIfNeeded: frame.linkType.rawValue)
        vlan = VLAN.none
        l3 = -1
        l4 = -1
    }

    /// What the link layer says.
    @inline(__always)
    mutating func setLink(_ header: LinkHeader) {
        ethertype = header.etherType
        vlan = header.vlan
        l3 = Int32(truncatingIfNeeded: header.length)
    }

    /// What follows the link layer is the payload of a frame that is not IP.
    @inline(__always)
    mutating func setPayload(behind header: LinkHeader, _ frame: Frame) {
        setPayload(
            at: header.length,
            captured: frame.bytes.count - header.length,
            onWire: frame.onWire - header.length
        )
    }

    @inline(__always)
    mutating func setIP(version: UInt8) {
        ip_version = version
        flags = UInt32(MOS_PKT_IP)
    }

    /// What the IP packet carries is the payload until a transport header is found.
    @inline(__always)
    mutating func setDatagram(_ datagram: Datagram) {
        l4 = Int32(truncatingIfNeeded: datagram.start)
        setPayload(at: datagram.start, captured: datagram.captured, onWire: datagram.length)
        flags = datagram.allFlags
    }

    /// The transport header is complete; `headerLength` is at most what was captured.
    @inline(__always)
    mutating func setTransport(_ datagram: Datagram, headerLength: Int) {
        flags = datagram.allFlags | UInt32(MOS_PKT_HAS_TRANSPORT)
        setPayload(
            at: datagram.start + headerLength,
            captured: datagram.captured - headerLength,
            onWire: datagram.length - headerLength
        )
    }

    @inline(__always)
    private mutating func setPayload(at offset: Int, captured: Int, onWire: Int) {
        payload = Int32(truncatingIfNeeded: offset)
        payload_len = Int32(truncatingIfNeeded: captured)
        wire_payload_len = UInt32(truncatingIfNeeded: onWire)
    }

    /// Sets one of MOS_PKT_*.
    @inline(__always)
    mutating func set(_ flag: Int) { flags |= UInt32(truncatingIfNeeded: flag) }
}
