// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets
import Testing

@testable import Flows

struct TunnelTableTests {
    private final class Box {
        var table: TunnelTable
        init?(capacity: Int) {
            guard let table = TunnelTable(capacity: capacity, seed: .fixed) else { return nil }
            self.table = table
        }
    }

    private func path(_ ids: [UInt32]) -> TunnelPath {
        var path = TunnelPath()
        for id in ids {
            var layer = mos_tunnel()
            layer.id = id
            layer.kind = 7
            path.append(layer)
        }
        return path
    }

    @Test func `a ninth tunnel is left out`() {
        #expect(path(Array(1...9)).count == 8)
        #expect(path([1, 2]) != path([2, 1]) && path([1]) != path([1, 1]))
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `the table answers as a dictionary does and keeps equal paths once`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let box = try #require(Box(capacity: 100))
        var model: [Int32: TunnelPath] = [:]
        for _ in 0..<5000 {
            let slot = Int32(random.below(100))
            #expect(box.table.path(of: slot) == model[slot], "seed \(seed)")
            if model.removeValue(forKey: slot) != nil || random.chance(0.3) {
                box.table.remove(slot)
            } else {
                let path = path((0...random.below(3)).map { _ in UInt32(random.below(4)) })
                box.table.set(path, of: slot)
                model[slot] = path
            }
            let distinct = model.values.reduce(into: [TunnelPath]()) { list, path in
                if !list.contains(path) { list.append(path) }
            }
            try #require(box.table.count == distinct.count, "seed \(seed)")
        }
    }
}
