// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Flows

/// Random parts against what a byte array makes of them.
struct FragmentModelTests {
    /// What IPv4 parts become when what came first stays.
    private struct Model {
        var bytes: [UInt8?]
        var missing: Int
        var overlaps = 0

        init(count: Int) {
            bytes = Array(repeating: nil, count: count)
            missing = count
        }

        mutating func take(_ part: [UInt8], at offset: Int) -> [UInt8]? {
            var differs = false
            for (index, byte) in part.enumerated() {
                if let old = bytes[offset + index] {
                    differs = differs || old != byte
                } else {
                    bytes[offset + index] = byte
                    missing -= 1
                }
            }
            if differs { overlaps += 1 }
            return missing == 0 ? bytes.compactMap { $0 } : nil
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `random IPv4 parts, repeated, overlapping, in any order, become what a model says`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let box = try #require(FragmentBox(pool: 8 << 20))
        for round in 0..<6 {
            let count = 1 + Int(random.below(random.chance(0.2) ? 8000 : 300))
            var model = Model(count: count)
            let before = box.counts.overlaps
            var expected: [UInt8]?
            var steps = 0
            while expected == nil, steps < 1000 {
                steps += 1
                let start = Int(random.below(UInt64(count + 7) / 8)) * 8
                let span = 8 * (1 + Int(random.below(steps > 200 ? 600 : 20)))
                let end = min(start + span, count)
                let noise = random.chance(0.2)
                // A single part that is the whole packet is no fragment.
                if start == 0, end == count { continue }
                let part = (start..<end).map { noise ? UInt8(random.below(256)) : UInt8($0 & 0xFF) }
                expected = model.take(part, at: start)
                let frame = PacketBuilder().fragment(
                    17,
                    part,
                    offset: start,
                    hasMore: end < count,
                    identification: UInt32(round)
                )
                let result = box.take(frame).map { Array($0.dropFirst(34)) }
                try #require(result == expected, "seed \(seed), round \(round), step \(steps)")
            }
            #expect(box.counts.overlaps - before == model.overlaps, "seed \(seed)")
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `random IPv6 cuts with exact duplicates, shuffled, become the packet again`(seed: UInt64)
        throws
    {
        var random = SplitMix64(seed: seed)
        let box = try #require(FragmentBox())
        let bytes = (0..<(64 + Int(random.below(9000)))).map { UInt8(truncatingIfNeeded: $0) }
        var cuts: Set<Int> = [8]
        for _ in 0..<random.below(20) {
            cuts.insert(8 * (1 + Int(random.below(UInt64(bytes.count - 1) / 8))))
        }
        let edges = [0] + cuts.sorted() + [bytes.count]
        var parts = zip(edges, edges.dropFirst()).map { start, end in
            PacketBuilder(ip: .ipv6).fragment(
                17,
                Array(bytes[start..<end]),
                offset: start,
                hasMore: end < bytes.count
            )
        }
        for _ in 0..<random.below(10) {
            parts.append(parts[Int(random.below(UInt64(parts.count)))])
        }
        for index in parts.indices {
            parts.swapAt(index, Int(random.below(UInt64(parts.count))))
        }
        let results = parts.compactMap { box.take($0) }
        #expect(results.first.map { Array($0.dropFirst(54)) } == bytes, "seed \(seed)")
        #expect(box.counts.overlaps == 0, "seed \(seed)")
    }
}
