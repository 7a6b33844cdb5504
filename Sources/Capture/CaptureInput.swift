// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets

/// What asking for more bytes came to.
enum Refill {
    /// At least one byte came.
    case more
    /// A pipe is silent, or a signal came.
    case nothingYet
    /// There is nothing more.
    case end
    /// `read` failed with that error number.
    case failed(Int32)
    /// What the bytes are packed in is broken at that offset of the file.
    case damaged(offset: UInt64, GzipDamage)
}

/// The bytes of a capture file in order, a chunk at a time in one reused buffer.
///
///     memory                start              end           capacity
///       |  taken: frames of   |  not yet taken   |  free        |
///       |  the last burst     |                  |              |
///
/// `refill` moves what is not yet taken to the front, so whoever points into the buffer must be done.
/// A gzip file is unpacked on its way into the buffer, once ``unpack()`` was called; offsets are then those of what
/// comes out.
@safe
struct CaptureInput: ~Copyable {
    /// Large enough to make the calls of `read` cheap, small enough to stay in the second-level cache.
    static let chunk = 256 * 1024

    let name: String
    /// True for a regular file, whose reads never wait.
    let isFile: Bool
    /// Bytes of a regular file when it was opened, else 0.
    let size: UInt64
    private let descriptor: Int32
    private let isOwned: Bool
    private var memory: UnsafeMutableRawPointer
    private var capacity = chunk
    private var start = 0
    private var end = 0
    /// Where `memory` begins in the file.
    private var origin: UInt64 = 0
    /// What unpacks the file, nil for a plain one.
    private var gunzip: Gunzip?

    init(path: String) throws(SourceError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadable(name: path, reason: whyNotOpened(errno))
        }
        try self.init(descriptor: descriptor, name: path)
    }

    init(standardInputNamed name: String) throws(SourceError) {
        try self.init(descriptor: STDIN_FILENO, name: name, isOwned: false)
    }

    init(descriptor: Int32, name: String, isOwned: Bool = true) throws(SourceError) {
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
        if let reason {
            if isOwned { close(descriptor) }
            throw .unreadable(name: name, reason: reason)
        }
        self.descriptor = descriptor
        self.name = name
        self.isOwned = isOwned
        isFile = status.st_mode & S_IFMT == S_IFREG
        size = isFile ? UInt64(max(0, status.st_size)) : 0
        unsafe memory = .allocate(byteCount: Self.chunk, alignment: 4096)
        if isFile { posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
    }

    deinit {
        unsafe memory.deallocate()
        if isOwned { close(descriptor) }
    }

    /// Bytes not yet taken.
    var count: Int { end &- start }

    /// The bytes not yet taken.
    var bytes: ByteView { unsafe ByteView(base: UnsafeRawPointer(memory) + start, count: count) }

    /// Where the bytes not yet taken begin in the file.
    var offset: UInt64 { origin &+ UInt64(start) }

    /// Takes `length` bytes, which must be there; they stay in place until the next `refill`.
    mutating func advance(_ length: Int) {
        precondition(length >= 0 && length <= count, "taken more than there is")
        start &+= length
    }

    /// Reads on once, with room for `needed` bytes from the ones not yet taken on.
    mutating func refill(toHold needed: Int) -> Refill {
        moveToFront()
        if needed > capacity { grow(to: needed) }
        if gunzip != nil { return refillUnpacked() }
        let (outcome, got) = unsafe readOnce(into: memory + end, capacity &- end)
        end &+= got
        return outcome
    }

    /// True once the file is being unpacked.
    var isUnpacked: Bool { gunzip != nil }

    /// The share of a regular file that was read.
    var progress: Double? {
        guard size > 0 else { return nil }
        return min(1, Double(gunzip?.offset ?? offset) / Double(size))
    }

    /// Takes the bytes not yet taken, and all that follow, as gzip: from the next `refill` on, what they hold comes.
    ///
    /// - Returns: false when there is no memory for it.
    mutating func unpack() -> Bool {
        guard let gunzip = unsafe Gunzip(memory: memory, start: start, end: end, origin: origin)
        else { return false }
        self.gunzip = gunzip
        unsafe memory = .allocate(byteCount: Self.chunk, alignment: 4096)
        (capacity, start, end, origin) = (Self.chunk, 0, 0, 0)
        return true
    }

    /// One step of unpacking; reads on where the packed bytes at hand are used up.
    private mutating func refillUnpacked() -> Refill {
        guard let gunzip else { return .end }
        while true {
            switch unsafe gunzip.unpack(into: memory + end, capacity &- end) {
            case .bytes(let count):
                end &+= count
                return .more
            case .pause: return .nothingYet
            case .damaged(let damage): return .damaged(offset: gunzip.offset, damage)
            case .hungry:
                let (outcome, got) = unsafe readOnce(into: gunzip.memory, Self.chunk)
                switch outcome {
                case .more: gunzip.feed(got)
                case .end where !gunzip.isBetweenMembers:
                    return .damaged(offset: gunzip.offset, .cut)
                default: return outcome
                }
            }
        }
    }

    /// Reads what is there; a pipe is waited for a little.
    @unsafe
    private func readOnce(into place: UnsafeMutableRawPointer, _ room: Int) -> (Refill, Int) {
        if !isFile, let outcome = waitForBytes() { return (outcome, 0) }
        let got = unsafe read(descriptor, place, room)
        guard got >= 0 else {
            return (errno == EINTR || errno == EAGAIN ? .nothingYet : .failed(errno), 0)
        }
        return (got == 0 ? .end : .more, got)
    }

    /// The error for an input that is no capture, or cannot be read.
    func unreadable(_ reason: String) -> SourceError { .unreadable(name: name, reason: reason) }

    private mutating func moveToFront() {
        guard start > 0 else { return }
        unsafe memory.copyMemory(from: memory + start, byteCount: count)
        origin &+= UInt64(start)
        end &-= start
        start = 0
    }

    private mutating func grow(to needed: Int) {
        while capacity < needed { capacity *= 2 }
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 4096)
        unsafe larger.copyMemory(from: memory, byteCount: end)
        unsafe memory.deallocate()
        unsafe memory = larger
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
