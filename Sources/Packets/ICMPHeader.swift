// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The ICMP header (RFC 792, RFC 4443): type (1), code (1), checksum (2), by type (4).
enum ICMPHeader {
    static var length: Int { 8 }
    static var checksumOffset: Int { 2 }
}

extension PacketDecoder {
    /// Reads the ICMP header that `datagram` begins with.
    ///
    /// Type and code stand where others have ports.
    @inline(never)
    func icmp(
        _ datagram: Datagram,
        _ bytes: ByteView,
        _ packet: inout mos_packet
    ) throws(DecodeError) -> DecodeResult {
        guard datagram.captured >= ICMPHeader.length else { throw .icmpTruncated }
        packet.sport = UInt16(bytes[datagram.start])
        packet.dport = UInt16(bytes[datagram.start + 1])
        packet.setTransport(datagram, headerLength: ICMPHeader.length)
        let verdict = verify(
            datagram,
            bytes,
            checksumAt: datagram.start + ICMPHeader.checksumOffset,
            &packet
        )
        return DecodeResult(.icmp, checksum: verdict)
    }
}
