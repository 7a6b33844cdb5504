// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Testing

@testable import Outputs

/// Files for one test, removed when it ends.
private final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/mos-outputs-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&template)
        close(descriptor)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = unsafe unlink(path) }

    var content: String {
        let descriptor = unsafe open(path, O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}

@Suite struct `A record writer` {
    @Test func `writes a line for each record, in order, when it is flushed`() throws {
        let scratch = Scratch()
        let writer = try RecordWriter(path: scratch.path)
        writer.write(line: "first")
        writer.write(line: "second")
        #expect(scratch.content == "")
        writer.flush()
        #expect(scratch.content == "first\nsecond\n")
        #expect(writer.lines == 2)
        #expect(writer.lost == 0)
    }

    @Test func `writes what it has when it ends`() throws {
        let scratch = Scratch()
        do {
            let writer = try RecordWriter(path: scratch.path)
            writer.write(line: "last words")
        }
        #expect(scratch.content == "last words\n")
    }

    @Test(arguments: [1, 4, 16, 1000])
    func `keeps every line whole whatever its capacity`(capacity: Int) throws {
        let scratch = Scratch()
        let writer = try RecordWriter(path: scratch.path, capacity: capacity)
        let lines = (0..<200).map { String(repeating: "x", count: $0 % 40) + "\($0)" }
        for line in lines { writer.write(line: line) }
        writer.flush()
        #expect(scratch.content == lines.map { $0 + "\n" }.joined())
    }

    @Test func `reports a full disk once and counts every line that is lost`() throws {
        let writer = try RecordWriter(path: "/dev/full", capacity: 8)
        for number in 0..<10 { writer.write(line: "line \(number)") }
        writer.flush()
        #expect(writer.takeFailure() == OutputError(call: "write", name: "/dev/full", code: ENOSPC))
        #expect(writer.takeFailure() == nil)
        #expect(writer.lines == 10)
        #expect(writer.lost == 10)
    }

    @Test func `reports a reader that has gone`() {
        RecordWriter.ignoreBrokenPipes()
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        close(ends[0])
        let writer = RecordWriter(descriptor: ends[1], name: "the pipe")
        writer.write(line: "to nobody")
        writer.flush()
        let failure = writer.takeFailure()
        #expect(failure?.isBrokenPipe == true)
        #expect(failure?.description == "cannot write the pipe: Broken pipe")
        #expect(writer.lost == 1)
        close(ends[1])
    }

    @Test func `names the file that cannot be opened`() {
        #expect(throws: OutputError(call: "open", name: "/nowhere/x", code: ENOENT)) {
            _ = try RecordWriter(path: "/nowhere/x")
        }
    }
}
