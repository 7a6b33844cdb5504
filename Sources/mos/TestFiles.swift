// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// The script files that paths of the command line mean.
struct TestFiles {
    /// A file, and whether the user named it.
    struct Entry: Equatable {
        let path: String
        let isNamed: Bool
    }

    private(set) var entries: [Entry] = []

    /// Files as they are, of directories all `*.lua` in them, and in the directories in them, in the order of their names.
    ///
    /// - Parameter paths: files and directories.
    /// - Throws: that one is not there, or cannot be read.
    init(_ paths: [String]) throws {
        for path in paths { try add(path, isNamed: true) }
    }

    private mutating func add(_ path: String, isNamed: Bool) throws {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            // A link that leads nowhere is no script.
            if !isNamed { return }
            throw Failure(ExitStatus.usage, "\(path): \(Self.reason())")
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try Self.names(in: path) where Self.isWanted(name, in: path) {
                try add(path == "." ? name : Self.join(path, name), isNamed: false)
            }
        } else if isNamed || path.hasSuffix(".lua") {
            entries.append(Entry(path: path, isNamed: isNamed))
        }
    }

    /// Neither what is hidden, nor definitions for editors, nor links to directories, which may lead in a circle.
    private static func isWanted(_ name: String, in folder: String) -> Bool {
        if name.hasPrefix(".") || name.hasSuffix(".d.lua") { return false }
        var status = stat()
        guard unsafe lstat(join(folder, name), &status) == 0 else { return false }
        return status.st_mode & S_IFMT != S_IFLNK || name.hasSuffix(".lua")
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    private static func names(in path: String) throws -> [String] {
        guard let directory = unsafe opendir(path) else {
            throw Failure(ExitStatus.usage, "\(path): \(reason())")
        }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }
}
