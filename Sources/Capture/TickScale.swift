// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// How an interface of a pcapng file counts time: the unit of its ticks, and where they begin.
///
/// Source: draft-ietf-opsawg-pcapng section 4.2, if_tsresol and if_tsoffset.
struct TickScale: Equatable {
    private enum Unit: Equatable {
        case times(UInt64)
        case dividedBy(UInt64)
        /// That many bits of a tick count lie below the second.
        case fractionBits(UInt64)
        /// Ticks so fine that 64 bits of them are no nanosecond.
        case nothing
    }

    private var unit: Unit
    /// Nanoseconds from 1970 to tick 0.
    private var origin: Int64

    /// Microseconds since 1970: what holds when the file says nothing.
    static let microseconds = TickScale(resolution: 6, offset: 0)

    /// - Parameters:
    ///   - resolution: a negative power of ten, or of two when the highest bit is set.
    ///   - offset: seconds to add.
    init(resolution: UInt8, offset: Int64) {
        let exponent = Int(resolution & 0x7F)
        unit =
            if resolution & 0x80 != 0 {
                .fractionBits(UInt64(exponent))
            } else if exponent <= 9 {
                .times(powerOfTen(9 - exponent))
            } else if exponent <= 28 {
                .dividedBy(powerOfTen(exponent - 9))
            } else {
                .nothing
            }
        let (nanoseconds, overflow) = offset.multipliedReportingOverflow(by: 1_000_000_000)
        origin = overflow ? (offset < 0 ? .min : .max) : nanoseconds
    }

    /// The time of a tick count, kept within the range of the type.
    @inline(__always)
    func time(_ ticks: UInt64) -> Timestamp {
        Timestamp(nanoseconds: nanoseconds(ticks)).advanced(nanoseconds: origin)
    }

    @inline(__always)
    private func nanoseconds(_ ticks: UInt64) -> Int64 {
        guard case .times(let factor) = unit else { return unusual(ticks) }
        let (product, overflow) = ticks.multipliedReportingOverflow(by: factor)
        return overflow ? .max : Int64(clamping: product)
    }

    private func unusual(_ ticks: UInt64) -> Int64 {
        switch unit {
        case .times, .nothing: 0
        case .dividedBy(let divisor): Int64(clamping: ticks / divisor)
        case .fractionBits(let bits): binaryNanoseconds(ticks, bits)
        }
    }
}

/// ticks * 10^9 / 2^bits, by a product of 128 bits.
private func binaryNanoseconds(_ ticks: UInt64, _ bits: UInt64) -> Int64 {
    let (high, low) = ticks.multipliedFullWidth(by: 1_000_000_000)
    if bits >= 64 { return Int64(clamping: high >> (bits - 64)) }
    if bits == 0 { return high > 0 ? .max : Int64(clamping: low) }
    return high >> bits > 0 ? .max : Int64(clamping: high << (64 - bits) | low >> bits)
}

private func powerOfTen(_ exponent: Int) -> UInt64 {
    var power: UInt64 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
}
