// SPDX-License-Identifier: BSD-2-Clause
import Capture

/// Bytes to send: every conversation sends the same ones, from a place of its own.
///
/// A segment's checksum takes two look-ups instead of a walk over its payload.
package struct PayloadPool {
    /// Offsets repeat after that many octets.
    static let period = 1 << 16
    /// The longest piece that can be had.
    static let longest = 1 << 14

    let bytes: [UInt8]
    /// `sums[n]` is the sum of the 16-bit words of `bytes[..<n]`; nothing overflows.
    private let sums: [UInt64]

    package init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let period = (0..<Self.period).map { _ in UInt8(32 + random.below(95)) }
        bytes = period + period.prefix(Self.longest)
        var sums: [UInt64] = [0]
        var sum: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            sum += index.isMultiple(of: 2) ? UInt64(byte) << 8 : UInt64(byte)
            sums.append(sum)
        }
        self.sums = sums
    }

    /// The piece that a stream has at `offset`.
    func piece(at offset: UInt32, length: Int) -> ArraySlice<UInt8> {
        let start = Int(offset) & (Self.period - 1)
        return bytes[start..<(start + length)]
    }

    /// The sum of the 16-bit words of that piece, folded to 16 bits (RFC 1071).
    func sum(at offset: UInt32, length: Int) -> UInt16 {
        let start = Int(offset) & (Self.period - 1)
        let sum = InternetSum.fold(sums[start + length] - sums[start])
        // RFC 1071 section 2 (B): words that begin at an odd place are the same sum with bytes swapped.
        return start.isMultiple(of: 2) ? sum : sum.byteSwapped
    }
}

/// The arithmetic of the Internet checksum (RFC 1071).
enum InternetSum {
    static func fold(_ sum: UInt64) -> UInt16 {
        var sum = sum
        while sum > 0xFFFF { sum = (sum >> 16) + (sum & 0xFFFF) }
        return UInt16(sum)
    }

    /// The sum of the 16-bit words of `bytes[range]`; the range has an even length.
    static func words(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
        var sum: UInt64 = 0
        var at = range.lowerBound
        while at < range.upperBound {
            sum += UInt64(bytes[at]) << 8 | UInt64(bytes[at + 1])
            at += 2
        }
        return sum
    }
}
