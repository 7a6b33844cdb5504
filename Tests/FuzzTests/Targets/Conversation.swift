// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Segments of a few connections, as an input tells: six bytes each.
///
/// The byte that an end sends with a sequence number never changes, so whoever reads a stream can tell whether it is
/// right, whatever was lost, repeated or reordered.
struct Conversation {
    private(set) var frames: [OwnedFrame] = []
    private var time: Int64 = 1_700_000_000_000_000_000
    /// The next sequence numbers: of the client and of the server of each connection.
    private var next: [[UInt32]]

    init(_ input: inout InputBytes) {
        next = (0..<4).map { _ in [0xFFFF_FF00, 5000] }
        while !input.isEmpty, frames.count < 400 { add(&input) }
    }

    /// The byte that an end sends with that number.
    static func byte(_ seq: UInt32, isClient: Bool) -> UInt8 {
        UInt8(truncatingIfNeeded: (seq &* 0x9E37_79B1) >> 24) ^ (isClient ? 0 : 0x55)
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
            }
        )
        if !isClient { segment = segment.reversed }
        if flags.contains(.syn), odd & 4 != 0 { segment.options.append(.windowScale(4)) }
        let builder = isClient ? PacketBuilder() : PacketBuilder().reversed
        var bytes = builder.frame(segment)
        let whole = UInt32(bytes.count)
        if odd >= 0xF8 { bytes.removeLast(min(length, odd & 7)) }
        frames.append(
            OwnedFrame(bytes: bytes, wireLength: whole, time: Timestamp(nanoseconds: time))
        )
        // A segment far ahead may be one of few; the conversation goes on where it was.
        var end = first &+ UInt32(length)
        if flags.contains(.fin) { end &+= 1 }
        if Int32(bitPattern: end &- next[flow][own]) > 0 { next[flow][own] = end }
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
