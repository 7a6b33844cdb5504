// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// A TCP segment that nobody sent: what it says, for ``MutableByteView/write(_:behind:isReversed:payload:)``.
public struct MadeSegment: Sendable {
    /// Addresses and ports.
    public var src: mos_addr
    /// Where it goes.
    public var dst: mos_addr
    /// 4 or 6.
    public var version: UInt8
    /// Source port.
    public var sport: UInt16
    /// Destination port.
    public var dport: UInt16
    /// SEG.SEQ.
    public var seq: UInt32
    /// SEG.ACK.
    public var ack: UInt32
    /// The control bits.
    public var flags: TCPFlags
    /// SEG.WND, unscaled.
    public var window: UInt16
    /// Time to live, or hop limit.
    public var ttl: UInt8

    /// A segment without flags.
    public init(
        src: mos_addr,
        dst: mos_addr,
        version: UInt8,
        sport: UInt16,
        dport: UInt16,
        seq: UInt32 = 0,
        ack: UInt32 = 0,
        flags: TCPFlags = [],
        window: UInt16 = 0,
        ttl: UInt8 = 64
    ) {
        self.src = src
        self.dst = dst
        self.version = version
        self.sport = sport
        self.dport = dport
        self.seq = seq
        self.ack = ack
        self.flags = flags
        self.window = window
        self.ttl = ttl
    }

    /// Bytes of its frame behind `link` bytes of link layer.
    public func length(link: Int, payload: Int) -> Int {
        max(link + (version == 4 ? 20 : IPv6Header.length) + 20 + payload, MutableByteView.shortest)
    }
}

extension MutableByteView {
    /// Writes a segment behind an Ethernet header, tags included.
    ///
    /// - Parameters:
    ///   - segment: what it says; no IP and no TCP options.
    ///   - link: the link layer of a frame of the same connection.
    ///   - isReversed: that frame went the other way: hardware addresses are exchanged.
    ///   - payload: what it carries.
    /// - Returns: what was written; this frame must be at least ``MadeSegment/length(link:payload:)`` long.
    public func write(
        _ segment: MadeSegment,
        behind link: ByteView,
        isReversed: Bool,
        payload: ByteView
    ) -> MutableByteView {
        let length = segment.length(link: link.count, payload: payload.count)
        clear(0, length)
        set(link, at: 0)
        if isReversed {
            set(link.slice(6, 6), at: 0)
            set(link.slice(0, 6), at: 6)
        }
        var packet = mos_packet()
        packet.l3 = Int32(link.count)
        packet.ip_version = segment.version
        packet.proto = IPProtocol.tcp
        packet.src = segment.src
        packet.dst = segment.dst
        packet.l4 = packet.l3 + (segment.version == 4 ? 20 : 40)
        packet.payload = packet.l4 + 20
        packet.payload_len = Int32(payload.count)
        packet.wire_payload_len = UInt32(payload.count)
        packet.set(MOS_PKT_HAS_TRANSPORT)
        writeIP(segment, at: link.count, length: 20 + payload.count)
        writeTCP(segment, at: Int(packet.l4))
        set(payload, at: Int(packet.payload))
        let result = slice(0, length)
        result.updateIPChecksum(packet)
        result.updateTransportChecksum(packet)
        return result
    }

    private func writeIP(_ segment: MadeSegment, at: Int, length: Int) {
        if segment.version == 4 {
            set(UInt8(0x45), at: at)
            set(UInt16(truncatingIfNeeded: 20 + length), at: at + 2)
            // Don't fragment; then the identification may be 0 (RFC 6864).
            set(UInt16(0x4000), at: at + 6)
            set(segment.ttl, at: at + 8)
            set(IPProtocol.tcp, at: at + 9)
            write(address: segment.src, 4, at: at + 12)
            write(address: segment.dst, 4, at: at + 16)
        } else {
            set(UInt8(0x60), at: at)
            set(UInt16(truncatingIfNeeded: length), at: at + 4)
            set(IPProtocol.tcp, at: at + 6)
            set(segment.ttl, at: at + 7)
            write(address: segment.src, 16, at: at + 8)
            write(address: segment.dst, 16, at: at + 24)
        }
    }

    /// Writes the first `length` bytes of an address, which is in network byte order.
    private func write(address: mos_addr, _ length: Int, at: Int) {
        for index in 0..<length {
            let half = index < 8 ? address.a : address.b
            let byte = half.littleEndian >> UInt64(8 * (index & 7))
            set(UInt8(truncatingIfNeeded: byte), at: at + index)
        }
    }

    private func writeTCP(_ segment: MadeSegment, at: Int) {
        set(segment.sport, at: at)
        set(segment.dport, at: at + 2)
        set(segment.seq, at: at + 4)
        set(segment.flags.contains(.ack) ? segment.ack : 0, at: at + 8)
        set(UInt8(0x50), at: at + 12)
        set(segment.flags.rawValue, at: at + 13)
        set(segment.window, at: at + 14)
    }
}
