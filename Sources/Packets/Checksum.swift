// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// What is done about checksums.
public enum ChecksumPolicy: UInt8, Sendable, CaseIterable {
    /// Wrong ones are refused; those left to the sender's network card are accepted.
    case auto
    /// Those left to the network card are refused as well.
    case strict
    /// None is looked at.
    case off
}

/// The Internet checksum (RFC 1071).
///
/// Sums wrap nowhere: they add fewer than 2^32 numbers of 32 bits.
enum Checksum {
    /// True when a sum that is not 0 folds to 0xFFFF, as that of a message with its right checksum does.
    ///
    /// Folding keeps the remainder, so no folding is needed: one multiplication, some ten instructions less.
    @inline(__always)
    static func isRight(_ sum: UInt64) -> Bool { sum % 0xFFFF == 0 }

    /// Folds a sum of 16-bit or 32-bit words to 16 bits.
    @inline(__always)
    static func fold(_ sum: UInt64) -> UInt16 {
        var sum = (sum >> 32) &+ (sum & 0xFFFF_FFFF)
        sum = (sum >> 16) &+ (sum & 0xFFFF)
        sum = (sum >> 16) &+ (sum & 0xFFFF)
        sum = (sum >> 16) &+ (sum & 0xFFFF)
        return UInt16(truncatingIfNeeded: sum)
    }

    /// The sum of an address in memory order.
    @inline(__always)
    static func sum(_ address: mos_addr) -> UInt64 {
        (address.a >> 32) &+ (address.a & 0xFFFF_FFFF)
            &+ (address.b >> 32) &+ (address.b & 0xFFFF_FFFF)
    }

    /// The pseudo-header's length and protocol, in memory order (RFC 9293, 3.1; RFC 8200, 8.1).
    @inline(__always)
    static func sum(length: Int, proto: UInt8) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: length).bigEndian) &+ UInt64(UInt16(proto).bigEndian)
    }
}

extension PacketDecoder {
    /// Judges the transport checksum at offset `at` of the frame and flags the packet accordingly.
    @inline(__always)
    func verify(
        _ datagram: Datagram,
        _ bytes: ByteView,
        checksumAt at: Int,
        _ packet: inout mos_packet
    ) -> ChecksumVerdict {
        guard checksums != .off, datagram.isComplete else {
            guard checksums == .strict, datagram.isShort else { return .unverified }
            // What the capture did not cut is missing on the wire: its checksum cannot be right.
            packet.set(MOS_PKT_BAD_CHECKSUM)
            return .bad
        }
        guard let addresses = addressSum(datagram, bytes, packet) else { return .unverified }
        let proto = datagram.proto
        let pseudo =
            proto == IPProtocol.icmp
            ? 0 : addresses &+ Checksum.sum(length: datagram.length, proto: proto)
        let sum = bytes.onesComplementSum(datagram.start, datagram.length)
        let whole = sum &+ pseudo
        if whole != 0, Checksum.isRight(whole) { return .good }
        return judgeWrong(datagram, bytes.u16(at).bigEndian, addresses, &packet)
    }

    /// The sum of both addresses of the pseudo-header, nil when one is not known.
    @inline(__always)
    private func addressSum(
        _ datagram: Datagram,
        _ bytes: ByteView,
        _ packet: mos_packet
    ) -> UInt64? {
        guard let source = sum(datagram.source, packet.src, bytes),
            let destination = sum(datagram.destination, packet.dst, bytes)
        else { return nil }
        return source &+ destination
    }

    @inline(__always)
    private func sum(
        _ address: PseudoAddress,
        _ header: mos_addr,
        _ bytes: ByteView
    ) -> UInt64? {
        switch address {
        case .header:
            return Checksum.sum(header)
        case .at(let offset):
            return Checksum.sum(mos_addr(a: bytes.raw64(offset), b: bytes.raw64(offset + 8)))
        case .unknown:
            return nil
        }
    }

    /// Tells a checksum that was left to the network card from one that is wrong.
    ///
    /// Such a field holds the folded sum of the pseudo-header; of a large segment without its length.
    @inline(never)
    private func judgeWrong(
        _ datagram: Datagram,
        _ field: UInt16,
        _ addresses: UInt64,
        _ packet: inout mos_packet
    ) -> ChecksumVerdict {
        let proto = datagram.proto
        let isOffloadable = proto == IPProtocol.tcp || proto == IPProtocol.udp
        if checksums == .auto && isOffloadable {
            let whole = addresses &+ Checksum.sum(length: datagram.length, proto: proto)
            let part = addresses &+ Checksum.sum(length: 0, proto: proto)
            let isPart = datagram.hasInferredLength && field == Checksum.fold(part)
            if field == Checksum.fold(whole) || isPart {
                packet.set(MOS_PKT_OFFLOADED)
                return .offloaded
            }
        }
        packet.set(MOS_PKT_BAD_CHECKSUM)
        return .bad
    }
}
