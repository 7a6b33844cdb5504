// SPDX-License-Identifier: BSD-2-Clause
import Engine
import Glibc

extension RecordWriter {
    /// Takes a line, without its line end, from memory that the caller owns.
    ///
    /// - Parameters:
    ///   - line: its bytes.
    ///   - isRecord: whether the header stands above it.
    ///   - key: its place in the order of the run.
    @unsafe
    public func write(
        line: UnsafeRawBufferPointer,
        isRecord: Bool,
        key: RunPosition = RunPosition(number: 0)
    ) {
        unsafe append(line, isRecord: isRecord, key: key)
    }

    /// Makes a closed pipe an error of the write instead of the end of the process.
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
