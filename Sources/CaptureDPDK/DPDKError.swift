// SPDX-License-Identifier: BSD-2-Clause

/// A DPDK call that failed, with the code that it returned.
public struct DPDKError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The DPDK function.
    public let call: String
    /// What it returned: a negative errno, or -1 from drivers that say no more than "failed".
    public let code: Int32

    /// The failure of `call` with `code`.
    public init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// The call, the text of the code and its number.
    public var description: String {
        // Many drivers return a bare -1; to print it as EPERM would send the reader astray.
        code == -1 ? "\(call) failed (-1)" : "\(call) failed: \(text(ofCode: code)) (\(code))"
    }
}
