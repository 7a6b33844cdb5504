// SPDX-License-Identifier: BSD-2-Clause
import CZlib

/// The ways in which gzip data can be broken.
enum GzipDamage: Equatable, CustomStringConvertible {
    case cut
    /// zlib's words for it.
    case data(String)
    case bytesBehind

    var description: String {
        switch self {
        case .cut: "the gzip data is cut off"
        case .data(let words): "the gzip data is broken (\(words))"
        case .bytesBehind: "bytes that are no gzip data follow the gzip data"
        }
    }
}

/// Unpacks the members of a gzip file one after the other (RFC 1952), as their bytes come.
///
///     file ─► memory, 256 KiB ─► inflate, a window of 32 KiB ─► the caller's memory
///
/// Holds nothing else, however much a file unpacks to. Zeros behind the last member are padding and ignored.
@safe
final class Gunzip {
    /// What one call of ``unpack(into:_:)`` came to.
    enum Step {
        /// So many bytes were written, at least one.
        case bytes(Int)
        /// The packed bytes at hand are used up: ``feed(_:)`` more.
        case hungry
        /// Nothing yet, for many packed bytes; call again.
        case pause
        case damaged(GzipDamage)
    }

    /// Where the packed bytes lie; its first ``CaptureInput/chunk`` bytes may be written when ``Step/hungry`` was said.
    @unsafe let memory: UnsafeMutableRawPointer
    /// zlib keeps its address, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    /// Where the packed bytes at hand end in the file.
    private var end: UInt64
    /// True behind a whole member and in padding: the file may end here.
    private(set) var isBetweenMembers = false
    private var damage: GzipDamage?

    /// Takes over `memory`, which holds packed bytes from `start` to `end`.
    ///
    /// - Parameters:
    ///   - memory: at least ``CaptureInput/chunk`` bytes, owned from now on unless nil is returned.
    ///   - start: the first packed byte in it, the beginning of a member.
    ///   - end: behind the last packed byte in it.
    ///   - origin: where `memory` begins in the file.
    @unsafe
    init?(memory: UnsafeMutableRawPointer, start: Int, end: Int, origin: UInt64) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe stream.pointee.next_in = (memory + start).assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_in = UInt32(end - start)
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        // 15 = the largest window, 16 = gzip and nothing else.
        guard unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
        unsafe self.memory = memory
        unsafe self.stream = stream
        self.end = origin + UInt64(end)
    }

    deinit {
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
        unsafe memory.deallocate()
    }

    /// Where the next packed byte lies in the file.
    var offset: UInt64 { end - UInt64(unsafe stream.pointee.avail_in) }

    /// Takes `count` packed bytes that were written to the front of ``memory``; those before are used up.
    func feed(_ count: Int) {
        unsafe precondition(stream.pointee.avail_in == 0, "packed bytes are left")
        unsafe stream.pointee.next_in = memory.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_in = UInt32(count)
        end += UInt64(count)
    }

    /// Unpacks up to `room` bytes to `place`.
    @unsafe
    func unpack(into place: UnsafeMutableRawPointer, _ room: Int) -> Step {
        // Members may be empty: after so many the caller gets to look at the clock and at signals.
        for _ in 0..<1000 {
            if let damage { return .damaged(damage) }
            if isBetweenMembers, !beginMember() {
                return damage.map(Step.damaged) ?? .hungry
            }
            unsafe stream.pointee.next_out = place.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = UInt32(room)
            note(unsafe inflate(stream, Z_NO_FLUSH))
            let count = room - Int(unsafe stream.pointee.avail_out)
            if count > 0 { return .bytes(count) }
            if damage == nil, !isBetweenMembers, unsafe stream.pointee.avail_in == 0 {
                return .hungry
            }
        }
        return .pause
    }

    /// Goes over padding to the next member; false when there is none among the bytes at hand.
    private func beginMember() -> Bool {
        while unsafe stream.pointee.avail_in > 0, let next = unsafe stream.pointee.next_in {
            let byte = unsafe next.pointee
            if byte == 0x1F {
                _ = unsafe inflateReset(stream)
                isBetweenMembers = false
                return true
            }
            guard byte == 0 else {
                damage = .bytesBehind
                return false
            }
            unsafe stream.pointee.next_in = next + 1
            unsafe stream.pointee.avail_in -= 1
        }
        return false
    }

    /// What `inflate` answered; bytes that it wrote before an error are good.
    private func note(_ code: Int32) {
        switch code {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isBetweenMembers = true
        case Z_MEM_ERROR: damage = .data("not enough memory")
        default:
            let words = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            damage = .data(words ?? "zlib error \(code)")
        }
    }
}
