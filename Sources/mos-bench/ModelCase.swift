// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// One connection on a bad path: the frames that are captured of it, all of them following from a seed.
struct ModelCase {
    /// What is captured, in order, from the SYN on.
    private(set) var frames: [OwnedFrame] = []

    private var random: SplitMix64
    private let port: UInt16
    private let isn: [UInt32]
    private let streams: [[UInt8]]
    /// What each end has sent.
    private var sent = [0, 0]
    /// Repeats with other bytes are among the segments.
    private let isContradictory: Bool

    /// - Parameters:
    ///   - seed: any number.
    ///   - port: the client's, by which the case is known.
    ///   - start: when the SYN is captured, in milliseconds.
    init(seed: UInt64, port: UInt16, start: Int64) {
        var random = SplitMix64(seed: seed)
        self.port = port
        isn = [
            UInt32(truncatingIfNeeded: random.next()), UInt32(truncatingIfNeeded: random.next()),
        ]
        streams = [0, 1].map { _ in
            (0..<random.below(700)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        isContradictory = random.chance(0.5)
        self.random = random
        var opening = [frame(0, .syn, -1), frame(1, [.syn, .ack], -1), frame(0, .ack, 0)]
        let path = worsened(conversation())
        opening += path
        frames = opening.enumerated().map { index, frame in
            var frame = frame
            frame.time = Timestamp(nanoseconds: (start + Int64(index)) * 1_000_000)
            return frame
        }
    }

    /// The offset of a sequence number in the stream of an end.
    func offset(_ end: Int, _ seq: UInt32) -> Int {
        // Sequence numbers are numbers modulo 2^32.
        Int(Int32(bitPattern: seq &- isn[end] &- 1))
    }

    /// Both streams in pieces, one after the other by chance, with repeats, then perhaps both FINs.
    private mutating func conversation() -> [OwnedFrame] {
        var frames: [OwnedFrame] = []
        while sent[0] < streams[0].count || sent[1] < streams[1].count {
            let end = Int(random.below(2))
            if random.chance(0.25) { frames.append(contentsOf: again(end)) }
            let length = min(streams[end].count - sent[end], 1 + Int(random.below(90)))
            if length == 0 { continue }
            let from = sent[end]
            sent[end] += length
            frames.append(frame(end, .ack, from, streams[end][from..<from + length]))
        }
        if random.chance(0.5) {
            frames.append(frame(0, [.fin, .ack], streams[0].count))
            frames.append(frame(1, [.fin, .ack], streams[1].count))
        }
        return frames
    }

    /// A repeat of some of what an end has sent or will send, true or not.
    private mutating func again(_ end: Int) -> [OwnedFrame] {
        let reach = min(streams[end].count, sent[end] + 150)
        guard reach >= 4 else { return [] }
        let from = Int(random.below(UInt64(reach - 2)))
        let length = min(reach - from, 2 + Int(random.below(120)))
        var bytes = Array(streams[end][from..<from + length])
        if isContradictory, random.chance(0.7) {
            for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
        }
        return [frame(end, .ack, from, bytes[...])]
    }

    /// The frames cut, joined, lost, repeated, late, truncated, corrupted.
    private mutating func worsened(_ frames: [OwnedFrame]) -> [OwnedFrame] {
        let bad = random.chance(0.9) ? 0.12 : 0
        var cuts = SegmentCuts(split: bad, coalesce: bad, seed: random.next())
        var plan = FaultPlan(
            Faults(
                loss: bad,
                duplication: bad,
                reordering: bad,
                truncation: random.chance(0.3) ? bad : 0,
                corruption: bad / 2,
                distance: 6
            ),
            seed: random.next()
        )
        var cut: [OwnedFrame] = []
        for frame in frames { cuts.rewrite(frame, into: &cut) }
        cuts.finish(into: &cut)
        var output: [OwnedFrame] = []
        for frame in cut { plan.rewrite(frame, into: &output) }
        plan.finish(into: &output)
        return output
    }

    private func frame(
        _ end: Int,
        _ flags: TCPFlags,
        _ offset: Int,
        _ payload: ArraySlice<UInt8> = []
    ) -> OwnedFrame {
        // Sequence numbers are numbers modulo 2^32.
        let segment = TCPSegment(
            sourcePort: port,
            seq: isn[end] &+ 1 &+ UInt32(bitPattern: Int32(offset)),
            ack: flags.contains(.ack) ? isn[1 - end] &+ 1 &+ UInt32(sent[1 - end]) : 0,
            flags: flags,
            payload: Array(payload)
        )
        let builder = PacketBuilder()
        var turned = segment
        if end == 1 {
            turned = segment.reversed
            turned.sourcePort = 80
            turned.destinationPort = port
        }
        let bytes = end == 0 ? builder.frame(turned) : builder.reversed.frame(turned)
        return OwnedFrame(bytes: bytes, time: Timestamp(nanoseconds: 0))
    }
}

/// What a model reads in a captured frame: IPv4 and TCP, without the engine's decoder.
struct ModelSegment {
    let end: Int
    let seq: UInt32
    let isSYN: Bool
    let isFIN: Bool
    /// Payload octets on the wire, and those that were captured.
    let length: Int
    let payload: ArraySlice<UInt8>

    /// The segment of a frame; nil when its receiver would not take it, for a wrong checksum.
    init?(_ frame: OwnedFrame) {
        let bytes = frame.bytes
        guard bytes.count >= 54, bytes[14] == 0x45, Self.isRight(bytes[14..<34]) else { return nil }
        let total = Int(bytes[16]) << 8 | Int(bytes[17])
        let isWhole = 14 + total == bytes.count
        if isWhole {
            let pseudo =
                bytes[26..<34] + [0, 6, UInt8((total - 20) >> 8), UInt8((total - 20) & 255)]
            guard Self.isRight(pseudo + bytes[34...]) else { return nil }
        }
        let header = 34 + Int(bytes[46] >> 4) * 4
        guard header <= bytes.count else { return nil }
        end = bytes[34] == 0 && bytes[35] == 80 ? 1 : 0
        seq = (38..<42).reduce(0) { $0 << 8 | UInt32(bytes[$1]) }
        isSYN = bytes[47] & 2 != 0
        isFIN = bytes[47] & 1 != 0
        payload = bytes[header...]
        length = 14 + total - header
    }

    private static func isRight(_ bytes: ArraySlice<UInt8>) -> Bool {
        var sum = 0
        for (index, byte) in bytes.enumerated() { sum += Int(byte) << (index & 1 == 0 ? 8 : 0) }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return sum == 0xFFFF
    }
}
