// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

extension MutablePacket {
    /// What the wire demands of an Ethernet frame, without its check sequence (IEEE 802.3); shorter ones are padded.
    public static var minimumFrame: Int { 60 }

    /// The longest IP packet that its length field can tell.
    static var maximumLength: Int { 65_535 }

    /// Bytes of the frame when its payload has `count`, padding included.
    public func frameLength(payload count: Int) -> Int {
        padded(payload + count + ipEnd - end)
    }

    /// The same packet with another payload: lengths and checksums follow.
    ///
    /// - Parameters:
    ///   - bytes: the payload; apart from `output`, or in it where the payload will lie.
    ///   - output: where the frame is written; may be the frame of this packet, which is over then, unless `bytes` is
    ///     in it.
    /// - Returns: the packet in its frame at the beginning of `output`; nil, and nothing written, when that has no room,
    ///   when it would be longer than an IP packet can be, or when it is not one TCP segment, UDP datagram or ICMP
    ///   message by itself: a fragment, another protocol, in a tunnel, a jumbogram.
    public func replacing(payload bytes: ByteView, in output: MutableByteView) -> MutablePacket? {
        rewritten(bytes, in: output) { _ in }
    }

    // MARK: One segment in several

    /// How many segments of at most `limit` payload bytes a payload of `count` makes; at least one.
    public static func segments(of count: Int, limit: Int) -> Int {
        precondition(limit > 0, "a segment carries something")
        return max(1, (count + limit - 1) / limit)
    }

    /// One of the segments that this one makes when its payload is cut.
    ///
    /// Sequence numbers and IPv4 identifications advance; SYN and CWR go with the first, PSH, FIN and RST with the last.
    /// The checksum is complete, also when that of this segment was left to a network card.
    ///
    /// - Parameters:
    ///   - index: which, below ``segments(of:limit:)``.
    ///   - bytes: all of the payload, this packet's own or another.
    ///   - limit: the most payload bytes of a segment.
    ///   - output: where the frame is written, apart from this packet's frame and from `bytes`.
    /// - Returns: the segment; nil, and nothing written, when there is none such, or as of ``replacing(payload:in:)``.
    public func segment(
        _ index: Int,
        of bytes: ByteView,
        limit: Int,
        in output: MutableByteView
    ) -> MutablePacket? {
        let count = Self.segments(of: bytes.count, limit: limit)
        guard isTCP, index >= 0, index < count else { return nil }
        let start = index * limit
        let result = rewritten(bytes.slice(start, limit), in: output) { part in
            part.become(index, at: start, isLast: index == count - 1)
        }
        guard var result else { return nil }
        return result.finishTransportChecksum() ? result : nil
    }

    /// Header fields of a segment that begins `start` bytes behind the one that it is a part of.
    private func become(_ index: Int, at start: Int, isLast: Bool) {
        var flags = tcpFlags
        let urgent = Int(frame.u16(l4 + 18))
        if !isLast { flags.subtract([.psh, .fin, .rst]) }
        if index > 0 {
            let skipped = UInt32(truncatingIfNeeded: start + (flags.contains(.syn) ? 1 : 0))
            // Sequence numbers are numbers modulo 2^32.
            frame.set(frame.u32(l4 + 4) &+ skipped, at: l4 + 4)
            if flags.contains(.urg) {
                if urgent <= start { flags.remove(.urg) }
                frame.set(UInt16(max(0, urgent - start)), at: l4 + 18)
            }
            flags.subtract([.syn, .cwr])
        }
        frame[l4 + 13] = flags.rawValue
        guard version == 4 else { return }
        // An identification is any number that others do not have: 16 bits of it are all there are.
        frame.set(
            UInt16(truncatingIfNeeded: Int(frame.u16(l3 + 4)) + index),
            at: l3 + 4
        )
    }

    // MARK: A frame from headers and payload

    /// Writes link layer, headers and what comes behind the payload around another payload.
    private func rewritten(
        _ bytes: ByteView,
        in output: MutableByteView,
        _ amend: (MutablePacket) -> Void
    ) -> MutablePacket? {
        let grown = bytes.count - (end - payload)
        let length = frameLength(payload: bytes.count)
        guard canChangeLength, length <= output.count,
            ipEnd + grown - l3 - (version == 4 ? 0 : IPv6Header.length) <= Self.maximumLength,
            checksumOffset != nil, !isOffloaded || pseudoSum() != nil
        else { return nil }
        let old = sums
        let lacked = lacksChecksum

        let tail = frame.view.slice(end, ipEnd - end)
        output.set(tail, at: end + grown)
        output.set(frame.view.slice(0, payload), at: 0)
        output.set(bytes, at: payload)
        var result = self
        result.end += grown
        result.ipEnd += grown
        output.clear(result.ipEnd, length - result.ipEnd)
        result.frame = output.slice(0, length)
        result.setLengths()
        amend(result)

        let new = result.sums
        if has(MOS_PKT_IP_OFFLOADED) {
            result.updateIPChecksum()
        } else if version == 4 {
            let field = output.rawU16(l3 + 10)
            output.setRaw(Checksum.updated(field, from: old.header, to: new.header), at: l3 + 10)
        }
        if isOffloaded {
            result.updateTransportChecksum()
        } else if !hasPseudoHeader, Checksum.fold(old.segment) == 0xFFFF {
            // Without a pseudo-header a message may be all zeros, of which differences do not tell what is right.
            _ = result.computeTransportChecksum()
        } else if !lacked, old.segment != 0, let at = checksumOffset {
            let field = output.rawU16(at)
            result.setTransportChecksum(
                Checksum.updated(field, from: old.segment, to: new.segment)
            )
        }
        return result
    }

    /// What checksums cover, their own fields among it, which do not differ when these are compared.
    private var sums: (header: UInt64, segment: UInt64) {
        let headerLength = version == 4 ? min(Int(frame[l3] & 0xF) * 4, l4 - l3) : 0
        let length = hasPseudoHeader ? Checksum.sum(length: end - l4, proto: 0) : 0
        return (
            frame.view.onesComplementSum(l3, headerLength),
            frame.view.onesComplementSum(l4, end - l4) &+ length
        )
    }

    /// Sets the length fields of the link layer, IP and UDP.
    private func setLengths() {
        if version == 4 {
            frame.set(UInt16(truncatingIfNeeded: ipEnd - l3), at: l3 + 2)
        } else {
            frame.set(UInt16(truncatingIfNeeded: ipEnd - l3 - IPv6Header.length), at: l3 + 4)
        }
        if proto == IPProtocol.udp { frame.set(UInt16(truncatingIfNeeded: end - l4), at: l4 + 4) }
        if isEthernet { LinkLengths.set(frame, l3: l3, end: ipEnd) }
    }

    /// True when nothing but link layer, IP and transport header tells how long it is.
    private var canChangeLength: Bool {
        // A length of 0 with hop-by-hop options is a jumbogram, whose option tells the length (RFC 2675).
        let isJumbo = version == 6 && frame.u16(l3 + 4) == 0 && frame[l3 + 6] == 0
        return hasTransport && !has(MOS_PKT_TUNNEL) && !isJumbo
    }

    private func padded(_ length: Int) -> Int {
        isEthernet ? max(length, Self.minimumFrame) : length
    }
}
