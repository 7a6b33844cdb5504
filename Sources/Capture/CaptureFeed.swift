// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// The bytes of an open capture, one `read` at a time, unpacked on their way once ``unpack(_:start:end:origin:)`` was called.
///
/// A regular file's reads never wait; a pipe is waited for a little.
@safe
final class CaptureFeed {
    /// As the user named it.
    let path: String
    /// What messages call it.
    let name: String
    /// True for a regular file, whose reads never wait.
    let isFile: Bool
    /// Bytes of a regular file when it was opened, else 0.
    let size: UInt64
    private let descriptor: Int32
    private let isOwned: Bool
    /// What unpacks the file, nil for a plain one.
    private var gunzip: Gunzip?

    convenience init(path: String) throws(SourceError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadable(name: path, reason: whyNotOpened(errno))
        }
        try self.init(descriptor: descriptor, path: path, name: path, isOwned: true)
    }

    convenience init(standardInput path: String, name: String) throws(SourceError) {
        try self.init(descriptor: STDIN_FILENO, path: path, name: name, isOwned: false)
    }

    convenience init(descriptor: Int32, name: String) throws(SourceError) {
        try self.init(descriptor: descriptor, path: name, name: name, isOwned: true)
    }

    private init(descriptor: Int32, path: String, name: String, isOwned: Bool)
        throws(SourceError)
    {
        var status = stat()
        let failed = unsafe fstat(descriptor, &status) != 0
        let reason: String? =
            if failed {
                "cannot be read: " + message(errno)
            } else if status.st_mode & S_IFMT == S_IFDIR {
                "is a directory; name the capture files in it"
            } else {
                nil
            }
        self.descriptor = descriptor
        self.path = path
        self.name = name
        self.isOwned = isOwned
        isFile = status.st_mode & S_IFMT == S_IFREG
        size = isFile ? UInt64(max(0, status.st_size)) : 0
        if let reason { throw .unreadable(name: name, reason: reason) }
        if isFile { posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
    }

    deinit { if isOwned { close(descriptor) } }

    /// Where the next packed byte of a packed file lies; nil for a plain one.
    var packedOffset: UInt64? { gunzip?.offset }

    /// Takes what follows as gzip, from the bytes of `memory` on that were read last.
    ///
    /// - Parameters:
    ///   - memory: owned from now on, unless false is returned; at least ``CaptureInput/chunk`` bytes.
    ///   - start: the first packed byte in it.
    ///   - end: behind the last byte that was read into it.
    ///   - origin: where `memory` begins in the file.
    /// - Returns: false when there is no memory for it.
    @unsafe
    func unpack(_ memory: UnsafeMutableRawPointer, start: Int, end: Int, origin: UInt64) -> Bool {
        gunzip = unsafe Gunzip(memory: memory, start: start, end: end, origin: origin)
        return gunzip != nil
    }

    /// Reads on once.
    ///
    /// - Parameters:
    ///   - place: where the bytes go.
    ///   - room: how many there is room for.
    /// - Returns: what it came to, and the bytes read.
    @unsafe
    func read(into place: UnsafeMutableRawPointer, _ room: Int) -> (Refill, Int) {
        guard let gunzip else { return unsafe readOnce(into: place, room) }
        while true {
            switch unsafe gunzip.unpack(into: place, room) {
            case .bytes(let count): return (.more, count)
            case .pause: return (.nothingYet, 0)
            case .damaged(let damage):
                return (.damaged(offset: gunzip.offset, damage), 0)
            case .hungry:
                let (outcome, got) = unsafe readOnce(into: gunzip.memory, CaptureInput.chunk)
                switch outcome {
                case .more: gunzip.feed(got)
                case .end where !gunzip.isBetweenMembers:
                    return (.damaged(offset: gunzip.offset, .cut), 0)
                default: return (outcome, 0)
                }
            }
        }
    }

    @unsafe
    private func readOnce(into place: UnsafeMutableRawPointer, _ room: Int) -> (Refill, Int) {
        if !isFile, let outcome = waitForBytes() { return (outcome, 0) }
        let got = unsafe Glibc.read(descriptor, place, room)
        guard got >= 0 else {
            return (errno == EINTR || errno == EAGAIN ? .nothingYet : .failed(errno), 0)
        }
        return (got == 0 ? .end : .more, got)
    }

    /// A pipe is waited for in slices of 10 ms, so that its reader can look at the clock and at signals.
    private func waitForBytes() -> Refill? {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&request, 1, 10) > 0 ? nil : .nothingYet
    }
}

/// The system's words for an error number.
func message(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

/// Why `open` refused, and what to do.
func whyNotOpened(_ code: Int32) -> String {
    switch code {
    case ENOENT: "no such file"
    case EACCES, EPERM: "no permission to read it; run as its owner or change its mode"
    default: "cannot be opened: " + message(code)
    }
}
