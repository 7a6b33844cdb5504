// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// Tells when files are written or replaced: inotify(7) on their directories, for editors write a new file and rename it.
@safe
final class FileWatch {
    /// For poll(2).
    let descriptor: Int32
    private var names: [Int32: Set<String>] = [:]

    /// Watches nothing yet; nil when the system refuses.
    init?() {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Watches these files too.
    ///
    /// - Returns: those that cannot be watched.
    func add(_ paths: [String]) -> [String] {
        let mask = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE)
        var refused: [String] = []
        for path in paths {
            let slash = path.lastIndex(of: "/")
            let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
            let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
            let watch = unsafe inotify_add_watch(descriptor, directory, mask)
            if watch < 0 { refused.append(path) } else { names[watch, default: []].insert(name) }
        }
        return refused
    }

    /// Takes what has happened since.
    ///
    /// - Returns: true when it concerns one of the files.
    func takeChanges() -> Bool {
        var found = false
        var room = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = unsafe read(descriptor, &room, room.count)
            if count <= 0 { return found }
            var place = 0
            while place + MemoryLayout<inotify_event>.size <= count {
                let (watch, length, name) = Self.event(room, place)
                if names[watch]?.contains(name) == true { found = true }
                place += MemoryLayout<inotify_event>.size + length
            }
        }
    }

    /// The event at a place: its watch, the length of what follows, the name in that.
    private static func event(_ bytes: [UInt8], _ place: Int) -> (Int32, Int, String) {
        let head = unsafe bytes.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
        }
        let start = place + MemoryLayout<inotify_event>.size
        let text = bytes[start..<min(start + Int(head.len), bytes.count)].prefix { $0 != 0 }
        return (head.wd, Int(head.len), String(decoding: text, as: UTF8.self))
    }
}

/// Wakes a thread that waits in poll(2).
@safe
final class WakeUp {
    private let ends: (read: Int32, write: Int32)

    /// Nobody rang; nil when the process may open no further descriptors.
    init?() {
        var pair: [Int32] = [-1, -1]
        guard unsafe pipe(&pair) == 0 else { return nil }
        for end in pair {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        ends = (pair[0], pair[1])
    }

    deinit {
        close(ends.read)
        close(ends.write)
    }

    /// Wakes it, from any thread.
    func ring() {
        var byte: UInt8 = 1
        // A full pipe rings already.
        _ = unsafe write(ends.write, &byte, 1)
    }

    /// Waits until it rings, `other` has something, or that time has passed.
    func wait(or other: Int32?, milliseconds: Int32) {
        var requests = [pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)]
        if let other { requests.append(pollfd(fd: other, events: Int16(POLLIN), revents: 0)) }
        _ = unsafe poll(&requests, nfds_t(requests.count), milliseconds)
        var room = [UInt8](repeating: 0, count: 64)
        while unsafe read(ends.read, &room, room.count) > 0 {}
    }
}
