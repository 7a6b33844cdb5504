// SPDX-License-Identifier: BSD-2-Clause
import Engine
import Glibc
import TestNetworks
import Testing

@testable import Outputs

/// What a target holds, read back.
private struct Lines {
    let path = "/tmp/mos-merger-\(getpid())-\(UInt64.random(in: 0...(.max)))"

    func target() throws -> RecordTarget { try RecordTarget(path: path) }

    var content: [String] {
        let descriptor = unsafe open(path, O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 22)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    func remove() { _ = unsafe Glibc.remove(path) }
}

private func key(_ number: UInt64, _ deadline: Int64 = .max, _ rank: UInt64 = 0) -> RunPosition {
    RunPosition(number: number, deadline: deadline, rank: rank)
}

extension RecordWriter {
    fileprivate func put(_ line: String, at key: RunPosition, isRecord: Bool = true) {
        append(line.utf8, isRecord: isRecord, key: key)
    }
}

@Suite struct `Merged records` {
    @Test func `wait until no other worker can bring an earlier one`() throws {
        let lines = Lines()
        defer { lines.remove() }
        let merger = RecordMerger(try lines.target(), workers: 2)
        let (a, b) = (
            RecordWriter(merging: merger, worker: 0), RecordWriter(merging: merger, worker: 1)
        )
        a.put("12 a", at: key(12))
        a.put("15 a", at: key(15))
        a.advance(to: key(17))
        #expect(lines.content == [])
        b.put("13 b", at: key(13))
        b.advance(to: key(15))
        // Worker 1 may still bring a line of packet 15, but worker 0 goes first then.
        #expect(lines.content == ["12 a", "13 b", "15 a"])
        b.put("15 b", at: key(15))
        b.advance(to: .last)
        a.advance(to: .last)
        #expect(lines.content == ["12 a", "13 b", "15 a", "15 b"])
    }

    @Test func `what is due comes before its packet, by deadline, then by rank`() throws {
        let lines = Lines()
        defer { lines.remove() }
        let merger = RecordMerger(try lines.target(), workers: 2)
        let (a, b) = (
            RecordWriter(merging: merger, worker: 0), RecordWriter(merging: merger, worker: 1)
        )
        a.put("packet", at: key(7))
        b.put("due at 5", at: key(7, 5, 1))
        b.put("due at 9, second", at: key(7, 9, 2))
        a.advance(to: .last)
        b.advance(to: .last)
        #expect(lines.content == ["due at 5", "due at 9, second", "packet"])
    }

    @Test func `headers stand where they change, whoever's records they are`() throws {
        let lines = Lines()
        defer { lines.remove() }
        let merger = RecordMerger(try lines.target(), workers: 2)
        let (a, b) = (
            RecordWriter(merging: merger, worker: 0), RecordWriter(merging: merger, worker: 1)
        )
        a.setHeader(Array("#x".utf8))
        b.setHeader(Array("#x".utf8))
        a.put("1", at: key(1))
        b.put("2", at: key(2))
        b.setHeader(Array("#y".utf8))
        b.put("3", at: key(3))
        a.put("4", at: key(4), isRecord: false)
        a.put("5", at: key(5))
        a.advance(to: .last)
        b.advance(to: .last)
        #expect(lines.content == ["#x", "1", "2", "#y", "3", "4", "#x", "5"])
    }

    @Test func `unmerged writers put the header above their first record where another's stands`()
        throws
    {
        let lines = Lines()
        defer { lines.remove() }
        let target = try lines.target()
        let (a, b) = (RecordWriter(target), RecordWriter(target))
        a.setHeader(Array("#x".utf8))
        b.setHeader(Array("#y".utf8))
        a.put("1", at: key(1))
        a.flush()
        b.put("printed", at: key(1), isRecord: false)
        b.put("2", at: key(2))
        b.flush()
        a.put("3", at: key(3))
        a.flush()
        a.put("4", at: key(4))
        a.flush()
        #expect(lines.content == ["#x", "1", "printed", "#y", "2", "#x", "3", "4"])
    }

    /// Threads with random lines in rising order, flushed and announced at random: the output is all of them, sorted.
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `of any number of workers come out sorted, none lost`(seed: UInt64) throws {
        print("seed \(seed)")
        let lines = Lines()
        defer { lines.remove() }
        let count = Int(seed) + 1
        let merger = RecordMerger(try lines.target(), workers: count)
        var expected: [(RunPosition, Int, String)] = []
        var plans: [[(RunPosition, String)]] = []
        var random = Walk(state: seed)
        for worker in 0..<count {
            var plan: [(RunPosition, String)] = []
            var number: UInt64 = 0
            for index in 0..<2000 {
                number += random.next() % 4
                let line = "\(number) \(worker) \(index)"
                plan.append((key(number), line))
                expected.append((key(number), worker, line))
            }
            plans.append(plan)
        }
        expected.sort { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }
        run(plans, merger, seed)
        let wanted = expected.map { $0.2 }
        // Within one key the lines of a worker stay in their order, which the sort above does not promise.
        #expect(lines.content.count == wanted.count)
        #expect(lines.content.map(prefix) == wanted.map(prefix))
    }

    private func prefix(_ line: String) -> String {
        line.split(separator: " ").prefix(2).joined(separator: " ")
    }

    private func run(_ plans: [[(RunPosition, String)]], _ merger: RecordMerger, _ seed: UInt64) {
        _ = onNewThreads(plans.count) { worker in
            var random = Walk(state: seed &* 31 &+ UInt64(worker))
            let writer = RecordWriter(merging: merger, worker: worker, capacity: 256)
            for (key, line) in plans[worker] {
                writer.put(line, at: key)
                if random.next() % 50 == 0 { writer.advance(to: key) }
                if random.next() % 200 == 0 { sched_yield() }
            }
            writer.advance(to: .last)
        }
    }
}

private struct Walk {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
