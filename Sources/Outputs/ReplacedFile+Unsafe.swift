// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// A small file that is replaced as a whole: whoever reads it finds the old content or the new, never a part.
public struct ReplacedFile {
    /// The file as the user named it.
    private let name: String
    private let path: String
    private let temporary: String

    /// The file at `path`; where that is a link, the file that it leads to.
    ///
    /// - Parameter path: the file, which need not be there yet.
    /// - Throws: that something else than a file is there.
    public init(path: String) throws(OutputError) {
        name = path
        var status = stat()
        if unsafe stat(path, &status) == 0 {
            let isFile = status.st_mode & S_IFMT == S_IFREG
            // To rename over a device or a pipe is to remove it.
            guard isFile else { throw OutputError(call: "replace", name: path, code: EINVAL) }
        }
        if let real = unsafe realpath(path, nil) {
            self.path = unsafe String(cString: real)
            unsafe free(real)
        } else {
            self.path = path
        }
        temporary = "\(self.path).\(getpid()).tmp"
    }

    /// Puts `bytes` in the place of what the file held.
    ///
    /// - Parameter bytes: all that it is to hold.
    /// - Throws: what failed; the file holds what it held before.
    public func replace(with bytes: [UInt8]) throws(OutputError) {
        _ = unsafe unlink(temporary)
        do throws(OutputError) {
            let code = try Descriptor(creatingNew: temporary).write(bytes)
            if code != 0 { throw OutputError(call: "write", name: temporary, code: code) }
            if unsafe rename(temporary, path) != 0 {
                throw OutputError(call: "rename to", name: path, code: errno)
            }
        } catch {
            _ = unsafe unlink(temporary)
            throw OutputError(call: error.call, name: name, code: error.code)
        }
    }
}
