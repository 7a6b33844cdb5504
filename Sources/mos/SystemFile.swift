// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// What the kernel tells in its small files.
enum SystemFile {
    /// The first 64 KiB of a file; nil when it cannot be read.
    static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes { room in
                unsafe read(file, room.baseAddress.map { unsafe $0 + count }, room.count - count)
            }
            if got < 0, errno == EINTR { continue }
            if got < 0 { return nil }
            if got == 0 { break }
            count += got
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// What the kernel knows of this process.
enum ProcessFacts {
    /// Bytes of memory in use.
    static var residentBytes: Double? {
        guard let text = SystemFile.text("/proc/self/statm") else { return nil }
        let words = text.split(separator: " ")
        guard words.count > 1, let pages = Double(words[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// When the process began, in seconds of Unix time.
    static var startTime: Double? {
        guard let own = SystemFile.text("/proc/self/stat"), let end = own.lastIndex(of: ")"),
            let system = SystemFile.text("/proc/stat"),
            let boot = system.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let bootTime = Double(boot.dropFirst("btime ".count))
        else { return nil }
        // The 22nd field; the name in parentheses, which may hold anything, is the second.
        let fields = own[own.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
        return bootTime + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
