// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

extension PacketDecoder {
    /// Decodes the frame that most are: Ethernet, IPv4 without options, whole, TCP with options that are right, if any,
    /// right checksums.
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
        let first = bytes.raw64(14)
        let second = bytes.raw64(22)
        let third = bytes.raw32(30)
        let length = UInt64(bigEndian: first)
        let total = Int(length &>> 32 & 0xFFFF)
        let proto = UInt8(truncatingIfNeeded: UInt64(bigEndian: second) &>> 48)
        // 0x3FFF: more fragments follow, or this one does not start at 0.
        // TOS ending in 11 is a packet that met congestion (RFC 3168 section 5).
        let odd = link ^ 0x0800_4503
        guard odd < 256, odd & 3 != 0, length & 0x3FFF == 0, proto == 6, total >= 40,
            14 &+ total <= bytes.count
        else { return false }

        let seg = (bytes.raw64(34), bytes.raw64(42), bytes.raw32(50))
        let ports = UInt64(bigEndian: seg.0)
        let control = UInt64(bigEndian: seg.1)
        let headerLength = Int(control &>> 28 & 0xF) &* 4
        guard headerLength >= 20, 20 &+ headerLength <= total else { return false }
        // Two no-operations and the timestamps (RFC 7323 appendix A).
        let hasTimestamps = headerLength == 32 && bytes.u32(54) == 0x0101_080A

        if checksums != .off {
            let addresses = second &>> 32 &+ UInt64(third)
            let header =
                first & 0xFFFF_FFFF &+ first &>> 32 &+ second & 0xFFFF_FFFF &+ addresses
            let rest = bytes.onesComplementSum(54, total &- 40)
            let pseudo = addresses &+ Checksum.sum(length: total &- 20, proto: proto)
            let fixed =
                seg.0 & 0xFFFF_FFFF &+ seg.0 &>> 32 &+ seg.1 & 0xFFFF_FFFF &+ seg.1 &>> 32
                &+ UInt64(seg.2)
            guard Checksum.fold(header) == 0xFFFF, Checksum.fold(pseudo &+ fixed &+ rest) == 0xFFFF
            else { return false }
        }

        let flags = MOS_PKT_IP | MOS_PKT_HAS_TRANSPORT
        let payload = total &- 20 &- headerLength
        packet = mos_packet(
            src: .ipv4InMemoryOrder(UInt32(truncatingIfNeeded: second &>> 32)),
            dst: .ipv4InMemoryOrder(third),
            number: 0,
            offset: 0,
            time: frame.time.shared,
            len: frame.wireLength,
            caplen: UInt32(truncatingIfNeeded: bytes.count),
            l3: 14,
            l4: 34,
            payload: Int32(truncatingIfNeeded: 34 &+ headerLength),
            payload_len: Int32(truncatingIfNeeded: payload),
            seq: UInt32(truncatingIfNeeded: ports),
            ack: UInt32(truncatingIfNeeded: control &>> 32),
            tsval: hasTimestamps ? bytes.u32(58) : 0,
            tsecr: hasTimestamps ? bytes.u32(62) : 0,
            flags: UInt32(hasTimestamps ? flags | MOS_PKT_HAS_TIMESTAMPS : flags),
            sport: UInt16(truncatingIfNeeded: ports &>> 48),
            dport: UInt16(truncatingIfNeeded: ports &>> 32),
            window: UInt16(truncatingIfNeeded: control),
            mss: 0,
            vlan: VLAN.none,
            ethertype: 0x0800,
            ip_version: 4,
            proto: proto,
            tcp_flags: UInt8(truncatingIfNeeded: control &>> 16),
            wscale: 0,
            invalid: 0,
            link: 1,
            pad0: 0,
            rexmit_kind: 0,
            wire_payload_len: UInt32(truncatingIfNeeded: payload)
        )
        return headerLength == 20 || hasTimestamps
            || TCPOptions.walk(bytes, 54, 34 &+ headerLength, &packet)
    }
}
