// SPDX-License-Identifier: BSD-2-Clause
import Packets
import TCPTracking

extension FuzzTarget {
    /// Segments of one stream, as an engine hands them over: what is stored, charged, compared, read and given up is what
    /// ``StreamModel`` says.
    ///
    ///     policy 1 | bit 0: nobody reads, bits 1-2: pool, bit 3: bytes kept 1 | steps, 4 each
    public static let reassembler = FuzzTarget("reassembler") { input in
        var bytes = InputBytes(input)
        let policy = OverlapPolicy.allCases[bytes.next() % OverlapPolicy.allCases.count]
        let manner = bytes.next()
        let pool = [1 << 20, 1 << 20, 2048, 256][manner >> 1 & 3]
        guard
            var bench = StreamBench(
                policy: policy,
                pool: pool,
                stores: manner & 1 == 0,
                keeps: manner & 8 != 0 ? 40 : 0
            )
        else { return "no memory" }
        var steps = 0
        while !bytes.isEmpty, steps < 100 {
            steps += 1
            let step = [bytes.next(), bytes.next(), bytes.next(), bytes.next()]
            if let problem = bench.step(step) { return "step \(steps): \(problem)" }
        }
        return bench.release()
    } seeds: { _ in
        let steps: [UInt8] = [
            0, 200, 10, 1, 0, 210, 10, 2, 0, 196, 8, 3, 0, 206, 9, 4, 1, 5, 0, 0, 0, 192, 30, 5,
            0, 250, 20, 6, 2, 0, 0, 0, 0, 0x80, 12, 7, 1, 50, 0, 0, 3, 3, 0, 0, 0, 220, 90, 8,
            4, 0, 0, 0, 0, 200, 5, 9, 5, 0, 0, 0, 0, 201, 5, 9,
        ]
        return (0..<30).map { [UInt8($0), UInt8($0 / 15 * 8)] + steps + steps }
            + (0..<8).map { [0, UInt8($0)] + steps }
    }
}
