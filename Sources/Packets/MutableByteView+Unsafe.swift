// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// Bytes that somebody else owns and lets be changed: a frame in a transmit buffer, or room for one.
///
/// Every access is checked against `count`, so nothing outside can be read or written, whatever a length field claims.
/// What is not checked is lifetime, as with ``ByteView``.
@safe
public struct MutableByteView: @unchecked Sendable {
    /// The first byte, for the code that hands bytes to C.
    @unsafe public let base: UnsafeMutableRawPointer
    /// Bytes in view.
    public let count: Int

    /// A view of `count` bytes that start at `base`.
    @unsafe @inlinable @inline(__always)
    public init(base: UnsafeMutableRawPointer, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// A view of no bytes.
    @inlinable
    public static var empty: MutableByteView {
        // Never touched: every access is checked against a count of 0. Any address but null will do.
        unsafe MutableByteView(
            base: UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped,
            count: 0
        )
    }

    /// The same bytes to be read alone.
    @inlinable @inline(__always)
    public var view: ByteView { unsafe ByteView(base: UnsafeRawPointer(base), count: count) }

    /// The byte at `offset`.
    @inlinable @inline(__always)
    public subscript(offset: Int) -> UInt8 {
        get { view[offset] }
        nonmutating set {
            precondition(offset >= 0 && offset < count)
            unsafe base.storeBytes(of: newValue, toByteOffset: offset, as: UInt8.self)
        }
    }

    /// The two bytes at `offset` as a big-endian number.
    @inlinable @inline(__always)
    public func u16(_ offset: Int) -> UInt16 { view.u16(offset) }

    /// The four bytes at `offset` as a big-endian number.
    @inlinable @inline(__always)
    public func u32(_ offset: Int) -> UInt32 { view.u32(offset) }

    /// Writes a number of two bytes in network byte order.
    @inlinable @inline(__always)
    public func set(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset &+ 2 <= count)
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Writes a number of four bytes in network byte order.
    @inlinable @inline(__always)
    public func set(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset &+ 4 <= count)
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Writes eight bytes as they lie in memory.
    @inlinable @inline(__always)
    public func setRaw(_ value: UInt64, at offset: Int) {
        precondition(offset >= 0 && offset &+ 8 <= count)
        unsafe base.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
    }

    /// Copies `bytes` to `offset`; they may be a part of this view.
    @inlinable
    public func set(_ bytes: ByteView, at offset: Int) {
        precondition(offset >= 0 && bytes.count <= count &- offset)
        _ = unsafe memmove(base + offset, bytes.base, bytes.count)
    }

    /// Writes zeros to `length` bytes at `offset`.
    @inlinable
    public func clear(_ offset: Int, _ length: Int) {
        precondition(offset >= 0 && length >= 0 && length <= count &- offset)
        _ = unsafe memset(base + offset, 0, length)
    }

    /// The `length` bytes at `offset`, cut to what is in view.
    @inlinable @inline(__always)
    public func slice(_ offset: Int, _ length: Int) -> MutableByteView {
        let start = min(max(offset, 0), count)
        return unsafe MutableByteView(
            base: base + start,
            count: min(max(length, 0), count &- start)
        )
    }

    /// Calls `body` with a view of `bytes` that is valid during the call.
    public static func of<Result>(
        _ bytes: inout [UInt8],
        _ body: (MutableByteView) throws -> Result
    ) rethrows -> Result {
        try unsafe bytes.withUnsafeMutableBytes { raw in
            guard let base = raw.baseAddress else { return try body(.empty) }
            return try body(unsafe MutableByteView(base: base, count: raw.count))
        }
    }
}
