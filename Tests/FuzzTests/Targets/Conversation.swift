// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Segments of a few connections, as an input tells: six bytes each, or eight.
///
/// The byte that an end sends with a sequence number never changes but for its highest bit, so whoever reads a stream
/// can tell whether it is right, whatever was lost, repeated or reordered.
struct Conversation {
    private(set) var frames: [OwnedFrame] = []
    /// What callbacks do, see ``Watch``; 0 = nothing.
    private(set) var actions: [Int] = []
    private let isShaped: Bool
    private var time: Int64 = 1_700_000_000_000_000_000
    /// The next sequence numbers: of the client and of the server of each connection.
    private var next: [[UInt32]]

    init(_ input: inout InputBytes, isShaped: Bool) {
        self.isShaped = isShaped
        next = (0..<4).map { _ in [0xFFFF_FF00, 5000] }
        while !input.isEmpty, frames.count < 400 { add(&input) }
    }

    /// The byte that an end sends with that number, but for its highest bit.
    static func byte(_ seq: UInt32, isClient: Bool) -> UInt8 {
        (UInt8(truncatingIfNeeded: (seq &* 0x9E37_79B1) >> 24) ^ (isClient ? 0 : 0x55)) & 0x7F
    }

    private static let flags: [TCPFlags] = [
        .ack, .ack, .ack, .ack, .ack, .ack, .syn, [.syn, .ack], [.fin, .ack], .fin, .rst,
        [.rst, .ack], [],
        [.syn, .fin], [.syn, .rst], [.ack, .psh],
    ]

    private mutating func add(_ input: inout InputBytes) {
        let kind = input.next()
        let isClient = kind & 1 == 0
        let flow = kind >> 1 & 3
        let flags = Self.flags[kind >> 4]
        let (own, other) = isClient ? (0, 1) : (1, 0)
        let seq = next[flow][own] &+ UInt32(truncatingIfNeeded: input.step())
        let length = input.next()
        let ack = next[flow][other] &+ UInt32(truncatingIfNeeded: input.step())
        advance(input.next())
        let odd = input.next()
        let shape = Shape(isShaped ? input.next() : 0)
        if isShaped { actions.append(input.next()) }
        let first = flags.contains(.syn) ? seq &+ 1 : seq
        var segment = TCPSegment(
            sourcePort: 40000 + UInt16(flow),
            seq: seq,
            ack: ack,
            flags: flags,
            window: odd & 1 != 0 ? UInt16(odd) >> 2 : 65535,
            options: odd & 2 != 0 ? [.timestamps(value: UInt32(odd) >> 2, echo: 1)] : [],
            payload: (0..<length).map {
                Self.byte(first &+ UInt32(truncatingIfNeeded: $0), isClient: isClient)
                    | shape.version
            }
        )
        if !isClient { segment = segment.reversed }
        if flags.contains(.syn), odd & 4 != 0 { segment.options.append(.windowScale(4)) }
        for frame in shape.frames(segment, isClient: isClient, length: length) {
            add(frame, cut: odd >= 0xF8 ? min(length, odd & 7) : 0)
        }
        // A segment far ahead may be one of few; the conversation goes on where it was.
        guard shape.isTCP else { return }
        var end = first &+ UInt32(length)
        if flags.contains(.fin) { end &+= 1 }
        if Int32(bitPattern: end &- next[flow][own]) > 0 { next[flow][own] = end }
    }

    private mutating func add(_ frame: [UInt8], cut: Int) {
        frames.append(
            OwnedFrame(
                bytes: Array(frame.dropLast(cut)),
                wireLength: UInt32(frame.count),
                time: Timestamp(nanoseconds: time)
            )
        )
    }

    /// Steps from nothing to minutes, and sometimes back.
    private mutating func advance(_ byte: Int) {
        switch byte {
        case 0..<200: time += Int64(byte) * 1_000_000
        case 255: time -= 1_000_000_000
        default: time += Int64(byte - 199) * Int64(byte - 199) * 100_000_000
        }
    }
}

/// What a segment is carried by, or what takes its place; 0 = Ethernet and IPv4.
private struct Shape {
    private let bits: Int

    init(_ bits: Int) { self.bits = bits }

    /// Another content for the same sequence numbers.
    var version: UInt8 { bits & 8 != 0 ? 0x80 : 0 }
    var isTCP: Bool { bits & 32 == 0 }
    private var isICMP: Bool { bits & 16 != 0 }
    private var isTwice: Bool { bits & 128 != 0 }

    private var builder: PacketBuilder {
        var builder: PacketBuilder
        switch bits & 7 {
        case 2: builder = PacketBuilder(ip: .ipv6)
        case 3: builder = PacketBuilder(vlanTags: [VLANTag(5)])
        case 4: builder = PacketBuilder(tunnels: [BuiltTunnel(.gre(key: 7))])
        case 5: builder = PacketBuilder(tunnels: [BuiltTunnel(.vxlan(9), vlanTags: [VLANTag(5)])])
        case 6: builder = PacketBuilder(ip: .ipv6, tunnels: [BuiltTunnel(.ip)])
        default: builder = PacketBuilder()
        }
        builder.checksum = bits & 64 != 0 ? .bad : .right
        return builder
    }

    func frames(_ segment: TCPSegment, isClient: Bool, length: Int) -> [[UInt8]] {
        let builder = isClient ? builder : builder.reversed
        var frames: [[UInt8]]
        if !isTCP {
            frames = [isICMP ? message(segment, builder, length) : datagram(segment, builder)]
        } else if bits & 7 == 7 {
            frames = builder.fragments(
                segment,
                cuts: length > 8 ? [8, 16 + length / 16 * 8] : [8],
                identification: segment.seq &+ UInt32(length)
            )
            if length & 1 != 0 { frames.reverse() }
            if length & 15 == 2 { frames.removeFirst() }
        } else {
            frames = [builder.frame(segment)]
        }
        return isTwice ? frames + frames : frames
    }

    private func datagram(_ segment: TCPSegment, _ builder: PacketBuilder) -> [UInt8] {
        builder.frame(
            UDPDatagram(
                sourcePort: segment.sourcePort,
                destinationPort: segment.destinationPort,
                payload: segment.payload
            )
        )
    }

    /// A ping, or an error that quotes a segment of the same flow.
    private func message(_ segment: TCPSegment, _ builder: PacketBuilder, _ length: Int) -> [UInt8]
    {
        let isIPv4 = builder.ip.source.version == 4
        let ping: [UInt8] = isIPv4 ? [8, 0] : [128, 129]
        guard length & 1 == 0 else {
            let type = ping[segment.sourcePort == 80 ? 1 : 0]
            return builder.frame(ICMPMessage(type: type, rest: 7 << 16, payload: segment.payload))
        }
        var quoted = PacketBuilder(ip: builder.ip)
        quoted = quoted.reversed
        let packet = quoted.frame(segment.reversed).dropFirst(14).prefix(20 + length)
        return builder.frame(
            ICMPMessage(type: isIPv4 ? 3 : 1, code: 1, payload: Array(packet))
        )
    }
}
