// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets
import Testing

@testable import Capture

struct CaptureDirectoryTests {
    /// A classic capture with one frame.
    private func capture(tag: Int) -> [UInt8] {
        var file = FileBytes.classic()
        file.record(frame(20, tag: tag))
        return file.bytes
    }

    @Test func `the captures of a directory are listed in byte order of their names`() throws {
        let scratch = ScratchDirectory()
        for name in ["b10", "b9", "B", "ä"] { scratch.add(name, capture(tag: 1)) }
        scratch.add("a.gz", gzip(capture(tag: 1)))
        scratch.add("n.pcapng", FileBytes.pcapng().bytes)
        let directory = try CaptureDirectory(path: scratch.path)
        let names = ["B", "a.gz", "b10", "b9", "n.pcapng", "ä"]
        #expect(directory.captures == names.map { scratch.path + "/" + $0 })
        #expect(directory.skipped == [])
        #expect(try CaptureDirectory(path: scratch.path + "/").captures == directory.captures)
    }

    @Test func `what is no capture is named and left out`() throws {
        let scratch = ScratchDirectory()
        scratch.add("a.pcap", capture(tag: 1))
        scratch.add("notes.txt", Array("what we saw".utf8))
        scratch.add("empty", [])
        scratch.add("short", [0xD4])
        scratch.add("z.zst", [0x28, 0xB5, 0x2F, 0xFD, 0])
        scratch.addDirectory("more")
        scratch.addPipe("pipe")
        scratch.addLink("here", to: "a.pcap")
        scratch.addLink("nowhere", to: "gone.pcap")
        let directory = try CaptureDirectory(path: scratch.path)
        #expect(directory.captures == ["a.pcap", "here"].map { scratch.path + "/" + $0 })
        #expect(
            directory.skipped == [
                "empty (empty)", "more (directory)", "notes.txt", "nowhere", "pipe", "short",
                "z.zst (zstd)",
            ]
        )
    }

    @Test func `a directory that cannot be listed is named with the reason`() {
        #expect(throws: SourceError.unreadable(name: "/nowhere", reason: "no such file")) {
            _ = try CaptureDirectory(path: "/nowhere")
        }
        #expect(!CaptureDirectory.exists(path: "/nowhere"))
        #expect(!CaptureDirectory.exists(path: "/dev/null"))
        #expect(CaptureDirectory.exists(path: "/tmp"))
    }

    @Test func `a capture is opened when its turn comes, and its end stays its end`() {
        let scratch = ScratchDirectory()
        let source = LateCapture(path: scratch.path + "/late.pcap")
        scratch.add("late.pcap", capture(tag: 7))
        #expect(source.progress == 0 && !source.isLive)
        #expect(drain(source).frames.map(\.bytes) == [frame(20, tag: 7)])
        #expect(drain(source) == Delivery())
        #expect(source.statistics.received == 1 && source.progress == 1)
    }

    @Test func `a capture that is gone when its turn comes is an error, and stays one`() {
        let source = LateCapture(path: "/nowhere/x.pcap")
        let error = SourceError.unreadable(name: "/nowhere/x.pcap", reason: "no such file")
        #expect(drain(source) == Delivery(error: error))
        #expect(drain(source) == Delivery(error: error))
    }
}
