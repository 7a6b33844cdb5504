// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser

/// `mos-bench floor`: the least that any program pays for a capture.
struct FloorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "Read a capture in chunks, touch its headers, print packets and bytes."
    )

    @Argument(help: "A classic capture, little-endian.")
    var file: String

    func run() throws {
        guard var read = PlainRead(path: file), read.run() else {
            throw Failure("\(file): not a classic little-endian capture that can be read")
        }
        print(read.packets, read.bytes, read.touched)
    }
}
