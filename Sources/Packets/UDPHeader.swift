// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The UDP header (RFC 768): source port (2), destination port (2), length (2), checksum (2).
enum UDPHeader {
    static var length: Int { 8 }
    static var checksumOffset: Int { 6 }
}

extension PacketDecoder {
    /// Reads the UDP header that `datagram` begins with.
    @inline(never)
    func udp(
        _ datagram: Datagram,
        _ bytes: ByteView,
        _ packet: inout mos_packet
    ) throws(DecodeError) -> DecodeResult {
        guard datagram.captured >= UDPHeader.length else { throw .udpTruncated }
        let header = UInt64(bigEndian: bytes.raw64(datagram.start))
        packet.sport = UInt16(truncatingIfNeeded: header >> 48)
        packet.dport = UInt16(truncatingIfNeeded: header >> 32)
        var length = Int((header >> 16) & 0xFFFF)
        // Too long for its field (RFC 2675), as the IP length says: both are 0 then.
        if length == 0 && datagram.hasInferredLength { length = datagram.length }
        guard length >= UDPHeader.length, length <= datagram.length else { throw .udpLength }

        var datagram = datagram
        datagram.length = length
        datagram.captured = min(datagram.captured, length)
        packet.setTransport(datagram, headerLength: UDPHeader.length)
        // RFC 768 lets IPv4 leave the checksum out, RFC 6935 lets tunnels do so over IPv6.
        if header & 0xFFFF == 0 && (packet.ip_version == 4 || checksums != .strict) {
            return DecodeResult(.udp)
        }
        let verdict = verify(
            datagram,
            bytes,
            checksumAt: datagram.start + UDPHeader.checksumOffset,
            &packet
        )
        return DecodeResult(.udp, checksum: verdict)
    }
}
