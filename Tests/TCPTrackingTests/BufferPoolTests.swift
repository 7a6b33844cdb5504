// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import TCPTracking

/// The kernel refused the address space.
struct NoMemory: Error {}

struct BufferPoolTests {
    private func pool(_ bytes: Int) throws -> BufferPool {
        guard let pool = BufferPool(bytes: bytes) else { throw NoMemory() }
        return pool
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `blocks never overlap, keep their bytes and merge back to one`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let size = 64 * 1024
        var pool = try pool(size)
        var held: [(block: Block, mark: UInt8, count: Int)] = []
        for step in 0..<1200 {
            if random.chance(0.5) {
                let count = Int(random.below(random.chance(0.1) ? 20_000 : 1500))
                guard let block = pool.allocate(count) else { continue }
                try #require(block.capacity >= count)
                let first = Int(block.unit) * 256
                let overlaps = held.contains {
                    let other = Int($0.block.unit) * 256
                    return first < other + $0.block.capacity && other < first + block.capacity
                }
                try #require(!overlaps, "seed \(seed) step \(step)")
                let mark = UInt8(truncatingIfNeeded: step)
                fill(&pool, block, mark, count)
                held.append((block, mark, count))
            } else if !held.isEmpty {
                let one = held.remove(at: Int(random.below(UInt64(held.count))))
                let bytes = pool.view(one.block, 0, one.count).array
                try #require(bytes.allSatisfy { $0 == one.mark }, "seed \(seed) step \(step)")
                pool.release(one.block)
            }
            let used = held.reduce(0) { $0 + $1.block.capacity }
            try #require(pool.bytesInUse == used && used <= size)
        }
        for one in held { pool.release(one.block) }
        #expect(pool.bytesInUse == 0)
        #expect(pool.allocate(size)?.capacity == size, "seed \(seed)")
    }

    private func fill(_ pool: inout BufferPool, _ block: Block, _ mark: UInt8, _ count: Int) {
        ByteView.of([UInt8](repeating: mark, count: count)) { pool.write($0, to: block, at: 0) }
    }

    @Test func `a full pool says so and serves again what comes back`() throws {
        var pool = try pool(1024)
        let blocks = (0..<4).compactMap { _ in pool.allocate(200) }
        #expect(blocks.count == 4)
        #expect(pool.allocate(1) == nil)
        pool.release(blocks[1])
        #expect(pool.allocate(512) == nil)
        pool.release(blocks[0])
        #expect(pool.allocate(512)?.capacity == 512)
    }

    @Test func `more than the pool has is refused at any size`() throws {
        var pool = try pool(1000)
        #expect(pool.allocate(1025) == nil)
        #expect(pool.allocate(Int.max / 2) == nil)
        #expect(pool.allocate(0)?.capacity == 256)
    }

    @Test func `bytes move within a block and between blocks`() throws {
        var pool = try pool(4096)
        guard let a = pool.allocate(256), let b = pool.allocate(512) else { throw NoMemory() }
        ByteView.of(Array(0..<100)) { pool.write($0, to: a, at: 0) }
        pool.move(100, from: a, at: 0, to: b, at: 300)
        #expect(pool.view(b, 300, 100).array == Array(0..<100))
        pool.move(90, from: b, at: 310, to: b, at: 300)
        #expect(pool.view(b, 300, 90).array == Array(10..<100))
    }
}
