// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The TCP header (RFC 9293, section 3.1).
///
/// ```
/// first    source port (2)  destination port (2)  sequence number (4)
/// second   acknowledgment number (4)  data offset (1)  flags (1)  window (2)
/// third    checksum (2)  urgent pointer (2), then options
/// ```
struct TCPHeader {
    static var minimumLength: Int { 20 }
    static var checksumOffset: Int { 16 }

    private let words: Header20

    @inline(__always)
    init(_ bytes: ByteView, _ datagram: Datagram) throws(DecodeError) {
        guard datagram.captured >= Self.minimumLength else { throw .tcpTruncated }
        words = bytes.header20(datagram.start)
    }

    private var first: UInt64 { words.first }
    private var second: UInt64 { words.second }

    var sourcePort: UInt16 { UInt16(truncatingIfNeeded: first >> 48) }
    var destinationPort: UInt16 { UInt16(truncatingIfNeeded: first >> 32) }
    var seq: UInt32 { UInt32(truncatingIfNeeded: first) }
    var ack: UInt32 { UInt32(truncatingIfNeeded: second >> 32) }
    var length: Int { Int((second >> 28) & 0xF) * 4 }
    var flags: UInt8 { UInt8(truncatingIfNeeded: second >> 16) }
    var window: UInt16 { UInt16(truncatingIfNeeded: second) }
}

extension PacketDecoder {
    /// Reads the TCP header that `datagram` begins with.
    @inline(__always)
    func tcp(
        _ datagram: Datagram,
        _ bytes: ByteView,
        _ packet: inout mos_packet
    ) throws(DecodeError) -> DecodeResult {
        let header = try TCPHeader(bytes, datagram)
        packet.sport = header.sourcePort
        packet.dport = header.destinationPort
        packet.seq = header.seq
        packet.ack = header.ack
        packet.tcp_flags = header.flags
        packet.window = header.window
        guard header.length >= TCPHeader.minimumLength, header.length <= datagram.length else {
            throw .tcpHeaderLength
        }
        guard header.length <= datagram.captured else { throw .tcpTruncated }
        packet.setTransport(datagram, headerLength: header.length)

        let options = header.length - TCPHeader.minimumLength
        let areRead = options == 0 || TCPOptions.read(bytes, datagram.start + 20, options, &packet)
        let verdict = verify(
            datagram,
            bytes,
            checksumAt: datagram.start + TCPHeader.checksumOffset,
            &packet
        )
        return DecodeResult(.tcp, checksum: verdict, hasBadOptions: !areRead)
    }
}
