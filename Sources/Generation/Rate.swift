// SPDX-License-Identifier: BSD-2-Clause

import Capture
import Packets

/// How fast frames follow each other, on average: the gaps vary by half to both sides.
public enum Rate: Equatable, Sendable {
    /// So many frames a second.
    case packets(perSecond: Double)
    /// So many bits of frames a second, without what the wire adds (preamble, checksum, gap).
    case bits(perSecond: Double)

    /// Reads "100000pps", "1.5Mpps", "500Mbps", "1Gbps"; nil when it says anything else.
    public init?(_ text: String) {
        let lower = text.lowercased()
        let isBits = lower.hasSuffix("bps")
        guard isBits || lower.hasSuffix("pps") else { return nil }
        var number = lower.dropLast(3)
        var factor = 1.0
        if let unit = number.last, let found = Self.factors[unit] {
            factor = found
            number = number.dropLast()
        }
        guard number.allSatisfy({ $0.isNumber || $0 == "." }), let value = Double(number) else {
            return nil
        }
        let rate = value * factor
        guard rate >= 1, rate <= 1e12 else { return nil }
        self = isBits ? .bits(perSecond: rate) : .packets(perSecond: rate)
    }

    private static let factors: [Character: Double] = ["k": 1e3, "m": 1e6, "g": 1e9]

    /// Nanoseconds from the beginning of a frame of `length` bytes to that of the next.
    func gap(after length: Int) -> Double {
        switch self {
        case .packets(let rate): 1e9 / rate
        case .bits(let rate): Double(length * 8) * 1e9 / rate
        }
    }
}

/// When the next frame comes.
struct Clock {
    private(set) var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    private let rate: Rate
    private var length = 64
    /// What is left of a nanosecond.
    private var rest = 0.0

    init(_ rate: Rate) { self.rate = rate }

    /// Goes on to the next frame.
    mutating func advance(_ random: inout SplitMix64) {
        let jitter = 500 + Int64(random.below(1000))
        guard rate != .packets(perSecond: 1_000_000) else {
            time = time.advanced(nanoseconds: jitter)
            return
        }
        rest += rate.gap(after: length) * Double(jitter) / 999.5
        let whole = rest.rounded(.down)
        rest -= whole
        time = time.advanced(nanoseconds: Int64(whole))
    }

    /// The frame at this time has so many bytes.
    mutating func note(length: Int) { self.length = length }
}
