// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// A source whose TCP segments are cut otherwise: some in two, some joined with the next, as offloading senders and
/// receivers, proxies and repeats do.
public typealias SegmentCutter = RewritingSource<SegmentCuts>

/// Cuts and joins TCP segments over IPv4 in Ethernet frames; whatever else passes unchanged.
///
/// What comes out carries the same bytes at the same sequence numbers, with right lengths and checksums. A joined
/// segment takes the place of its second part, whose acknowledgement, window and flags it has.
public struct SegmentCuts: FrameRewriter {
    /// How many segments were cut, and how many joined.
    public struct Tally: Equatable, Sendable {
        /// Segments that became two.
        public var split: UInt64 = 0
        /// Pairs that became one.
        public var coalesced: UInt64 = 0
    }

    /// What happened so far.
    public private(set) var tally = Tally()
    private let split: Double
    private let coalesce: Double
    private var random: SplitMix64
    /// A segment that waits to be joined with the next one.
    private var waiting: (segment: IPv4Segment, frame: OwnedFrame)?

    /// Cuts and joins with these probabilities, from 0 to 1, that follow from `seed`.
    public init(split: Double, coalesce: Double, seed: UInt64) {
        self.split = split
        self.coalesce = coalesce
        random = SplitMix64(seed: seed)
    }

    /// Passes `frame` on, or two parts of it, or nothing until the next comes.
    public mutating func rewrite(_ frame: OwnedFrame, into output: inout [OwnedFrame]) {
        // Every frame draws the same numbers, so that one fault's probability does not move the others.
        let isSplit = random.chance(split)
        let isJoined = random.chance(coalesce)
        let draw = random.next()
        guard let segment = IPv4Segment(frame), segment.isPlain else {
            flush(into: &output)
            output.append(frame)
            return
        }
        if let first = waiting {
            waiting = nil
            if let joined = first.segment.joined(with: segment) {
                tally.coalesced += 1
                output.append(joined.frame(like: frame))
                return
            }
            output.append(first.frame)
        }
        if isSplit, segment.payload.count >= 2 {
            tally.split += 1
            let middle = 1 + Int(draw % UInt64(segment.payload.count - 1))
            output.append(segment.part(0..<middle).frame(like: frame))
            output.append(segment.part(middle..<segment.payload.count).frame(like: frame))
        } else if isJoined {
            waiting = (segment, frame)
        } else {
            output.append(frame)
        }
    }

    /// Passes on what still waits.
    public mutating func finish(into output: inout [OwnedFrame]) { flush(into: &output) }

    private mutating func flush(into output: inout [OwnedFrame]) {
        if let waiting { output.append(waiting.frame) }
        waiting = nil
    }
}

/// A TCP segment in an Ethernet frame with IPv4, taken apart so that it can be put together with another payload.
struct IPv4Segment {
    /// Link, IP and TCP headers.
    private var head: [UInt8]
    private let ip = 14
    private let tcp: Int
    private(set) var payload: ArraySlice<UInt8>

    /// The segment in `frame`; nil when there is none, or when it was not captured whole.
    init?(_ frame: OwnedFrame) {
        let bytes = frame.bytes
        guard frame.linkType == .ethernet, frame.wireLength == bytes.count, bytes.count >= 54,
            bytes[12] == 8, bytes[13] == 0, bytes[14] >> 4 == 4, bytes[23] == 6
        else { return nil }
        tcp = ip + Int(bytes[14] & 15) * 4
        let end = ip + (Int(bytes[16]) << 8 | Int(bytes[17]))
        guard end <= bytes.count, end >= tcp + 20 else { return nil }
        let start = tcp + Int(bytes[tcp + 12] >> 4) * 4
        guard start >= tcp + 20, start <= end else { return nil }
        head = Array(bytes[..<start])
        payload = bytes[start..<end]
    }

    private var flags: TCPFlags { TCPFlags(rawValue: head[tcp + 13]) }
    /// The sequence number.
    private(set) var seq: UInt32 {
        get { (0..<4).reduce(0) { $0 << 8 | UInt32(head[tcp + 4 + $1]) } }
        set { head.replaceSubrange(tcp + 4..<tcp + 8, with: octets(newValue)) }
    }

    /// True when it carries payload and nothing that takes sequence numbers besides.
    var isPlain: Bool { !payload.isEmpty && flags.isDisjoint(with: [.syn, .fin, .rst]) }

    /// The same segment with a part of its payload.
    func part(_ range: Range<Int>) -> IPv4Segment {
        var part = self
        part.payload = payload.dropFirst(range.lowerBound).prefix(range.count)
        // Sequence numbers are numbers modulo 2^32.
        part.seq = seq &+ UInt32(range.lowerBound)
        return part
    }

    /// One segment with the payload of both, when `next` goes on where this ends.
    func joined(with next: IPv4Segment) -> IPv4Segment? {
        let ends = head[ip + 12..<ip + 20] + head[tcp..<tcp + 4]
        let nextEnds = next.head[ip + 12..<ip + 20] + next.head[next.tcp..<next.tcp + 4]
        guard Array(ends) == Array(nextEnds), next.seq == seq &+ UInt32(payload.count),
            head.count + payload.count + next.payload.count <= 9000
        else { return nil }
        var joined = next
        joined.payload = payload + next.payload
        joined.seq = seq
        return joined
    }

    /// The frame of the segment at the time of `original`, with right lengths and checksums.
    func frame(like original: OwnedFrame) -> OwnedFrame {
        var bytes = head + payload
        let length = bytes.count - ip
        bytes.replaceSubrange(ip + 2..<ip + 4, with: octets(UInt16(length)))
        bytes.replaceSubrange(ip + 10..<ip + 12, with: [0, 0])
        bytes.replaceSubrange(ip + 10..<ip + 12, with: octets(Self.checksum(bytes[ip..<tcp])))
        let pseudo = bytes[ip + 12..<ip + 20] + [0, 6] + octets(UInt16(bytes.count - tcp))
        bytes.replaceSubrange(tcp + 16..<tcp + 18, with: [0, 0])
        let sum = Self.checksum(pseudo + bytes[tcp...])
        bytes.replaceSubrange(tcp + 16..<tcp + 18, with: octets(sum))
        return OwnedFrame(bytes: bytes, time: original.time, linkType: original.linkType)
    }

    /// The Internet checksum (RFC 1071).
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        var sum: UInt32 = 0
        var isHigh = true
        for byte in bytes {
            sum += isHigh ? UInt32(byte) << 8 : UInt32(byte)
            isHigh.toggle()
        }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(sum)
    }
}

/// A number in network byte order.
private func octets<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    stride(from: Number.bitWidth - 8, through: 0, by: -8).map {
        UInt8(truncatingIfNeeded: number >> $0)
    }
}
