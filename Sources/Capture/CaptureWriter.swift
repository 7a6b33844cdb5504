// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets

/// Why a capture could not be written.
public enum CaptureWriteError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The file cannot be made, or written on.
    case unwritable(name: String, reason: String)
    /// A classic capture has one link layer; this frame has another.
    case otherLinkType(name: String, expected: LinkType, found: LinkType)

    /// The sentence.
    public var description: String {
        switch self {
        case .unwritable(let name, let reason): "\(name): cannot be written: \(reason)"
        case .otherLinkType(let name, let expected, let found):
            "\(name): a frame of link type \(found.rawValue) does not fit in a capture of link type "
                + "\(expected.rawValue); write it to a file of its own"
        }
    }
}

/// Writes a classic capture with nanoseconds and one link layer, little-endian on every machine.
public final class CaptureWriter {
    /// What messages call the file.
    public let name: String
    /// The link layer of all frames.
    public let linkType: LinkType
    /// Frames written so far.
    public private(set) var count: UInt64 = 0
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private static let flushLength = 64 * 1024

    /// Makes the file at `path`, or empties it; `-` is standard output.
    ///
    /// - Parameters:
    ///   - path: where to write.
    ///   - linkType: the link layer of all frames.
    /// - Throws: ``CaptureWriteError/unwritable(name:reason:)``.
    public convenience init(path: String, linkType: LinkType) throws(CaptureWriteError) {
        let descriptor =
            path == "-"
            ? dup(STDOUT_FILENO)
            : unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unwritable(name: path, reason: message(errno)) }
        self.init(descriptor: descriptor, name: path, linkType: linkType)
    }

    /// Writes to an open file descriptor, which it closes at the end.
    ///
    /// - Parameters:
    ///   - descriptor: open for writing.
    ///   - name: what messages call it.
    ///   - linkType: the link layer of all frames.
    public init(descriptor: Int32, name: String, linkType: LinkType) {
        self.descriptor = descriptor
        self.name = name
        self.linkType = linkType
        buffer.reserveCapacity(2 * Self.flushLength)
        append(CaptureMagic.nanoseconds)
        append(UInt32(2) | UInt32(4) << 16)
        append(0)
        append(0)
        append(262_144)
        append(UInt32(linkType.rawValue))
    }

    deinit {
        // Only close() can report a failure; whoever does not call it does not care.
        try? close()
    }

    /// Appends a frame; times before 1970 or after 2106 are clamped.
    ///
    /// - Parameter frame: a frame of the file's link layer.
    /// - Throws: ``CaptureWriteError``.
    public func write(_ frame: Frame) throws(CaptureWriteError) {
        try writeHeader(frame.time, frame.bytes.count, frame.wireLength, frame.linkType)
        unsafe buffer.append(
            contentsOf: UnsafeRawBufferPointer(start: frame.bytes.base, count: frame.bytes.count)
        )
        if buffer.count >= Self.flushLength { try flush() }
    }

    /// Appends a frame; times before 1970 or after 2106 are clamped.
    ///
    /// - Parameter frame: a frame of the file's link layer.
    /// - Throws: ``CaptureWriteError``.
    public func write(_ frame: OwnedFrame) throws(CaptureWriteError) {
        try writeHeader(frame.time, frame.bytes.count, frame.wireLength, frame.linkType)
        buffer.append(contentsOf: frame.bytes)
        if buffer.count >= Self.flushLength { try flush() }
    }

    /// Appends all that `source` delivers until its end.
    ///
    /// - Parameter source: anything with an end.
    /// - Returns: nil, or why the source failed; what it delivered before is written.
    /// - Throws: ``CaptureWriteError``.
    public func writeAll(from source: any PacketSource) throws(CaptureWriteError) -> SourceError? {
        var burst = FrameBurst()
        while true {
            switch source.receive(into: &burst) {
            case .frames: for index in 0..<burst.count { try write(burst[index]) }
            case .idle: continue
            case .ended: return nil
            case .failed(let error): return error
            }
        }
    }

    /// Hands everything to the system.
    ///
    /// - Throws: ``CaptureWriteError/unwritable(name:reason:)``.
    public func flush() throws(CaptureWriteError) {
        var written = 0
        var failure: Int32 = 0
        unsafe buffer.withUnsafeBytes { bytes in
            while failure == 0 && written < bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count >= 0 { written += count } else if errno != EINTR { failure = errno }
            }
        }
        buffer.removeAll(keepingCapacity: true)
        if failure != 0 { throw .unwritable(name: name, reason: message(failure)) }
    }

    /// Writes what is left and closes the file; nothing may be written after that.
    ///
    /// - Throws: ``CaptureWriteError/unwritable(name:reason:)``.
    public func close() throws(CaptureWriteError) {
        guard descriptor >= 0 else { return }
        defer {
            _ = Glibc.close(descriptor)
            descriptor = -1
        }
        try flush()
    }

    private func writeHeader(
        _ time: Timestamp,
        _ captured: Int,
        _ wireLength: UInt32,
        _ linkType: LinkType
    ) throws(CaptureWriteError) {
        precondition(descriptor >= 0, "the capture is closed")
        guard linkType == self.linkType else {
            throw .otherLinkType(name: name, expected: self.linkType, found: linkType)
        }
        append(time.shared.sec)
        append(time.shared.nsec)
        append(UInt32(captured))
        append(wireLength)
        count += 1
    }

    private func append(_ value: UInt32) {
        for shift in [0, 8, 16, 24] { buffer.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}
