// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// What a TCP segment says that nobody sent: no options.
public struct InventedSegment: Sendable {
    /// SEG.SEQ.
    public var seq: UInt32
    /// SEG.ACK; 0 on the wire without ACK.
    public var ack: UInt32
    /// The control bits: RST, RST and ACK, or any.
    public var flags: TCPFlags
    /// SEG.WND, unscaled.
    public var window: UInt16
    /// Time to live, or hop limit.
    public var hopLimit: UInt8

    /// A segment.
    public init(
        seq: UInt32,
        ack: UInt32 = 0,
        flags: TCPFlags,
        window: UInt16 = 0,
        hopLimit: UInt8 = 64
    ) {
        self.seq = seq
        self.ack = ack
        self.flags = flags
        self.window = window
        self.hopLimit = hopLimit
    }
}

/// The way that segments of a connection take, in one direction: link layer, addresses, ports.
public struct SegmentTemplate {
    private let link: ByteView
    private let isEthernet: Bool
    private let version: UInt8
    private var source: mos_addr
    private var destination: mos_addr
    private var sourcePort: UInt16
    private var destinationPort: UInt16
    private var exchangesHardware = false

    /// The way behind a link layer; nil for one whose reverse is not known, or when `link` cannot be one.
    ///
    /// - Parameters:
    ///   - link: what comes before the IP header, tags included; valid until the last segment is written.
    ///   - type: Ethernet, BSD loopback or raw IP.
    ///   - packet: IP version, addresses and ports, as they leave.
    public init?(link: ByteView, of type: LinkType, _ packet: mos_packet) {
        isEthernet = type == .ethernet
        let isKnown =
            isEthernet
            ? link.count >= Ethernet.headerLength : link.count == 0 || Self.isLoopback(type)
        guard isKnown, packet.ip_version == 4 || packet.ip_version == 6 else { return nil }
        self.link = link
        version = packet.ip_version
        source = packet.src
        destination = packet.dst
        sourcePort = packet.sport
        destinationPort = packet.dport
    }

    /// The way back.
    public var reversed: SegmentTemplate {
        var way = self
        swap(&way.source, &way.destination)
        swap(&way.sourcePort, &way.destinationPort)
        way.exchangesHardware.toggle()
        return way
    }

    /// Bytes of the frame when its payload has `count`, padding included.
    public func frameLength(payload count: Int) -> Int {
        let end = transport + TCPHeader.minimumLength + count
        return isEthernet ? max(end, MutablePacket.minimumFrame) : end
    }

    /// Where the TCP header begins.
    private var transport: Int {
        link.count + (version == 4 ? IPv4Header.minimumLength : IPv6Header.length)
    }

    /// Writes a segment with lengths and checksums to the beginning of `output`.
    ///
    /// - Parameters:
    ///   - segment: what it says.
    ///   - payload: what it carries; apart from `output`.
    ///   - output: where its frame is written; apart from the template's link layer.
    /// - Returns: the frame's length, padding included; nil, and nothing written, when there is no room or the payload is
    ///   longer than an IP packet can be.
    public func write(
        _ segment: InventedSegment,
        payload: ByteView,
        in output: MutableByteView
    ) -> Int? {
        let l4 = transport
        let end = l4 + TCPHeader.minimumLength + payload.count
        let length = frameLength(payload: payload.count)
        let counted = version == 4 ? end - link.count : end - l4
        guard length <= output.count, counted <= MutablePacket.maximumLength else { return nil }
        output.clear(0, length)
        output.set(link, at: 0)
        if isEthernet, exchangesHardware {
            output.set(link.slice(6, 6), at: 0)
            output.set(link.slice(0, 6), at: 6)
        }
        if version == 4 {
            writeIPv4(segment, output, counted)
        } else {
            writeIPv6(segment, output, counted)
        }
        writeTCP(segment, output, at: l4)
        output.set(payload, at: l4 + TCPHeader.minimumLength)
        if isEthernet { LinkLengths.set(output, l3: link.count, end: end) }
        let pseudo =
            Checksum.sum(source) &+ Checksum.sum(destination)
            &+ Checksum.sum(length: end - l4, proto: IPProtocol.tcp)
        let sum = output.view.onesComplementSum(l4, end - l4) &+ pseudo
        output.setRaw(~Checksum.fold(sum), at: l4 + TCPHeader.checksumOffset)
        return length
    }

    /// Not to be fragmented, so that the identification may be 0 (RFC 6864).
    private func writeIPv4(_ segment: InventedSegment, _ output: MutableByteView, _ total: Int) {
        let at = link.count
        output[at] = 0x45
        output.set(UInt16(truncatingIfNeeded: total), at: at + 2)
        output.set(UInt16(0x4000), at: at + 6)
        output[at + 8] = segment.hopLimit
        output[at + 9] = IPProtocol.tcp
        output.set(source, 4, at: at + 12)
        output.set(destination, 4, at: at + 16)
        _ = output.updateIPv4Checksum(at: at)
    }

    private func writeIPv6(_ segment: InventedSegment, _ output: MutableByteView, _ length: Int) {
        let at = link.count
        output[at] = 0x60
        output.set(UInt16(truncatingIfNeeded: length), at: at + 4)
        output[at + 6] = IPProtocol.tcp
        output[at + 7] = segment.hopLimit
        output.set(source, 16, at: at + 8)
        output.set(destination, 16, at: at + 24)
    }

    private func writeTCP(_ segment: InventedSegment, _ output: MutableByteView, at: Int) {
        output.set(sourcePort, at: at)
        output.set(destinationPort, at: at + 2)
        output.set(segment.seq, at: at + 4)
        output.set(segment.flags.contains(.ack) ? segment.ack : 0, at: at + 8)
        output[at + 12] = 0x50
        output[at + 13] = segment.flags.rawValue
        output.set(segment.window, at: at + 14)
    }

    private static func isLoopback(_ type: LinkType) -> Bool { type == .null || type == .loop }
}

extension MutableByteView {
    /// Writes the first `length` bytes of an address, which lie in memory in network order.
    fileprivate func set(_ address: mos_addr, _ length: Int, at offset: Int) {
        if length == 4 {
            set(UInt32(truncatingIfNeeded: address.a.littleEndian).byteSwapped, at: offset)
        } else {
            setRaw(address.a, at: offset)
            setRaw(address.b, at: offset + 8)
        }
    }
}
