// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Testing

@testable import Outputs

/// A directory that is gone with its owner.
private final class Directory {
    let path = NSTemporaryDirectory() + "mos-replaced-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    func content(_ name: String) -> String? {
        try? String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }
}

@Suite struct `A file that is replaced` {
    @Test func `holds what was put into it last, and nothing lies beside it`() throws {
        let directory = try Directory()
        let file = try ReplacedFile(path: directory.path + "/a")
        try file.replace(with: Array("one, and long".utf8))
        #expect(directory.content("a") == "one, and long")
        try file.replace(with: Array("two".utf8))
        #expect(directory.content("a") == "two")
        #expect(directory.names == ["a"])
    }

    @Test func `stays whole for whoever has it open`() throws {
        let directory = try Directory()
        let file = try ReplacedFile(path: directory.path + "/a")
        try file.replace(with: Array("one".utf8))
        let reader = try #require(FileHandle(forReadingAtPath: directory.path + "/a"))
        try file.replace(with: Array("two".utf8))
        #expect(try reader.readToEnd() == Data("one".utf8))
    }

    @Test func `is the one that a link leads to`() throws {
        let directory = try Directory()
        try Data("old".utf8).write(to: URL(fileURLWithPath: directory.path + "/real"))
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/link",
            withDestinationPath: directory.path + "/real"
        )
        try ReplacedFile(path: directory.path + "/link").replace(with: Array("new".utf8))
        #expect(directory.content("real") == "new")
        #expect(directory.names == ["link", "real"])
    }

    @Test func `cannot be a device or a directory`() throws {
        let directory = try Directory()
        for path in ["/dev/null", directory.path] {
            #expect(throws: OutputError(call: "replace", name: path, code: EINVAL)) {
                try ReplacedFile(path: path)
            }
        }
    }

    @Test func `says why it cannot be written, and leaves nothing behind`() throws {
        let directory = try Directory()
        let path = directory.path + "/none/a"
        #expect(throws: OutputError(call: "create", name: path, code: ENOENT)) {
            try ReplacedFile(path: path).replace(with: [1])
        }
        #expect(directory.names == [])
    }
}
