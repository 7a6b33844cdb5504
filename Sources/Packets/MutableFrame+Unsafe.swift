// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// A frame that may be changed where it lies.
///
/// Every access is checked against `count`; what is not checked is lifetime, as of ``ByteView``.
@safe
public struct MutableFrame {
    private let base: UnsafeMutableRawPointer
    /// Bytes of the frame.
    public let count: Int

    /// `count` bytes that start at `base`.
    @unsafe @inlinable @inline(__always)
    public init(base: UnsafeMutableRawPointer, count: Int) {
        unsafe self.init(at: base, count: count)
    }

    @unsafe @usableFromInline
    init(at base: UnsafeMutableRawPointer, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// The bytes of `view`, whose memory must be the caller's to write.
    @unsafe
    public init(writing view: ByteView) {
        unsafe self.init(at: UnsafeMutableRawPointer(mutating: view.base), count: view.count)
    }

    /// The bytes to be read.
    public var view: ByteView { unsafe ByteView(base: UnsafeRawPointer(base), count: count) }

    /// The first `length` bytes as a frame of their own, or as many as there are.
    public func prefix(_ length: Int) -> MutableFrame {
        unsafe MutableFrame(at: base, count: min(max(length, 0), count))
    }

    /// Sets the byte at `offset`.
    public func set(_ value: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < count)
        unsafe base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }

    /// Sets the two bytes at `offset`, big-endian.
    public func set(_ value: UInt16, at offset: Int) { setRaw(value.bigEndian, at: offset) }

    /// Sets the four bytes at `offset`, big-endian.
    public func set(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset &+ 4 <= count)
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Sets the two bytes at `offset` as they lie in memory.
    func setRaw(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset &+ 2 <= count)
        unsafe base.storeBytes(of: value, toByteOffset: offset, as: UInt16.self)
    }

    /// Copies `bytes` to `offset`; they may be a part of this frame.
    public func write(_ bytes: ByteView, at offset: Int) {
        precondition(offset >= 0 && offset &+ bytes.count <= count)
        _ = unsafe memmove(base + offset, bytes.base, bytes.count)
    }

    /// Zeroes the bytes of `range`.
    public func clear(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        _ = unsafe memset(base + range.lowerBound, 0, range.count)
    }
}
