// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// Read-only bytes that somebody else owns: a frame in a receive buffer, or a part of one.
///
/// Every access is checked against `count`, so nothing outside can be read, whatever a length field
/// claims. What is not checked is lifetime: a view of a frame is valid until its source is asked for
/// the next burst.
@safe
public struct ByteView: @unchecked Sendable {
    /// The first byte, for the code that hands bytes to C.
    @unsafe public let base: UnsafeRawPointer
    /// Bytes in view.
    public let count: Int

    /// A view of `count` bytes that start at `base`.
    @unsafe @inlinable @inline(__always)
    public init(base: UnsafeRawPointer, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// A view of no bytes.
    @inlinable
    public static var empty: ByteView {
        // Never read: every access is checked against a count of 0. Any address but null will do.
        unsafe ByteView(base: UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped, count: 0)
    }

    /// The byte at `offset`.
    @inlinable @inline(__always)
    public subscript(offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count)
        return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
    }

    /// The two bytes at `offset` as a big-endian number.
    @inlinable @inline(__always)
    public func u16(_ offset: Int) -> UInt16 {
        precondition(offset >= 0 && offset &+ 2 <= count)
        return unsafe UInt16(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The four bytes at `offset` as a big-endian number.
    @inlinable @inline(__always)
    public func u32(_ offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset &+ 4 <= count)
        return unsafe UInt32(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Asks the second-level cache for the lines of `length` bytes at `offset`, which may lie outside.
    @inlinable @inline(__always)
    public func prefetchFar(_ offset: Int, _ length: Int) {
        var at = offset
        while at < offset &+ length {
            unsafe mos_prefetch_far(base + at)
            at &+= 64
        }
    }

    /// The eight bytes at `offset` as they lie in memory.
    @inlinable @inline(__always)
    public func raw64(_ offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset &+ 8 <= count)
        return unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// The four bytes at `offset` as they lie in memory.
    @inlinable @inline(__always)
    public func raw32(_ offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset &+ 4 <= count)
        return unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }

    /// The 20 bytes at `offset`: IPv4's and TCP's fixed header, checked and loaded at once.
    @inlinable @inline(__always)
    public func header20(_ offset: Int) -> Header20 {
        precondition(offset >= 0 && offset &+ 20 <= count)
        let at = unsafe base + offset
        return unsafe Header20(
            first: UInt64(bigEndian: at.loadUnaligned(as: UInt64.self)),
            second: UInt64(bigEndian: at.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            third: UInt32(bigEndian: at.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
        )
    }

    /// The `length` bytes at `offset`, cut to what is in view.
    @inlinable @inline(__always)
    public func slice(_ offset: Int, _ length: Int) -> ByteView {
        let start = min(max(offset, 0), count)
        return unsafe ByteView(base: base + start, count: min(max(length, 0), count &- start))
    }

    /// Calls `body` with a view of `bytes` that is valid during the call.
    public static func of<Result>(
        _ bytes: [UInt8],
        _ body: (ByteView) throws -> Result
    ) rethrows -> Result {
        try unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return try body(.empty) }
            return try body(unsafe ByteView(base: base, count: raw.count))
        }
    }

    /// A copy, for tests and messages; never on the packet path.
    public var array: [UInt8] { unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count)) }

    /// The Internet checksum's sum of 16-bit words in memory order, not yet folded (RFC 1071).
    ///
    /// The caller adds the pseudo-header and folds. An odd last byte counts as if a zero followed.
    /// Memory order is enough: the sum of byte-swapped words is the byte-swapped sum (RFC 1071,
    /// section 2(B)). The result is below 2^48 for any length below 2^18, so adding to it is safe.
    @inlinable
    public func onesComplementSum(_ offset: Int, _ length: Int) -> UInt64 {
        precondition(offset >= 0 && length >= 0 && offset &+ length <= count)
        var at = unsafe base + offset
        var left = length
        var sum: UInt64 = 0
        if left >= 64 {
            let blocks = left &>> 6
            sum = unsafe Self.sumOfBlocks(at, blocks)
            unsafe at += blocks &<< 6
            left &= 63
        }
        while left >= 8 {
            let word = unsafe at.loadUnaligned(as: UInt64.self)
            sum &+= (word & 0xFFFF_FFFF) &+ (word &>> 32)
            unsafe at += 8
            left &-= 8
        }
        if left >= 4 {
            sum &+= unsafe UInt64(at.loadUnaligned(as: UInt32.self))
            unsafe at += 4
            left &-= 4
        }
        if left >= 2 {
            sum &+= unsafe UInt64(at.loadUnaligned(as: UInt16.self))
            unsafe at += 2
            left &-= 2
        }
        if left == 1 {
            sum &+= unsafe UInt64(UInt16(littleEndian: UInt16(at.load(as: UInt8.self))))
        }
        return sum
    }

    /// The sum of `blocks` blocks of 64 bytes.
    ///
    /// Three vector operations for 16 bytes instead of the four that splitting each word takes:
    /// `all` adds whole 64-bit words modulo 2^64, `high` their upper halves. The sum of the lower
    /// halves is then `all - high * 2^32`, exactly, since it is below 2^64.
    @unsafe @usableFromInline
    static func sumOfBlocks(_ start: UnsafeRawPointer, _ blocks: Int) -> UInt64 {
        typealias Words = SIMD2<UInt64>
        let half = Words(repeating: 32)
        var at = unsafe start
        var all0 = Words.zero
        var all1 = Words.zero
        var high0 = Words.zero
        var high1 = Words.zero
        for _ in 0..<blocks {
            let a = unsafe at.loadUnaligned(as: Words.self)
            let b = unsafe at.loadUnaligned(fromByteOffset: 16, as: Words.self)
            let c = unsafe at.loadUnaligned(fromByteOffset: 32, as: Words.self)
            let d = unsafe at.loadUnaligned(fromByteOffset: 48, as: Words.self)
            all0 &+= a &+ b
            all1 &+= c &+ d
            high0 &+= (a &>> half) &+ (b &>> half)
            high1 &+= (c &>> half) &+ (d &>> half)
            unsafe at += 64
        }
        let high = high0 &+ high1
        let low = (all0 &+ all1) &- (high &<< half)
        return low[0] &+ low[1] &+ high[0] &+ high[1]
    }
}

/// 20 bytes as big-endian numbers, so that a header field is a shift away.
public struct Header20: Sendable {
    /// Bytes 0..<8.
    public let first: UInt64
    /// Bytes 8..<16.
    public let second: UInt64
    /// Bytes 16..<20.
    public let third: UInt32

    @inlinable @inline(__always)
    init(first: UInt64, second: UInt64, third: UInt32) {
        self.first = first
        self.second = second
        self.third = third
    }
}
