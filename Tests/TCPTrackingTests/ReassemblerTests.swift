// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

@testable import TCPTracking

struct ReassemblerTests {
    @Test(arguments: OverlapPolicy.allCases, 1...12 as ClosedRange<UInt64>)
    func `it stores, orders and delivers as a byte array does`(policy: OverlapPolicy, seed: UInt64)
        throws
    {
        var bench = try ReassemblyBench(seed: seed, pool: 1 << 20, policy: policy)
        for step in 0..<150 {
            bench.receive()
            if bench.random.chance(0.3) { bench.readSome() }
            if bench.random.chance(0.04) { bench.declareGap() }
            try #require(bench.problem == nil, "\(policy), seed \(seed) step \(step)")
        }
        while bench.declareGap() {}
        bench.readAll()
        try #require(bench.problem == nil, "seed \(seed) at the end")
        #expect(bench.delivered > 200, "seed \(seed)")
        bench.release()
        #expect(bench.problem == nil, "seed \(seed)")
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `while nobody reads it tracks ranges alone`(seed: UInt64) throws {
        var bench = try ReassemblyBench(seed: seed, pool: 1 << 20)
        bench.stores = false
        for step in 0..<150 {
            bench.receive()
            if bench.random.chance(0.04) { bench.declareGap() }
            try #require(bench.problem == nil, "seed \(seed) step \(step)")
            try #require(bench.reassembler.pool.bytesInUse == 0)
        }
        bench.release()
        #expect(bench.problem == nil, "seed \(seed)")
    }

    @Test(arguments: OverlapPolicy.allCases, 1...4 as ClosedRange<UInt64>)
    func `with too small a pool the bytes that it delivers are right`(
        policy: OverlapPolicy,
        seed: UInt64
    ) throws {
        var bench = try ReassemblyBench(seed: seed, pool: 1024, policy: policy)
        bench.isPredictable = true
        for step in 0..<300 {
            bench.receive()
            if bench.random.chance(0.3) { bench.readSome() }
            if bench.random.chance(0.1) { bench.declareGap() }
            try #require(bench.problem == nil, "seed \(seed) step \(step)")
        }
        bench.release()
        #expect(bench.problem == nil, "seed \(seed)")
    }

    @Test func `forgetting bytes keeps the ranges behind holes`() throws {
        var bench = try ReassemblyBench(seed: 1, pool: 1 << 20)
        bench.put(10, Array("later".utf8))
        bench.put(0, Array("now".utf8))
        bench.reassembler.forgetBytes(&bench.stream)
        #expect(bench.reassembler.pool.bytesInUse == 0)
        #expect(bench.stream.charged == 0)
        #expect(bench.ranges == [10..<15])
        #expect(bench.stream.next == 3)
        bench.stores = false
        bench.put(3, Array("between".utf8))
        #expect(bench.stream.next == 15)
        #expect(bench.ranges == [])
    }

    @Test(arguments: OverlapPolicy.allCases)
    func `a range that nobody kept stays known on both sides of a segment within it`(
        policy: OverlapPolicy
    ) throws {
        var bench = try ReassemblyBench(seed: 1, pool: 4096, policy: policy)
        bench.stores = false
        _ = bench.merge([UInt8](repeating: 0, count: 30), at: 10)
        bench.stores = true
        _ = bench.merge(Array("known".utf8), at: 20)
        #expect(bench.ranges == [10..<40])
        bench.release()
        #expect(bench.problem == nil)
    }

    @Test func `a range behind a hole may be longer than a run`() throws {
        var bench = try ReassemblyBench(seed: 1, pool: 4096)
        bench.stores = false
        let piece = [UInt8](repeating: 0, count: 65_535)
        let end = Int64(40_000) * 65_535
        for offset in stride(from: Int64(1), to: end, by: 65_535) {
            let complete = ByteView.of(piece) {
                bench.reassembler.merge(&bench.stream, $0, at: offset, store: false)
            }
            try #require(complete)
        }
        #expect(bench.ranges == [1..<end + 1])
    }

    @Test func `the number of runs is limited`() throws {
        var bench = try ReassemblyBench(seed: 1, pool: 4 << 20)
        let limit = Int64(Reassembler.runLimit)
        for index in 0..<limit * 2 {
            // From the limit on a hole ought to be given up; what comes meanwhile still fits.
            let fits = bench.reassembler.fits(bench.stream, length: 1, limit: .max)
            try #require(fits == (index < limit))
            try #require(bench.merge([1], at: 1 + index * 2) == true)
        }
        #expect(Int64(bench.stream.run_count) == limit * 2)
        #expect(bench.merge([1], at: 100_001) == false)
        bench.release()
        #expect(bench.problem == nil)
    }
}
