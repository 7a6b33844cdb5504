// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// Why records could not be written.
public struct OutputError: Error, CustomStringConvertible, Equatable {
    /// What was tried: "open", "write", "create", "rename to"; "replace" where EINVAL means that it is no regular file.
    public var call: String
    /// The file, or "standard output".
    public var name: String
    /// The errno of the failure.
    public var code: Int32

    /// The failure `code` of `call` on `name`.
    public init(call: String, name: String, code: Int32) {
        self.call = call
        self.name = name
        self.code = code
    }

    /// True when the reader of a pipe has gone, which is no one's mistake.
    public var isBrokenPipe: Bool { code == EPIPE }

    /// One sentence: what failed, the value, the reason.
    public var description: String {
        let reason = call == "replace" && code == EINVAL ? "not a regular file" : ErrnoText.of(code)
        return "cannot \(call) \(name): \(reason)"
    }
}
