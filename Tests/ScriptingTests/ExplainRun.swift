// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Flows
import Glibc
import Outputs
import Testing

@testable import Scripting

/// What `mos explain` prints of a source, without the spaces at the ends of lines.
func explain(
    _ source: any PacketSource,
    settings assignments: [String] = [],
    _ change: (inout Explanation) -> Void = { _ in }
) throws -> (lines: [String], report: String) {
    var explanation = Explanation()
    explanation.keepsBytes = !assignments.contains { $0.hasPrefix("keep=") }
    change(&explanation)
    var report = ""
    let lines = try lines(of: source, settings: assignments) { host in
        try host.explain(explanation)
        #expect(try host.run().errors == 0)
        report = try host.explained()
    }
    return (lines, report)
}

/// What a host that `use` runs over a source writes.
func lines(
    of source: any PacketSource,
    settings assignments: [String] = [],
    _ use: (ScriptHost) throws -> Void
) throws -> [String] {
    var settings = Settings()
    for assignment in assignments {
        let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
        try settings.set(parts[0], to: parts[1])
    }
    let path = "/tmp/mos-explain-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    defer { _ = unsafe remove(path) }
    let writer = try RecordWriter(path: path)
    let calls = EngineCalls(
        try Worker(inputs: Inputs([source]), settings: settings, seed: .fixed),
        writer: writer
    )
    try use(unsafe ScriptHost(api: UnsafePointer(calls.api), options: ScriptOptions()))
    writer.flush()
    let text = String(decoding: try ScriptFile.read(path), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return lines.map { String($0.trimmingSuffix { $0 == " " }) }
}

/// The same of frames that lie in a capture file for as long.
func explain(
    _ frames: [OwnedFrame],
    settings: [String] = [],
    _ change: (inout Explanation) -> Void = { _ in }
) throws -> (lines: [String], report: String) {
    let path = "/tmp/mos-explain-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).pcap"
    defer { _ = unsafe remove(path) }
    let capture = try CaptureWriter(path: path, linkType: .ethernet)
    for frame in frames { try capture.write(frame) }
    try capture.close()
    return try explain(CaptureFileSource(path: path), settings: settings, change)
}

/// The rows of the only flow of a ladder, without what stands above and below them.
func rows(
    _ rungs: [Rung],
    settings: [String] = [],
    _ change: (inout Explanation) -> Void = { _ in }
) throws -> String {
    let lines = try explain(Rung.frames(rungs), settings: settings, change).lines
    let first = try #require(lines.firstIndex { $0.hasPrefix(" packet ") })
    let last = try #require(lines.firstIndex { $0.hasPrefix("        end ") })
    return lines[(first + 1)..<last].joined(separator: "\n")
}

extension Substring {
    fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}
