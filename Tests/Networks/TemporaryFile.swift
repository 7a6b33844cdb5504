// SPDX-License-Identifier: BSD-2-Clause
import Foundation

/// A file that is gone with its owner.
public final class TemporaryFile {
    /// Where it is.
    public let path: String

    /// A file of these bytes.
    public init(bytes: [UInt8]) throws {
        path = NSTemporaryDirectory() + "mos-test-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
