// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// Bytes of an input, taken one by one; zeros where it has ended.
struct InputBytes {
    private let bytes: ByteView
    private var at = 0

    init(_ bytes: ByteView) { self.bytes = bytes }

    var isEmpty: Bool { at >= bytes.count }

    mutating func next() -> Int {
        defer { at += 1 }
        return at < bytes.count ? Int(bytes[at]) : 0
    }

    /// A step in either direction; most are 0, so that much fits together.
    mutating func step() -> Int {
        let byte = next()
        return byte < 128 ? 0 : (byte - 192) * 4
    }
}
