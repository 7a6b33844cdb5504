// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Flows
import Foundation
import Outputs
import Packets
import Testing

@testable import Scripting

/// What several workers gave that ran the same script, each on a thread of its own.
struct WorkersRun {
    /// The lines of each.
    var lines: [[String]]
    var errors = 0
}

/// One of the workers, and what is known of it when it has ended.
private final class Member: @unchecked Sendable {
    let index: Int
    let path: String
    let frames: [OwnedFrame]
    var host: ScriptHost?
    var calls: EngineCalls?
    var writer: RecordWriter?
    var outcome: Result<ScriptHost.Outcome, any Error> = .failure(CancellationError())
    let done = DispatchSemaphore(value: 0)

    init(_ index: Int, path: String, frames: [OwnedFrame]) {
        self.index = index
        self.path = path
        self.frames = frames
    }

    func run(_ code: String, _ meeting: Meeting?) throws -> ScriptHost.Outcome {
        let capture = try CaptureWriter(path: path + ".pcap", linkType: .ethernet)
        for frame in frames { try capture.write(frame) }
        try capture.close()
        let source = try CaptureFileSource(path: path + ".pcap")
        let writer = try RecordWriter(path: path + ".txt")
        let calls = EngineCalls(
            try Worker(inputs: Inputs([source]), settings: Settings(), seed: .fixed),
            writer: writer,
            meeting: meeting,
            index: index
        )
        let host = try unsafe ScriptHost(api: UnsafePointer(calls.api), options: ScriptOptions())
        (self.calls, self.host, self.writer) = (calls, host, writer)
        try host.load(code: code, name: "test")
        return try host.run()
    }
}

/// Runs `code` in `count` workers that meet; worker i sees those of `frames` for which `sees(i, place)` says so.
func runWorkers(
    _ code: String,
    count: Int,
    over frames: [OwnedFrame],
    sees: (Int, Int) -> Bool = { _, _ in true }
) throws -> WorkersRun {
    let folder = NSTemporaryDirectory() + "mos-workers-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let meeting = count > 1 ? Meeting(members: count, waits: true) : nil
    let members = (0..<count).map { index in
        Member(
            index,
            path: "\(folder)/\(index)",
            frames: frames.enumerated().filter { sees(index, $0.offset) }.map(\.element)
        )
    }
    for member in members {
        let thread = Thread {
            member.outcome = Result { try member.run(code, meeting) }
            meeting?.leave(member.index)
            member.done.signal()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }
    for member in members { member.done.wait() }
    var result = WorkersRun(lines: [])
    for member in members { result.errors += try member.outcome.get().errors }
    result.errors += try members[0].host?.report().errors ?? 0
    for member in members {
        member.writer?.flush()
        let text = String(decoding: try ScriptFile.read(member.path + ".txt"), as: UTF8.self)
        result.lines.append(text.split(separator: "\n").map(String.init))
    }
    return result
}

/// Frames `step` nanoseconds apart, the first at `start` (seconds since 1970 and nanoseconds).
func ticks(_ count: Int, every step: Int64, from start: (Int64, Int64) = (1_700_000_000, 0))
    -> [OwnedFrame]
{
    let bytes = PacketBuilder().frame(TCPSegment(seq: 1, ack: 1, flags: [.ack]))
    return (0..<count).map { index in
        OwnedFrame(
            bytes: bytes,
            wireLength: UInt32(bytes.count),
            time: Timestamp(
                nanoseconds: start.0 * 1_000_000_000 + start.1 + Int64(index) * step
            ),
            linkType: .ethernet
        )
    }
}
