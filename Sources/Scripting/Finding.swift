// SPDX-License-Identifier: BSD-2-Clause

/// Something that `mos check` found in a script.
public struct Finding: Equatable, Sendable, CustomStringConvertible {
    /// `file:line:column: message`; the message of a warning begins with "warning: ".
    public var message: String
    /// The line of the script with a mark under what is meant, indented; empty where it is not known.
    public var excerpt: String
    /// The script works, but better otherwise.
    public var isWarning: Bool

    /// One as check.lua writes it: the message, a line end, the excerpt.
    init(_ text: String, of path: String) {
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        message = String(parts[0])
        excerpt = parts.count > 1 ? String(parts[1]) : ""
        let place = message.dropFirst(path.count + 1).drop { $0.isNumber || $0 == ":" }
        isWarning = message.hasPrefix(path) && place.hasPrefix(" warning: ")
    }

    /// Message and excerpt, as a terminal shows them.
    public var description: String { excerpt.isEmpty ? message : message + "\n" + excerpt }
}
