// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets
import Testing

@testable import Capture

struct CaptureWriterTests {
    @Test func `the file header says nanoseconds, version 2 4 and the link type`() throws {
        let descriptor = unnamedFile([])
        let copy = dup(descriptor)
        defer { close(copy) }
        try CaptureWriter(descriptor: descriptor, name: "test", linkType: .linuxCooked2).close()
        #expect(
            contents(copy) == [
                0x4D, 0x3C, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0x14, 1, 0,
                0,
            ]
        )
    }

    @Test func `what is written is what is read`() throws {
        let frames = (0..<1000).map {
            OwnedFrame(
                bytes: frame($0 % 300, tag: $0),
                wireLength: UInt32($0 % 300 + $0 % 7),
                time: Timestamp(nanoseconds: 1_700_000_000_123_456_789 + Int64($0))
            )
        }
        let descriptor = unnamedFile([])
        let copy = dup(descriptor)
        let writer = CaptureWriter(descriptor: descriptor, name: "test", linkType: .ethernet)
        #expect(try writer.writeAll(from: ListSource(frames)) == nil)
        #expect(writer.count == 1000)
        try writer.close()
        lseek(copy, 0, SEEK_SET)
        let source = try CaptureFileSource(descriptor: copy, name: "test")
        #expect(drain(source) == Delivery(frames: frames))
    }

    @Test func `a frame of another link type is refused`() throws {
        let writer = CaptureWriter(descriptor: unnamedFile([]), name: "out", linkType: .ethernet)
        let other = OwnedFrame(bytes: [], time: Timestamp(nanoseconds: 0), linkType: .raw)
        #expect(
            throws: CaptureWriteError.otherLinkType(
                name: "out",
                expected: .ethernet,
                found: .raw
            )
        ) { try writer.write(other) }
    }

    @Test func `a file that cannot be made is named with the reason`() {
        #expect(
            throws: CaptureWriteError.unwritable(
                name: "/nowhere/x.pcap",
                reason: "No such file or directory"
            )
        ) { try CaptureWriter(path: "/nowhere/x.pcap", linkType: .ethernet) }
    }

    @Test func `a full disk is an error`() throws {
        let writer = try CaptureWriter(path: "/dev/full", linkType: .ethernet)
        #expect(
            throws: CaptureWriteError.unwritable(
                name: "/dev/full",
                reason: "No space left on device"
            )
        ) { try writer.close() }
    }
}
