// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets
import Testing

@testable import Capture

struct GunzipTests {
    private let samples = CaptureFileSourceTests.samples

    @Test(arguments: CaptureFileSourceTests.samples.indices)
    func `a packed capture is read as a plain one`(sample: Int) {
        let bytes = samples[sample].bytes
        #expect(read(gzip(bytes)) == read(bytes))
    }

    @Test func `a capture that unpacks to many chunks arrives whole`() {
        var file = FileBytes.classic()
        let expected = (0..<9000).map { frame(100 + $0 % 200, tag: $0) }
        for bytes in expected { file.record(bytes) }
        #expect(file.bytes.count > 6 * CaptureInput.chunk)
        #expect(read(gzip(file.bytes)).frames.map(\.bytes) == expected)
    }

    @Test func `packed bytes that fill many chunks arrive whole`() {
        var random = SplitMix64(seed: 1)
        var file = FileBytes.classic()
        let expected = (0..<900).map { _ in
            (0..<1000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        for bytes in expected { file.record(bytes) }
        let packed = gzip(file.bytes)
        #expect(packed.count > 3 * CaptureInput.chunk)
        #expect(read(packed).frames.map(\.bytes) == expected)
    }

    @Test func `members follow each other, empty ones and padding too`() {
        let bytes = samples[0].bytes
        let empty = gzip([])
        let packed =
            empty + gzip(Array(bytes.prefix(50))) + empty + empty + gzip(Array(bytes.dropFirst(50)))
        #expect(read(packed) == read(bytes))
        #expect(read(packed + [0, 0, 0]) == read(bytes))
        #expect(read(packed + [0, 0, 0] + empty) == read(bytes))
        let many = Array([[UInt8]](repeating: empty, count: 30_000).joined())
        #expect(read(many + gzip(bytes)) == read(bytes))
        #expect(
            read(many).error
                == .unreadable(
                    name: "test (unpacked)",
                    reason: "is empty; a classic pcap or pcapng file is needed"
                )
        )
    }

    @Test(arguments: CaptureFileSourceTests.samples.indices)
    func `cut gzip data is reported with its offset, what was whole before it is read`(
        sample: Int
    ) {
        let packed = gzip(samples[sample].bytes)
        let whole = read(samples[sample].bytes).frames
        var most = 0
        for length in 4..<packed.count {
            let delivery = read(Array(packed.prefix(length)))
            #expect(
                delivery.error
                    == .damaged(
                        name: "test",
                        offset: UInt64(length),
                        reason: "the gzip data is cut off"
                    )
            )
            #expect(delivery.frames == Array(whole.prefix(delivery.frames.count)))
            #expect(delivery.frames.count >= most)
            most = delivery.frames.count
        }
        #expect(most == 5)
    }

    @Test func `what zlib refuses is reported in its words`() {
        let packed = gzip(samples[0].bytes)
        var wrongSum = packed
        wrongSum[packed.count - 8] ^= 1
        let delivery = read(wrongSum)
        #expect(delivery.frames.count == 5)
        #expect(
            delivery.error
                == .damaged(
                    name: "test",
                    offset: UInt64(packed.count - 4),
                    reason: "the gzip data is broken (incorrect data check)"
                )
        )
    }

    @Test func `bytes behind the last member are damage`() {
        let packed = gzip(samples[0].bytes)
        let delivery = read(packed + [0, 7])
        #expect(delivery.frames.count == 5)
        #expect(
            delivery.error
                == .damaged(
                    name: "test",
                    offset: UInt64(packed.count + 1),
                    reason: "bytes that are no gzip data follow the gzip data"
                )
        )
    }

    @Test func `damage inside is reported with its offset in what was unpacked`() {
        let file = samples[0]
        #expect(
            read(gzip(Array(file.bytes.dropLast()))).error
                == .damaged(
                    name: "test (unpacked)",
                    offset: UInt64(file.boundaries[4]),
                    reason: "the capture is cut off in the middle of a record"
                )
        )
    }

    @Test func `what is packed twice is named`() {
        #expect(
            read(gzip(gzip(samples[0].bytes))).error
                == .unreadable(
                    name: "test (unpacked)",
                    reason:
                        "is compressed (gzip); unpack it on the way: gzip -dc FILE | mos run SCRIPT -r -"
                )
        )
    }

    @Test func `a pipe delivers as it fills`() throws {
        let bytes = samples[0].bytes
        let packed = gzip(Array(bytes.prefix(60))) + gzip(Array(bytes.dropFirst(60)))
        let ends = makePipe()
        let source = try CaptureFileSource(descriptor: ends.reading, name: "pipe")
        var burst = FrameBurst()
        var frames: [OwnedFrame] = []
        for start in stride(from: 0, to: packed.count, by: 5) {
            put(Array(packed[start...].prefix(5)), to: ends.writing)
            while case .frames = source.receive(into: &burst) {
                for index in 0..<burst.count { frames.append(OwnedFrame(burst[index])) }
            }
        }
        close(ends.writing)
        #expect(drain(source) == Delivery())
        #expect(frames == read(bytes).frames)
    }

    @Test func `progress is the share of the packed file`() throws {
        var file = FileBytes.classic()
        for tag in 0..<20_000 { file.record(frame(200, tag: tag)) }
        let packed = gzip(file.bytes)
        let source = try CaptureFileSource(descriptor: unnamedFile(packed), name: "test")
        var burst = FrameBurst()
        var last = 0.0
        while case .frames = source.receive(into: &burst) {
            let progress = try #require(source.progress)
            #expect(progress >= last && progress <= 1)
            last = progress
        }
        #expect(source.progress == 1)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `no packed bytes crash the reader`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<1500 {
            var packed = gzip(samples[Int(random.below(UInt64(samples.count)))].bytes)
            for _ in 0...random.below(3) {
                packed[2 + Int(random.below(UInt64(packed.count - 2)))] = UInt8(random.below(256))
            }
            let delivery = read(packed)
            #expect(
                delivery.frames.allSatisfy { $0.bytes.count <= Int($0.wireLength) },
                "seed \(seed), round \(round)"
            )
        }
    }
}
