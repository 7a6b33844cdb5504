// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// The headers of a frame without payload, and where in them what must be filled in.
struct FrameTemplate {
    let bytes: [UInt8]
    private let isIPv6: Bool
    /// Where the IP header stands.
    private let network: Int
    private let transport: Int
    /// Where the timestamps option's value stands, nil without one.
    private let timestamps: Int?
    private static let tcp: UInt64 = 6

    init(style: FrameMaker.Style, isIPv6: Bool, isTagged: Bool, isSYN: Bool) {
        self.isIPv6 = isIPv6
        let clock = TCPOption.timestamps(value: 0, echo: 0)
        let size = TCPOption.mss(isIPv6 ? 1440 : 1460)
        let options: [TCPOption] =
            switch (style, isSYN) {
            case (.timestamps, true): [size, .sackPermitted, clock, .noOperation, .windowScale(7)]
            case (.timestamps, false): [.noOperation, .noOperation, clock]
            case (.bare, true): [size]
            case (.bare, false): []
            }
        let builder = PacketBuilder(
            vlanTags: isTagged ? [VLANTag(0)] : [],
            ip: isIPv6 ? .ipv6 : .ipv4
        )
        bytes = builder.frame(TCPSegment(seq: 0, options: options))
        network = isTagged ? 18 : 14
        transport = network + (isIPv6 ? 40 : 20)
        timestamps =
            style == .timestamps ? transport + 20 + (isSYN ? 4 + 2 + 2 : 2 + 2) : nil
    }

    /// Writes everything but lengths and checksums into a copy of the template.
    func patch(
        _ frame: inout [UInt8],
        _ segment: Segment,
        _ ends: Endpoints,
        _ time: Timestamp
    ) {
        let source = network + (isIPv6 ? 8 : 12)
        let width = isIPv6 ? 16 : 4
        let client = source + (segment.isFromClient ? 0 : width)
        let server = source + (segment.isFromClient ? width : 0)
        // Behind the addresses and the tag's EtherType.
        if let vlan = ends.vlan { frame.put(vlan, at: 14) }
        // 10.0.0.0/8 and 192.0.2.0/24, or the last four bytes of an IPv6 address.
        frame.put(10 << 24 | ends.client, at: client + width - 4)
        frame.put(0xC000_0200 | ends.server, at: server + width - 4)
        frame.put(segment.isFromClient ? ends.clientPort : ends.serverPort, at: transport)
        frame.put(segment.isFromClient ? ends.serverPort : ends.clientPort, at: transport + 2)
        frame.put(segment.seq, at: transport + 4)
        frame.put(segment.ack, at: transport + 8)
        frame[transport + 13] = segment.flags.rawValue
        guard let timestamps else { return }
        let milliseconds = UInt32(truncatingIfNeeded: time.nanoseconds / 1_000_000)
        frame.put(milliseconds, at: timestamps)
        frame.put(segment.ack == 0 ? 0 : milliseconds, at: timestamps + 4)
    }

    /// Writes the lengths and checksums of a frame whose payload sums up to `payload`.
    func sum(_ frame: inout [UInt8], payload: UInt16, length: Int) {
        let segmentLength = bytes.count - transport + length
        frame.put(UInt16(0), at: transport + 16)
        let source = network + (isIPv6 ? 8 : 12)
        if isIPv6 {
            frame.put(UInt16(segmentLength), at: network + 4)
        } else {
            frame.put(UInt16(20 + segmentLength), at: network + 2)
            frame.put(UInt16(0), at: network + 10)
            let header = InternetSum.words(frame, network..<transport)
            frame.put(~InternetSum.fold(header), at: network + 10)
        }
        // The addresses lie just ahead of the transport header.
        let pseudo = UInt64(segmentLength) + Self.tcp
        let rest = InternetSum.words(frame, source..<bytes.count)
        frame.put(~InternetSum.fold(rest + pseudo + UInt64(payload)), at: transport + 16)
    }
}

extension [UInt8] {
    fileprivate mutating func put(_ value: UInt16, at place: Int) {
        self[place] = UInt8(truncatingIfNeeded: value >> 8)
        self[place + 1] = UInt8(truncatingIfNeeded: value)
    }

    fileprivate mutating func put(_ value: UInt32, at place: Int) {
        put(UInt16(truncatingIfNeeded: value >> 16), at: place)
        put(UInt16(truncatingIfNeeded: value), at: place + 2)
    }
}
