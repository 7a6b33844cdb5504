// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// The floor: what it costs to read a capture and touch the headers, and nothing else.
///
/// Reads 256 KiB at a time into one buffer and walks the records of a classic little-endian capture.
@safe
struct PlainRead: ~Copyable {
    private static let capacity = 256 * 1024
    private static let fileHeader = 24
    private static let recordHeader = 16

    /// Records found.
    private(set) var packets = 0
    /// Captured bytes of all records.
    private(set) var bytes = 0
    /// Depends on every header, so that none can be skipped.
    private(set) var touched: UInt64 = 0
    private let descriptor: Int32
    private let buffer: UnsafeMutableRawPointer
    private var start = 0
    private var end = 0

    /// Opens the capture at `path`; nil when that is not possible.
    init?(path: String) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        unsafe buffer = .allocate(byteCount: Self.capacity, alignment: 64)
    }

    deinit {
        _ = close(descriptor)
        unsafe buffer.deallocate()
    }

    /// Reads to the end.
    ///
    /// - Returns: false when the file is no such capture.
    mutating func run() -> Bool {
        guard refill(), end >= Self.fileHeader, isClassic else { return false }
        start = Self.fileHeader
        repeat { walk() } while refill()
        return true
    }

    private var isClassic: Bool {
        let magic = unsafe buffer.load(as: UInt32.self)
        return magic == 0xA1B2_C3D4 || magic == 0xA1B2_3C4D
    }

    private mutating func refill() -> Bool {
        end -= start
        unsafe buffer.copyMemory(from: buffer + start, byteCount: end)
        start = 0
        let count = unsafe read(descriptor, buffer + end, Self.capacity - end)
        guard count > 0 else { return false }
        end += count
        return true
    }

    private mutating func walk() {
        while end - start >= Self.recordHeader {
            let record = unsafe buffer + start
            let captured = Int(unsafe record.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            guard end - start >= Self.recordHeader + captured else { return }
            if captured >= 38 {
                let frame = unsafe record + Self.recordHeader
                let link = unsafe frame.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
                let ports = unsafe frame.loadUnaligned(fromByteOffset: 34, as: UInt32.self)
                touched &+= UInt64(link) &+ UInt64(ports)
            }
            packets += 1
            bytes += captured
            start += Self.recordHeader + captured
        }
    }
}
