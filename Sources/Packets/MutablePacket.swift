// SPDX-License-Identifier: BSD-2-Clause
// A decoded packet whose frame may be changed. This file: where its parts lie. +Checksums: what covers them. +TCP: fields
// of a segment. +Payload: another payload, and one segment in several. What a packet says of its layout is checked once,
// against the frame; what lies in the frame may change between the steps, so nothing that is read there is relied on.
import CMosABI

/// A whole IP packet in a frame that may be changed.
///
///     0        l3         l4          payload       end     ipEnd    count
///     │  link  │    IP    │ transport │   payload   │ (UDP) │ padding │
///
/// What a checksum covers changes together with it, by the difference (RFC 1624): a right checksum stays right, a wrong
/// one wrong, one that is left to a network card stays its business.
public struct MutablePacket {
    /// The frame, padding included.
    public internal(set) var frame: MutableByteView
    /// The transport checksum is the folded sum of the pseudo-header: whoever sends the frame finishes it.
    public var isOffloaded = false
    let l3: Int
    let l4: Int
    let payload: Int
    /// Behind the payload.
    var end: Int
    /// Behind the IP packet; UDP may end before.
    var ipEnd: Int
    let version: UInt8
    let proto: UInt8
    let flags: UInt32
    let isEthernet: Bool

    /// The packet that `packet`, decoded from `frame`, is; nil when it is none of IP, or was not captured whole.
    ///
    /// Make it before the frame is changed: what was left to a network card is recognized by its checksum where the flags
    /// do not tell.
    public init?(_ packet: mos_packet, _ frame: MutableByteView) {
        self.frame = frame
        l3 = Int(packet.l3)
        l4 = Int(packet.l4)
        payload = Int(packet.payload)
        end = payload + Int(packet.payload_len)
        ipEnd = end
        version = packet.ip_version
        proto = packet.proto
        flags = packet.flags
        isEthernet = packet.link == 1
        let header = version == 4 ? IPv4Header.minimumLength : IPv6Header.length
        guard flags & UInt32(MOS_PKT_IP) != 0, l3 >= 0, l4 >= l3 + header, packet.payload_len >= 0,
            payload >= l4 + transportLength, end <= frame.count,
            flags & UInt32(MOS_PKT_TRUNCATED) == 0,
            packet.wire_payload_len == UInt32(packet.payload_len)
        else { return nil }
        let field = Int(version == 4 ? frame.u16(l3 + 2) : frame.u16(l3 + 4))
        let told = field == 0 ? frame.count : l3 + field + (version == 4 ? 0 : header)
        ipEnd = min(max(told, end), frame.count)
        isOffloaded = wasLeft
    }

    /// The same packet in a copy of its frame that is as long.
    public func moved(to frame: MutableByteView) -> MutablePacket {
        precondition(frame.count >= self.frame.count, "a copy has all of the frame")
        var packet = self
        packet.frame = frame
        return packet
    }

    /// True when there is a transport header of a whole packet.
    var hasTransport: Bool { has(MOS_PKT_HAS_TRANSPORT) && !has(MOS_PKT_FRAGMENT) }

    /// True when it is a TCP segment.
    public var isTCP: Bool { hasTransport && proto == IPProtocol.tcp }

    /// The payload.
    public var payloadBytes: ByteView { frame.view.slice(payload, end - payload) }

    func has(_ flag: Int) -> Bool { flags & UInt32(truncatingIfNeeded: flag) != 0 }

    /// The least that its transport header takes.
    private var transportLength: Int {
        guard hasTransport else { return 0 }
        return proto == IPProtocol.tcp ? TCPHeader.minimumLength : UDPHeader.length
    }

    /// True when the flags, and where they are of the IP header perhaps the checksum, tell that the latter was left.
    private var wasLeft: Bool {
        guard has(MOS_PKT_OFFLOADED), isTCP || hasTransport && proto == IPProtocol.udp,
            let at = checksumOffset
        else { return false }
        guard has(MOS_PKT_IP_OFFLOADED) else { return true }
        return pseudoSum().map { Checksum.fold($0) == frame.rawU16(at) } ?? false
    }
}
