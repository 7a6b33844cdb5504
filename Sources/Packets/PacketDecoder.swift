// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// Turns captured bytes into `mos_packet`: link layer, IP, transport, checksums.
///
/// Any bytes at all may come; what is malformed is a result, never a trap or an error thrown.
public struct PacketDecoder: Sendable {
    /// What is done about checksums.
    public var checksums: ChecksumPolicy
    /// Which IP packet of those within each other is the one that counts.
    public var decapsulation: Decapsulation

    /// A decoder that treats checksums and tunnels that way.
    public init(checksums: ChecksumPolicy = .auto, decapsulation: Decapsulation = .inner) {
        self.checksums = checksums
        self.decapsulation = decapsulation
    }

    /// Decodes `frame` and fills in every field of `packet` that does not depend on other packets.
    ///
    /// Shape: `payload ..< payload + payload_len` always lies within the captured bytes; `l3` and
    /// `l4` are -1 where there is no such header. `link` is the low byte of the LINKTYPE number
    /// (Linux cooked v2, 276, becomes 20). A malformed frame keeps what was read up to the fault.
    /// `number`, `offset` and `invalid` are left at 0 for the engine. Behind a tunnel all fields but `ethertype`, `len`
    /// and `caplen` are those of the innermost IP packet.
    ///
    /// - Parameters:
    ///   - frame: the captured bytes and what the capture says about them.
    ///   - packet: overwritten as a whole.
    /// - Returns: what the frame is and what its checksum said.
    public func decode(_ frame: Frame, into packet: inout mos_packet) -> DecodeResult {
        packet.begin(frame)
        do throws(DecodeError) {
            let link = try LinkHeader(frame.bytes, frame.linkType)
            packet.setLink(link)
            let datagram: Datagram
            switch link.etherType {
            case EtherType.ipv4: datagram = try ipv4(frame, &packet)
            case EtherType.ipv6: datagram = try ipv6(frame, &packet)
            default:
                packet.setPayload(behind: link, frame)
                return DecodeResult(.nonIP)
            }
            let result = network(datagram, frame.bytes, &packet)
            return mayBeTunnel(result, packet)
                ? followTunnels(frame, result, &packet, note: { _ in }) : result
        } catch {
            return DecodeResult(malformed: error)
        }
    }

    /// Fills in what an IP header says and what its packet carries.
    @inline(__always)
    func network(
        _ datagram: Datagram,
        _ bytes: ByteView,
        _ packet: inout mos_packet
    ) -> DecodeResult {
        packet.setDatagram(datagram)
        let result = transport(datagram, bytes, &packet)
        return datagram.hasBadHeader ? result.spoiled(by: .ipv4BadChecksum) : result
    }

    /// Decodes what an IP packet carries.
    @inline(__always)
    private func transport(
        _ datagram: Datagram,
        _ bytes: ByteView,
        _ packet: inout mos_packet
    ) -> DecodeResult {
        if datagram.isFragment { return DecodeResult(.fragment) }
        do throws(DecodeError) {
            switch datagram.proto {
            case IPProtocol.tcp:
                return try tcp(datagram, bytes, &packet)
            case IPProtocol.udp:
                return try udp(datagram, bytes, &packet)
            case packet.ip_version == 4 ? IPProtocol.icmp : IPProtocol.icmpv6:
                return try icmp(datagram, bytes, &packet)
            default:
                return DecodeResult(.otherIP)
            }
        } catch {
            return DecodeResult(malformed: error)
        }
    }
}
