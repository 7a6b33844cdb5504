// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

extension PacketDecoder {
    /// Decodes the frame that most are: Ethernet, IPv4 without options or IPv6 without extension headers, whole, TCP with
    /// options that are right, if any, right checksums.
    ///
    /// One straight way to what ``decode(_:into:)`` finds for the same frame; that is the reference.
    ///
    /// - Parameters:
    ///   - frame: the captured bytes and what the capture says about them.
    ///   - packet: overwritten as a whole, when the frame is such a one.
    /// - Returns: false when the frame is another, or anything is wrong with it; then `packet` may be anything.
    public func decodeOrdinary(_ frame: Frame, into packet: inout mos_packet) -> Bool {
        let bytes = frame.bytes
        guard bytes.count >= 54, frame.linkType == .ethernet else { return false }
        // EtherType, version, header length and TOS are the second half of these eight bytes.
        let link = UInt32(truncatingIfNeeded: UInt64(bigEndian: bytes.raw64(8)))
        // TOS ending in 11 is a packet that met congestion (RFC 3168 section 5).
        let odd = link ^ 0x0800_4503
        guard odd < 256, odd & 3 != 0 else {
            return link &>> 12 == 0x86DD6 && decodeOrdinaryIPv6(frame, into: &packet)
        }
        let first = bytes.raw64(14)
        let second = bytes.raw64(22)
        let third = bytes.raw32(30)
        let length = UInt64(bigEndian: first)
        let total = Int(length &>> 32 & 0xFFFF)
        let proto = UInt8(truncatingIfNeeded: UInt64(bigEndian: second) &>> 48)
        // 0x3FFF: more fragments follow, or this one does not start at 0.
        guard length & 0x3FFF == 0, proto == IPProtocol.tcp, total >= 40,
            14 &+ total <= bytes.count
        else { return false }
        let addresses = second &>> 32 &+ UInt64(third)
        // Never 0: there is a version.
        let header = first & 0xFFFF_FFFF &+ first &>> 32 &+ second & 0xFFFF_FFFF &+ addresses
        guard checksums == .off || Checksum.isRight(header) else { return false }
        return decodeOrdinaryTCP(
            frame,
            OrdinaryNetwork(
                src: .ipv4InMemoryOrder(UInt32(truncatingIfNeeded: second &>> 32)),
                dst: .ipv4InMemoryOrder(third),
                addresses: addresses,
                version: 4,
                etherType: EtherType.ipv4,
                end: 14 &+ total
            ),
            at: 34,
            into: &packet
        )
    }

    /// The same of a frame whose EtherType and version are those of IPv6.
    @inline(never)
    private func decodeOrdinaryIPv6(_ frame: Frame, into packet: inout mos_packet) -> Bool {
        let bytes = frame.bytes
        guard bytes.count >= 74 else { return false }
        let first = UInt64(bigEndian: bytes.raw64(14))
        let length = Int(first &>> 16 & 0xFFFF)
        // The traffic class ending in 11 is a packet that met congestion (RFC 3168 section 5).
        guard first &>> 52 & 3 != 3, UInt8(truncatingIfNeeded: first &>> 8) == IPProtocol.tcp,
            length >= 20, 54 &+ length <= bytes.count
        else { return false }
        let src = mos_addr(a: bytes.raw64(22), b: bytes.raw64(30))
        let dst = mos_addr(a: bytes.raw64(38), b: bytes.raw64(46))
        return decodeOrdinaryTCP(
            frame,
            OrdinaryNetwork(
                src: src,
                dst: dst,
                addresses: Checksum.sum(src) &+ Checksum.sum(dst),
                version: 6,
                etherType: EtherType.ipv6,
                end: 54 &+ length
            ),
            at: 54,
            into: &packet
        )
    }

    /// What an IP header in front of an ordinary segment says.
    private struct OrdinaryNetwork {
        let src: mos_addr
        let dst: mos_addr
        /// The sum of both addresses.
        let addresses: UInt64
        let version: UInt8
        let etherType: UInt16
        /// The offset behind the packet, which was captured to its end.
        let end: Int
    }

    /// Decodes the segment at `start`; at least 20 bytes of it are there.
    @inline(__always)
    private func decodeOrdinaryTCP(
        _ frame: Frame,
        _ network: OrdinaryNetwork,
        at start: Int,
        into packet: inout mos_packet
    ) -> Bool {
        let bytes = frame.bytes
        let seg = (bytes.raw64(start), bytes.raw64(start &+ 8), bytes.raw32(start &+ 16))
        let ports = UInt64(bigEndian: seg.0)
        let control = UInt64(bigEndian: seg.1)
        let headerLength = Int(control &>> 28 & 0xF) &* 4
        let options = start &+ 20
        guard headerLength >= 20, start &+ headerLength <= network.end else { return false }
        // Two no-operations and the timestamps (RFC 7323 appendix A).
        let hasTimestamps = headerLength == 32 && bytes.u32(options) == 0x0101_080A

        if checksums != .off {
            let rest = bytes.onesComplementSum(options, network.end &- options)
            let length = Checksum.sum(length: network.end &- start, proto: IPProtocol.tcp)
            let fixed =
                seg.0 & 0xFFFF_FFFF &+ seg.0 &>> 32 &+ seg.1 & 0xFFFF_FFFF &+ seg.1 &>> 32
                &+ UInt64(seg.2)
            // Never 0: there is a protocol.
            guard Checksum.isRight(network.addresses &+ length &+ fixed &+ rest) else {
                return false
            }
        }

        let flags = MOS_PKT_IP | MOS_PKT_HAS_TRANSPORT
        let payload = network.end &- start &- headerLength
        packet = mos_packet(
            src: network.src,
            dst: network.dst,
            number: 0,
            offset: 0,
            time: frame.time.shared,
            len: frame.wireLength,
            caplen: UInt32(truncatingIfNeeded: bytes.count),
            l3: 14,
            l4: Int32(truncatingIfNeeded: start),
            payload: Int32(truncatingIfNeeded: start &+ headerLength),
            payload_len: Int32(truncatingIfNeeded: payload),
            seq: UInt32(truncatingIfNeeded: ports),
            ack: UInt32(truncatingIfNeeded: control &>> 32),
            tsval: hasTimestamps ? bytes.u32(options &+ 4) : 0,
            tsecr: hasTimestamps ? bytes.u32(options &+ 8) : 0,
            flags: UInt32(hasTimestamps ? flags | MOS_PKT_HAS_TIMESTAMPS : flags),
            sport: UInt16(truncatingIfNeeded: ports &>> 48),
            dport: UInt16(truncatingIfNeeded: ports &>> 32),
            window: UInt16(truncatingIfNeeded: control),
            mss: 0,
            vlan: VLAN.none,
            ethertype: network.etherType,
            ip_version: network.version,
            proto: IPProtocol.tcp,
            tcp_flags: UInt8(truncatingIfNeeded: control &>> 16),
            wscale: 0,
            invalid: 0,
            link: 1,
            malformed: 0,
            rexmit_kind: 0,
            wire_payload_len: UInt32(truncatingIfNeeded: payload)
        )
        return headerLength == 20 || hasTimestamps
            || TCPOptions.walk(bytes, options, start &+ headerLength, &packet)
    }
}
