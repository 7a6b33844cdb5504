// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets
import TestNetworks
import Testing

@testable import Capture

/// Several readers of one capture: each sees every frame, whatever their pace.
struct ChunkRingTests {
    /// What a reader saw: frames, and a digest of their bytes, lengths and times.
    private struct Digest: Equatable, Sendable {
        var frames = 0
        var sum: UInt64 = 14_695_981_039_346_656_037
        var ending = ""

        mutating func add(_ frame: Frame) {
            frames += 1
            mix(UInt64(frame.wireLength))
            mix(UInt64(bitPattern: frame.time.nanoseconds))
            for byte in frame.bytes.array { mix(UInt64(byte)) }
        }

        private mutating func mix(_ value: UInt64) { sum = (sum ^ value) &* 1_099_511_628_211 }
    }

    /// Reads to the end; yields now and then, as `random` says, and stops early after `limit` bursts.
    private static func read(_ source: any PacketSource, _ seed: UInt64, limit: Int = .max)
        -> Digest
    {
        var random = SplitMix64(seed: seed)
        var digest = Digest()
        var burst = FrameBurst()
        var bursts = 0
        while bursts < limit {
            switch source.receive(into: &burst) {
            case .frames:
                for index in 0..<burst.count { digest.add(burst[index]) }
                bursts += 1
                if random.chance(0.05) { usleep(UInt32(random.below(300))) }
            case .idle: continue
            case .ended:
                digest.ending = "end"
                source.close()
                return digest
            case .failed(let error):
                digest.ending = error.description
                source.close()
                return digest
            }
        }
        source.close()
        return digest
    }

    /// All sources at the same time, each on a thread of its own.
    private func readAll(_ sources: [any PacketSource], seed: UInt64, leaver: Int? = nil)
        -> [Digest]
    {
        onNewThreads(sources.count) { index in
            let limit = index == leaver ? 3 : Int.max
            return Self.read(sources[index], seed &+ UInt64(index), limit: limit)
        }
    }

    /// A capture of some megabytes; one frame is larger than two chunks.
    private func capture(_ random: inout SplitMix64, frames: Int) throws -> String {
        let path = "/tmp/mos-ring-\(getpid())-\(UInt64.random(in: 0...(.max))).pcap"
        let writer = try CaptureWriter(path: path, linkType: .ethernet)
        for index in 0..<frames {
            let isHuge = index == frames / 2
            let length = isHuge ? 2 * CaptureInput.chunk + 77 : Int(random.below(3000))
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* index) }
            try writer.write(
                OwnedFrame(
                    bytes: bytes,
                    time: Timestamp(nanoseconds: Int64(index) * 1000)
                )
            )
        }
        try writer.close()
        return path
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `every reader sees what one alone sees`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let path = try capture(&random, frames: 3000)
        defer { _ = unsafe unlink(path) }
        let expected = Self.read(try CaptureFileSource(path: path), seed)
        #expect(expected.frames == 3000 && expected.ending == "end")
        let count = 1 + Int(seed)
        let seen = readAll(try CaptureFileSource.open(path: path, shares: count), seed: seed)
        #expect(seen == Array(repeating: expected, count: count), "seed \(seed)")
        let late = readAll(LateCapture.open(path: path, shares: count), seed: seed)
        #expect(late == seen, "seed \(seed)")
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `one that leaves holds nobody up`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let path = try capture(&random, frames: 3000)
        defer { _ = unsafe unlink(path) }
        let expected = Self.read(try CaptureFileSource(path: path), seed)
        let sources = try CaptureFileSource.open(path: path, shares: 3)
        let seen = readAll(sources, seed: seed, leaver: 1)
        #expect(seen[0] == expected && seen[2] == expected, "seed \(seed)")
        // A source that nobody ever asks, and that is let go of.
        let late = LateCapture.open(path: path, shares: 3)
        late[2].close()
        #expect(readAll(Array(late.prefix(2)), seed: seed) == [expected, expected])
    }

    @Test func `a capture that is cut, missing or none fails alike for all`() throws {
        var random = SplitMix64(seed: 1)
        let path = try capture(&random, frames: 400)
        defer { _ = unsafe unlink(path) }
        _ = unsafe truncate(path, 300_001)
        let expected = Self.read(try CaptureFileSource(path: path), 1)
        #expect(expected.ending.contains("cut off in the middle of a record"))
        let seen = readAll(try CaptureFileSource.open(path: path, shares: 3), seed: 1)
        #expect(seen == [expected, expected, expected])
        let missing = readAll(LateCapture.open(path: path + "x", shares: 2), seed: 1)
        #expect(missing.allSatisfy { $0.ending.contains("no such file") })
        #expect(throws: SourceError.self) {
            _ = try CaptureFileSource.open(path: "/dev/null/x", shares: 2)
        }
    }

    @Test func `a packed capture is unpacked once, for all`() throws {
        var random = SplitMix64(seed: 9)
        let path = try capture(&random, frames: 1500)
        defer { _ = unsafe unlink(path) }
        let expected = Self.read(try CaptureFileSource(path: path), 1)
        #expect(unsafe system("gzip -kf \(path)") == 0)
        defer { _ = unsafe unlink(path + ".gz") }
        let packed = try CaptureFileSource.open(path: path + ".gz", shares: 3)
        #expect(readAll(packed, seed: 3) == [expected, expected, expected])
    }

    @Test func `a pipe is read by all as it fills`() throws {
        var random = SplitMix64(seed: 5)
        let path = try capture(&random, frames: 900)
        defer { _ = unsafe unlink(path) }
        let expected = Self.read(try CaptureFileSource(path: path), 1)
        let pipe = path + ".fifo"
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        defer { _ = unsafe unlink(pipe) }
        #expect(unsafe system("cat \(path) > \(pipe) &") == 0)
        let seen = readAll(try CaptureFileSource.open(path: pipe, shares: 3), seed: 2)
        #expect(seen == [expected, expected, expected])
    }
}
