// SPDX-License-Identifier: BSD-2-Clause
// Checksums of frames that are changed (RFC 1071, RFC 1624). Sums are in memory order throughout.
import CMosABI

/// Where the checksum of a transport header stands, from its first byte on; nil where there is none.
private func checksumOffset(_ packet: mos_packet) -> Int? {
    switch packet.proto {
    case IPProtocol.tcp: TCPHeader.checksumOffset
    case IPProtocol.udp: UDPHeader.checksumOffset
    case IPProtocol.icmp, IPProtocol.icmpv6: ICMPHeader.checksumOffset
    default: nil
    }
}

extension mos_packet {
    /// True when the transport header is there and nothing of its packet was cut.
    private var isWhole: Bool {
        flags & UInt32(MOS_PKT_HAS_TRANSPORT) != 0 && UInt32(payload_len) == wire_payload_len
    }

    /// Bytes from the transport header on, by the IP header.
    fileprivate var transportLength: Int? {
        isWhole ? Int(payload - l4) + Int(payload_len) : nil
    }
}

extension MutableByteView {
    /// Sets the header checksum of the IPv4 packet at `packet.l3` right.
    ///
    /// - Parameter packet: the frame, decoded.
    public func updateIPChecksum(_ packet: mos_packet) {
        guard packet.ip_version == 4, packet.l3 >= 0 else { return }
        let at = Int(packet.l3)
        let length = Int(view[at] & 0xF) * 4
        setRaw(UInt16(0), at: at + 10)
        setRaw(~Checksum.fold(view.onesComplementSum(at, length)), at: at + 10)
    }

    /// Sets the transport checksum right; nothing happens where there is none, or where the capture cut the packet.
    ///
    /// One that was left to a network card stays so: it is the pseudo-header's sum. A UDP checksum of 0 over IPv4 means
    /// none and stays (RFC 768).
    ///
    /// - Parameters:
    ///   - packet: the frame, decoded.
    ///   - finishes: what was left to a network card is computed too.
    public func updateTransportChecksum(_ packet: mos_packet, finishes: Bool = false) {
        guard let offset = checksumOffset(packet), let length = packet.transportLength else {
            return
        }
        let start = Int(packet.l4)
        let at = start + offset
        let isUDP = packet.proto == IPProtocol.udp
        if isUDP, packet.ip_version == 4, view.u16(at) == 0 { return }
        let pseudo =
            packet.proto == IPProtocol.icmp
            ? 0
            : Checksum.sum(packet.src) &+ Checksum.sum(packet.dst)
                &+ Checksum.sum(length: length, proto: packet.proto)
        if packet.flags & UInt32(MOS_PKT_OFFLOADED) != 0, !finishes {
            setRaw(Checksum.fold(pseudo), at: at)
            return
        }
        setRaw(UInt16(0), at: at)
        let sum = ~Checksum.fold(view.onesComplementSum(start, length) &+ pseudo)
        setRaw(isUDP && sum == 0 ? 0xFFFF : sum, at: at)
    }

    /// Sets four bytes of a TCP header, and its checksum by the difference: one that is wrong stays wrong.
    ///
    /// - Parameters:
    ///   - value: the new number.
    ///   - offset: where it stands in the frame.
    ///   - packet: the frame, decoded.
    func replace(_ value: UInt32, at offset: Int, _ packet: mos_packet) {
        let old = view.onesComplementSum(offset, 4)
        set(value, at: offset)
        // A checksum that was left to a network card does not cover the header yet.
        guard packet.flags & UInt32(MOS_PKT_OFFLOADED) == 0 else { return }
        let at = Int(packet.l4) + TCPHeader.checksumOffset
        let isOdd = (offset - Int(packet.l4)) % 2 != 0
        let before = Checksum.fold(old)
        let after = Checksum.fold(view.onesComplementSum(offset, 4))
        let sum = ~view.u16(at).bigEndian
        // RFC 1624, equation 3: HC' = ~(~HC + ~m + m').
        let removed = isOdd ? (~before).byteSwapped : ~before
        let added = isOdd ? after.byteSwapped : after
        setRaw(~Checksum.fold(UInt64(sum) &+ UInt64(removed) &+ UInt64(added)), at: at)
    }
}

extension MutableByteView {
    /// Sets the byte at `offset`.
    public func set(_ value: UInt8, at offset: Int) { self[offset] = value }

    /// Sets the two bytes at `offset` as they lie in memory.
    func setRaw(_ value: UInt16, at offset: Int) { set(UInt16(bigEndian: value), at: offset) }
}
