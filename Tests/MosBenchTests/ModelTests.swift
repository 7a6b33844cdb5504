// SPDX-License-Identifier: BSD-2-Clause
import TCPTracking
import Testing

@testable import mos_bench

struct ModelTests {
    /// Each policy, with KEEP and without.
    @Test(arguments: 0..<UInt64(2 * OverlapPolicy.allCases.count))
    func `what is delivered of a bad path is what the model says`(seed: UInt64) throws {
        var batch = ModelBatch(seed: seed, count: 60)
        #expect(try batch.run())
        #expect(batch.problem == nil)
    }
}
