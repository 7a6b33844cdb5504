// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// An open file to write to; the C calls of this module.
struct Descriptor: ~Copyable {
    private let number: Int32
    private let isOwned: Bool

    /// A descriptor that somebody else closes.
    init(borrowing number: Int32) {
        self.number = number
        isOwned = false
    }

    /// Creates the file at `path`, or empties it.
    init(creating path: String) throws(OutputError) {
        number = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        isOwned = true
        if number < 0 { throw OutputError(call: "open", name: path, code: errno) }
    }

    /// Creates the file at `path`, where nothing may be: neither a file nor a link of somebody else.
    init(creatingNew path: String) throws(OutputError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        number = unsafe open(path, flags, 0o644)
        isOwned = true
        if number < 0 { throw OutputError(call: "create", name: path, code: errno) }
    }

    deinit { if isOwned && number >= 0 { close(number) } }

    /// True when a person reads along.
    var isTerminal: Bool { isatty(number) == 1 }

    /// Writes all of `bytes`; waits when the reader is slow.
    ///
    /// - Parameter bytes: what to write.
    /// - Returns: 0, or the errno; some of the bytes may have been written then.
    func write(_ bytes: [UInt8]) -> Int32 {
        unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = unsafe Glibc.write(
                    number,
                    buffer.baseAddress.map { unsafe $0 + done },
                    buffer.count - done
                )
                if count >= 0 {
                    done += count
                } else if errno == EAGAIN {
                    wait()
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }

    private func wait() {
        var poll = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        _ = unsafe Glibc.poll(&poll, 1, -1)
    }
}

/// The text of an errno.
enum ErrnoText {
    /// What the C library says about `code`.
    static func of(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
