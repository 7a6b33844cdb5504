// SPDX-License-Identifier: BSD-2-Clause
import Glibc

extension RecordWriter {
    /// Takes a line, without its line end, from memory that the caller owns.
    ///
    /// - Parameter line: its bytes.
    @unsafe
    public func write(line: UnsafeRawBufferPointer) {
        unsafe append(line)
    }

    /// Makes a closed pipe an error of the write instead of the end of the process.
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
