// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import TCPTracking

struct DeclaredGapTests {
    @Test func `a byte of a declared hole is late, its neighbours are not`() throws {
        var bench = try ReassemblyBench(seed: 1, pool: 4096)
        var gaps: Int32 = -1
        bench.reassembler.rememberGap(&gaps, at: 10, length: 5)
        bench.reassembler.rememberGap(&gaps, at: 20, length: 5)
        // What touches is one hole.
        bench.reassembler.rememberGap(&gaps, at: 25, length: 1)
        let late = (0..<40).filter {
            bench.reassembler.isLate(gaps, from: Int64($0), upTo: Int64($0) + 1)
        }
        #expect(late == Array(10..<15) + Array(20..<26))
        #expect(bench.reassembler.runs.count == 2)
        let around = bench.reassembler.isLate(gaps, from: 0, upTo: 40)
        let between = bench.reassembler.isLate(gaps, from: 15, upTo: 20)
        #expect(around && !between)
        bench.reassembler.forgetGaps(&gaps)
        #expect(gaps == -1)
        #expect(bench.reassembler.runs.count == 0)
    }

    @Test func `of too many holes the oldest are forgotten`() throws {
        var bench = try ReassemblyBench(seed: 1, pool: 4096)
        var gaps: Int32 = -1
        for index in 0..<40 {
            bench.reassembler.rememberGap(&gaps, at: Int64(index) * 10, length: 5)
        }
        #expect(bench.reassembler.runs.count == Reassembler.gapLimit)
        let late = (0..<40).filter {
            bench.reassembler.isLate(gaps, from: Int64($0) * 10, upTo: Int64($0) * 10 + 1)
        }
        #expect(late == Array(24..<40))
        bench.reassembler.forgetGaps(&gaps)
        #expect(bench.reassembler.runs.count == 0)
    }
}
