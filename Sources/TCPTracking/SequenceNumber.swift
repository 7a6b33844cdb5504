// SPDX-License-Identifier: BSD-2-Clause

/// A point in sequence space: a number modulo 2^32 (RFC 9293 section 3.4).
///
/// All modular arithmetic of the project is here. Wrapping is what the RFC defines, so no result can be wrong by it;
/// comparisons hold for points less than 2^31 apart.
public struct SequenceNumber: Equatable, Sendable {
    /// The number on the wire, in host byte order.
    public var value: UInt32

    /// The point with that number.
    @inlinable @inline(__always)
    public init(_ value: UInt32) { self.value = value }

    /// The point `count` octets later.
    @inlinable @inline(__always)
    public static func + (a: SequenceNumber, count: UInt32) -> SequenceNumber {
        SequenceNumber(a.value &+ count)
    }

    /// The signed distance from `b` to `a`.
    @inlinable @inline(__always)
    public static func - (a: SequenceNumber, b: SequenceNumber) -> Int64 {
        Int64(Int32(bitPattern: a.value &- b.value))
    }

    /// True when `a` lies before `b`.
    @inlinable @inline(__always)
    public static func < (a: SequenceNumber, b: SequenceNumber) -> Bool { a - b < 0 }

    /// True when `a` does not lie after `b`.
    @inlinable @inline(__always)
    public static func <= (a: SequenceNumber, b: SequenceNumber) -> Bool { a - b <= 0 }

    /// The later of two points.
    @inlinable @inline(__always)
    public static func later(_ a: SequenceNumber, _ b: SequenceNumber) -> SequenceNumber {
        a < b ? b : a
    }

    /// The stream offset of this point: octets counted from the one after `iss`, where 0 is the first payload octet.
    ///
    /// Sequence numbers repeat every 2^32 octets, offsets never: the answer is the one nearest to `near`.
    @inlinable @inline(__always)
    public func offset(iss: SequenceNumber, near: Int64) -> Int64 {
        near &+ (self - SequenceNumber(iss.value &+ 1 &+ UInt32(truncatingIfNeeded: near)))
    }

    /// The point of a stream offset: what ``offset(iss:near:)`` is the reverse of.
    @inlinable @inline(__always)
    public init(offset: Int64, iss: SequenceNumber) {
        self.init(iss.value &+ 1 &+ UInt32(truncatingIfNeeded: offset))
    }
}
