// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Generation

@Suite struct PayloadPoolTests {
    /// The sum as RFC 1071 section 1 defines it, byte by byte.
    private func slowSum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        var sum: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            sum += index.isMultiple(of: 2) ? UInt64(byte) << 8 : UInt64(byte)
        }
        return InternetSum.fold(sum)
    }

    @Test func `a piece's sum is that of its bytes, wherever it begins and ends`() {
        let seed: UInt64 = 11
        let pool = PayloadPool(seed: seed)
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let offset = UInt32(truncatingIfNeeded: random.next())
            let length = 1 + Int(random.below(UInt64(PayloadPool.longest)))
            let piece = pool.piece(at: offset, length: length)
            #expect(
                pool.sum(at: offset, length: length) == slowSum(piece),
                "seed \(seed), \(length) bytes at \(offset)"
            )
        }
    }

    @Test func `a stream repeats after its period`() {
        let pool = PayloadPool(seed: 1)
        let period = UInt32(PayloadPool.period)
        #expect(pool.piece(at: 5, length: 100) == pool.piece(at: 5 + period, length: 100))
    }
}
