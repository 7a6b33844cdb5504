// SPDX-License-Identifier: BSD-2-Clause

/// What is said to the person who runs the program: lines on standard error.
public enum Diagnostics {
    /// Writes `line` and a line end.
    public static func say(_ line: String) { write(line + "\n") }

    /// Writes `text` as it is.
    public static func write(_ text: String) {
        // Nobody is left to be told when standard error fails.
        _ = Descriptor(borrowing: 2).write(Array(text.utf8))
    }

    /// True when standard error is a terminal.
    public static var isTerminal: Bool { Descriptor(borrowing: 2).isTerminal }
}
