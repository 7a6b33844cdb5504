// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// Reads script files.
enum ScriptFile {
    /// The bytes of the file at `path`.
    static func read(_ path: String) throws(ScriptError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: reason()) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(path: path, reason: reason())
            }
            bytes += chunk[..<count]
        }
    }

    private static func reason() -> String {
        unsafe String(cString: strerror(errno))
    }
}

extension ScriptHost {
    /// The bytes of a script file.
    ///
    /// - Parameter path: the file.
    /// - Returns: what it holds.
    /// - Throws: that it cannot be read.
    public static func bytes(of path: String) throws(ScriptError) -> [UInt8] {
        try ScriptFile.read(path)
    }
}
