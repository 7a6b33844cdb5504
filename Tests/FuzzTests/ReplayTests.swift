// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

/// What fuzzers start from and what they once found, for ever: `Tests/Fixtures/TARGET/FILE`.
struct ReplayTests {
    @Test(arguments: fixtures())
    func `what once broke something is taken well`(fixture: Fixture) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == fixture.target })
        let bytes = try #require(contents(of: fixture.path))
        #expect(ByteView.of(bytes, target.problem) == nil)
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `the seeds of a fuzzer are taken well, whole and cut`(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let frames = (1...12).map { count in
            PacketBuilder().frame(
                TCPSegment(seq: UInt32(count), payload: [UInt8](repeating: 65, count: count))
            )
        }
        let seeds = target.seeds(frames)
        #expect(!seeds.isEmpty)
        for seed in seeds {
            // Some of the places where a seed may be cut, its end among them.
            let step = max(1, seed.count / 8)
            for length in stride(from: seed.count, through: 0, by: -step) {
                #expect(ByteView.of(Array(seed.prefix(length)), target.problem) == nil)
            }
        }
    }

    @Test func `every folder of fixtures belongs to a fuzzer`() {
        let folders = names(in: fixturesPath).filter { $0 != "README.md" }
        #expect(Set(folders).isSubset(of: FuzzTarget.all.map(\.name)))
    }
}

/// A file that is replayed.
struct Fixture: Sendable, CustomTestStringConvertible {
    let target: String
    let file: String

    var path: String { fixturesPath + "/" + target + "/" + file }
    var testDescription: String { target + "/" + file }
}

private func fixtures() -> [Fixture] {
    FuzzTarget.all.map(\.name).flatMap { target in
        names(in: fixturesPath + "/" + target).map { Fixture(target: target, file: $0) }
    }
}

/// `Tests/Fixtures`, found from this file.
private let fixturesPath =
    String(#filePath.dropLast("/FuzzTests/ReplayTests.swift".count)) + "/Fixtures"
