// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Flows
import Glibc
import Outputs
import Testing

@testable import Scripting

/// Writes `frames` to a capture file, runs `code` over it with the engine itself, and gives the lines that came out.
///
/// `inspect` sees the worker after the run.
func runEngine(
    _ code: String,
    over frames: [OwnedFrame],
    inspect: (inout Worker) -> Void = { _ in }
) throws -> [String] {
    let folder = "/tmp/mos-engine-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    #expect(unsafe mkdir(folder, 0o700) == 0)
    defer {
        for file in ["/in.pcap", "/out.txt", ""] { _ = unsafe remove(folder + file) }
    }
    let capture = try CaptureWriter(path: folder + "/in.pcap", linkType: .ethernet)
    for frame in frames { try capture.write(frame) }
    try capture.close()
    let source = try CaptureFileSource(path: folder + "/in.pcap")
    let writer = try RecordWriter(path: folder + "/out.txt")
    let calls = EngineCalls(
        try Worker(inputs: Inputs([source]), settings: Settings(), seed: .fixed),
        writer: writer
    )
    let host = try unsafe ScriptHost(api: UnsafePointer(calls.api), options: ScriptOptions())
    try host.load(code: code, name: "test")
    let outcome = try host.run()
    #expect(outcome.errors == 0)
    #expect(try host.report().errors == 0)
    calls.withWorker(inspect)
    writer.flush()
    let text = String(decoding: try ScriptFile.read(folder + "/out.txt"), as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
}
