// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets
import Testing

@testable import Capture

struct CaptureFileSourceTests {
    /// Small files of every kind, each with five frames.
    static let samples: [FileBytes] =
        ([0xA1B2_C3D4, 0xA1B2_3C4D, 0xA1B2_CD34] as [UInt32]).flatMap { magic in
            [false, true].map { isBigEndian in
                var file = FileBytes.classic(magic: magic, isBigEndian: isBigEndian)
                let patch = [UInt8](repeating: 1, count: magic == 0xA1B2_CD34 ? 8 : 0)
                for tag in 0..<5 { file.record(frame(17 + tag, tag: tag), patch: patch) }
                return file
            }
        }
        + [false, true].map { isBigEndian in
            var file = FileBytes.pcapng(isBigEndian: isBigEndian)
            file.interface(resolution: 9, offset: 1)
            file.enhanced(frame(17), ticks: 1)
            file.obsolete(frame(18, tag: 1), ticks: 2)
            file.simple(frame(19, tag: 2))
            file.section(isBigEndian: !isBigEndian)
            file.interface(linkType: 101)
            file.enhanced(frame(20, tag: 3))
            file.enhanced(frame(21, tag: 4))
            return file
        }

    @Test(arguments: samples.indices)
    func `a cut capture is read up to the cut, which is reported with its offset`(sample: Int) {
        let file = Self.samples[sample]
        let whole = read(file.bytes)
        #expect(whole.error == nil && whole.frames.count == 5)
        for length in 4..<file.bytes.count {
            let delivery = read(Array(file.bytes.prefix(length)))
            let start = file.boundaries.last { $0 <= length } ?? 0
            #expect(
                delivery.frames == Array(whole.frames.prefix(file.frameEnds.count { $0 <= length }))
            )
            #expect(
                delivery.error
                    == (start == length
                        ? nil
                        : .damaged(
                            name: "test",
                            offset: UInt64(start),
                            reason: "the capture is cut off in the middle of a record"
                        ))
            )
        }
    }

    @Test(arguments: samples.indices)
    func `a pipe delivers the same as a file, however it is cut`(sample: Int) throws {
        let bytes = Self.samples[sample].bytes
        let ends = makePipe()
        let source = try CaptureFileSource(descriptor: ends.reading, name: "pipe")
        var burst = FrameBurst()
        var frames: [OwnedFrame] = []
        for start in stride(from: 0, to: bytes.count, by: 7) {
            put(Array(bytes[start...].prefix(7)), to: ends.writing)
            while case .frames = source.receive(into: &burst) {
                for index in 0..<burst.count { frames.append(OwnedFrame(burst[index])) }
                if source.statistics.received == 5 { break }
            }
        }
        close(ends.writing)
        #expect(drain(source) == Delivery())
        #expect(frames == read(bytes).frames)
    }

    @Test func `a live pipe delivers what is there and is idle while its writer is silent`() throws
    {
        var file = FileBytes.classic()
        file.record(frame(60))
        file.record(frame(61))
        let ends = makePipe()
        let source = try CaptureFileSource(descriptor: ends.reading, name: "pipe")
        var burst = FrameBurst()
        #expect(source.receive(into: &burst).name == "idle")
        put(Array(file.bytes.prefix(110)), to: ends.writing)
        #expect(source.receive(into: &burst).name == "frames")
        #expect(burst.count == 1)
        #expect(source.receive(into: &burst).name == "idle")
        put(Array(file.bytes.dropFirst(110)), to: ends.writing)
        #expect(source.receive(into: &burst).name == "frames")
        #expect(burst.count == 1 && burst[0].bytes.array == frame(61))
        close(ends.writing)
        #expect(source.receive(into: &burst).name == "ended")
        #expect(source.receive(into: &burst).name == "ended")
        #expect(source.statistics.received == 2)
    }

    @Test func `records across chunks arrive whole`() {
        var file = FileBytes.classic()
        let expected = (0..<4000).map { frame(100 + $0 % 200, tag: $0) }
        for bytes in expected { file.record(bytes) }
        #expect(file.bytes.count > 3 * CaptureInput.chunk)
        #expect(read(file.bytes).frames.map(\.bytes) == expected)
    }

    @Test func `a frame larger than a chunk arrives whole`() {
        let expected = [frame(60), frame(3_000_000, tag: 1), frame(61, tag: 2), frame(400_000)]
        var classic = FileBytes.classic()
        for bytes in expected { classic.record(bytes) }
        #expect(read(classic.bytes).frames.map(\.bytes) == expected)
        var pcapng = FileBytes.pcapng()
        pcapng.interface()
        for bytes in expected { pcapng.enhanced(bytes) }
        #expect(read(pcapng.bytes).frames.map(\.bytes) == expected)
    }

    @Test func `a burst holds 64 frames at most`() throws {
        var file = FileBytes.classic()
        for tag in 0..<150 { file.record(frame(60, tag: tag)) }
        let source = try CaptureFileSource(descriptor: unnamedFile(file.bytes), name: "test")
        var burst = FrameBurst()
        var counts: [Int] = []
        while case .frames = source.receive(into: &burst) { counts.append(burst.count) }
        #expect(counts == [64, 64, 22])
    }

    @Test func `a failed source stays failed`() throws {
        var file = FileBytes.classic()
        file.record(frame(60))
        let source = try CaptureFileSource(
            descriptor: unnamedFile(file.bytes.dropLast()),
            name: "test"
        )
        #expect(drain(source) == drain(source))
        #expect(drain(source).error != nil)
    }

    @Test(
        arguments: [
            ([], "is empty; a classic pcap or pcapng file is needed"),
            ([0xA1, 0xB2], "holds only 2 bytes; a classic pcap or pcapng file is needed"),
            (
                [0x50, 0x4B, 3, 4],
                "is compressed (zip); unpack it on the way: unzip -p FILE | mos run SCRIPT -r -"
            ),
            (
                [0xFD, 0x37, 0x7A, 0x58],
                "is compressed (xz); unpack it on the way: xz -dc FILE | mos run SCRIPT -r -"
            ),
            (
                [0x04, 0x22, 0x4D, 0x18],
                "is compressed (lz4); unpack it on the way: lz4 -dc FILE | mos run SCRIPT -r -"
            ),
            (
                Array("BZh9".utf8),
                "is compressed (bzip2); unpack it on the way: bzip2 -dc FILE | mos run SCRIPT -r -"
            ),
            (
                [0x28, 0xB5, 0x2F, 0xFD],
                "is compressed (zstd); unpack it on the way: zstd -dc FILE | mos run SCRIPT -r -"
            ),
            (
                Array("snoop\0\0\0".utf8),
                "is a snoop file; a classic pcap or pcapng file is needed, editcap converts"
            ),
            (
                Array("#!/bin/sh".utf8),
                "begins with 0x23212f62, no capture file does; a classic pcap or pcapng file is needed"
            ),
        ] as [([UInt8], String)]
    )
    func `what is no capture is named`(bytes: [UInt8], reason: String) throws {
        let error = SourceError.unreadable(name: "test", reason: reason)
        #expect(throws: error) {
            try CaptureFileSource(descriptor: unnamedFile(bytes), name: "test")
        }
        let ends = makePipe()
        put(bytes, to: ends.writing)
        close(ends.writing)
        let piped = try CaptureFileSource(descriptor: ends.reading, name: "test")
        #expect(drain(piped) == Delivery(error: error))
    }

    @Test func `a file that does not exist is named with the reason`() {
        #expect(
            throws: SourceError.unreadable(name: "/nowhere/x.pcap", reason: "no such file")
        ) { try CaptureFileSource(path: "/nowhere/x.pcap") }
    }

    @Test func `a directory is no capture`() {
        #expect(
            throws: SourceError.unreadable(
                name: "/tmp",
                reason: "is a directory; name the capture files in it"
            )
        ) { try CaptureFileSource(path: "/tmp") }
    }

    @Test func `a capture without packets ends at once`() {
        #expect(read(FileBytes.classic().bytes) == Delivery())
        #expect(read(FileBytes.pcapng().bytes) == Delivery())
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no bytes crash the reader`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<5000 {
            let bytes = damagedCapture(&random)
            let delivery = read(bytes)
            let delivered = delivery.frames.reduce(0) { $0 + $1.bytes.count }
            #expect(delivered <= bytes.count, "seed \(seed), round \(round)")
            #expect(
                delivery.frames.allSatisfy { $0.bytes.count <= Int($0.wireLength) },
                "seed \(seed), round \(round)"
            )
        }
    }

    /// A sample with some bytes changed, or random bytes behind a header.
    private func damagedCapture(_ random: inout SplitMix64) -> [UInt8] {
        let sample = Self.samples[Int(random.below(UInt64(Self.samples.count)))]
        if random.chance(0.3) {
            let header = sample.bytes.prefix(Int(random.below(60)))
            return header + (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
        }
        var bytes = sample.bytes
        for _ in 0...random.below(6) {
            let at = Int(random.below(UInt64(bytes.count)))
            let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(random.below(256))]
            bytes[at] = extremes[Int(random.below(6))]
        }
        return bytes
    }
}

extension Reception {
    /// The case, for comparisons.
    fileprivate var name: String {
        switch self {
        case .frames: "frames"
        case .idle: "idle"
        case .ended: "ended"
        case .failed: "failed"
        }
    }
}
