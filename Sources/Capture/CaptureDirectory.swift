// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets

/// The capture files of a directory, in byte order of their names; directories in it are not looked into.
///
/// A capture is a regular file, or a link to one, that begins as a capture or as gzip does. A file that cannot be
/// looked at counts as one, so that reading it tells why.
public struct CaptureDirectory {
    /// The paths of the captures.
    public let captures: [String]
    /// The names of what else there is, and in brackets what it is where that is known.
    public let skipped: [String]

    /// Lists the directory at `path`.
    ///
    /// - Parameter path: a directory.
    /// - Throws: ``SourceError/unreadable(name:reason:)`` when it cannot be listed.
    public init(path: String) throws(SourceError) {
        let prefix = path.hasSuffix("/") ? path : path + "/"
        var captures: [String] = []
        var skipped: [String] = []
        for name in try names(in: path) {
            switch Self.kind(of: prefix + name) {
            case .capture: captures.append(prefix + name)
            case .other(let what): skipped.append(what.map { "\(name) (\($0))" } ?? name)
            }
        }
        self.captures = captures
        self.skipped = skipped
    }

    /// True when `path` names a directory.
    public static func exists(path: String) -> Bool { mode(of: path) == S_IFDIR }

    private enum Kind {
        case capture
        case other(String?)
    }

    private static func kind(of path: String) -> Kind {
        switch mode(of: path) {
        case S_IFREG: break
        case S_IFDIR: return .other("directory")
        default: return .other(nil)
        }
        guard let bytes = firstBytes(of: path) else { return .capture }
        return ByteView.of(bytes) { bytes in
            guard bytes.count == CaptureMagic.length else {
                return .other(bytes.count == 0 ? "empty" : nil)
            }
            if CaptureMagic.isPcapng(bytes) || CaptureMagic.isClassic(bytes)
                || CaptureMagic.isGzip(bytes)
            {
                return .capture
            }
            return .other(CaptureMagic.compression(bytes.u32(0))?.kind)
        }
    }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// The bytes that tell what a file is, fewer in a shorter file; nil when it cannot be read.
    private static func firstBytes(of path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: CaptureMagic.length)
        let got = unsafe read(descriptor, &bytes, bytes.count)
        return got >= 0 ? Array(bytes.prefix(got)) : nil
    }
}

/// The names in a directory, sorted by their bytes.
private func names(in path: String) throws(SourceError) -> [String] {
    guard let directory = unsafe opendir(path) else {
        throw .unreadable(name: path, reason: whyNotOpened(errno))
    }
    defer { unsafe closedir(directory) }
    var names: [[UInt8]] = []
    while true {
        errno = 0
        guard let entry = unsafe readdir(directory) else { break }
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            unsafe Array(bytes.prefix { $0 != 0 })
        }
        if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    guard errno == 0 else {
        throw .unreadable(name: path, reason: "cannot be read on: " + message(errno))
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
        .map { String(decoding: $0, as: UTF8.self) }
}
