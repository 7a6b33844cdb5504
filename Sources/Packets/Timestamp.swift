// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// A point in packet time: nanoseconds since 1970-01-01 UTC.
public struct Timestamp: Comparable, Hashable, Sendable {
    /// Nanoseconds since 1970-01-01 UTC.
    public var nanoseconds: Int64

    /// The point `nanoseconds` after 1970-01-01 UTC.
    @inlinable @inline(__always)
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The point that the shared layout spells as two numbers.
    @inlinable @inline(__always)
    public init(_ time: mos_time) {
        nanoseconds = Int64(time.sec) &* 1_000_000_000 &+ Int64(time.nsec)
    }

    /// The same point for the shared layout; what lies before 1970 or after 2106 is clamped.
    @inlinable @inline(__always)
    public var shared: mos_time {
        if nanoseconds < 0 { return mos_time(sec: 0, nsec: 0) }
        let seconds = UInt64(nanoseconds) / 1_000_000_000
        guard seconds <= UInt64(UInt32.max) else { return mos_time(sec: .max, nsec: 999_999_999) }
        return mos_time(
            sec: UInt32(seconds),
            nsec: UInt32(UInt64(nanoseconds) &- seconds &* 1_000_000_000)
        )
    }

    /// Seconds as a double; loses what is below some hundred nanoseconds.
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// True when `a` lies before `b`.
    @inlinable @inline(__always)
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The point `nanoseconds` later, kept within the range of the type.
    @inlinable @inline(__always)
    public func advanced(nanoseconds delta: Int64) -> Timestamp {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(delta)
        return Timestamp(nanoseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }
}
