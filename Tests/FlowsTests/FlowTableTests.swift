// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets
import Testing

@testable import Flows

struct FlowTableTests {
    /// A connection's key as a dictionary sees it: both ends, in one order.
    private struct Key: Hashable {
        let ends: [[UInt64]]

        init(_ packet: mos_packet) {
            let version = UInt64(packet.ip_version)
            ends = [
                [version, packet.src.a, packet.src.b, UInt64(packet.sport)],
                [version, packet.dst.a, packet.dst.b, UInt64(packet.dport)],
            ].sorted { $0.lexicographicallyPrecedes($1) }
        }
    }

    private struct Entry {
        var slot: Int32
        var generation: UInt32
        var opening: mos_packet
    }

    private func table(_ capacity: Int) throws -> TableBox {
        try #require(TableBox(capacity: capacity))
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `the table answers as a dictionary does`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let box = try table(200)
        let packets = (0..<300).map { mos_packet.random(version: $0 % 3 == 0 ? 6 : 4, &random) }
        var model: [Key: Entry] = [:]
        for _ in 0..<6000 {
            let chosen = packets[Int(random.below(300))]
            let packet = random.chance(0.5) ? chosen : chosen.reversed
            let expected = model[Key(packet)]
            let slot = box.find(packet)
            try #require(slot == expected?.slot ?? -1, "seed \(seed)")
            if let expected {
                let isClient = packet.sport == expected.opening.sport
                try #require(box.table.sender(slot, packet) == (isClient ? .client : .server))
                try #require(box.table.isLive(slot, generation: expected.generation) == true)
                if random.chance(0.4) {
                    box.table.remove(slot)
                    model[Key(packet)] = nil
                    try #require(box.table.isLive(slot, generation: expected.generation) == false)
                }
            } else {
                let new = box.insert(packet)
                try #require((new < 0) == (model.count == 200), "seed \(seed)")
                guard new >= 0 else { continue }
                try #require(!model.values.contains { $0.slot == new })
                let generation = box.table.conns[new].generation
                model[Key(packet)] = Entry(slot: new, generation: generation, opening: packet)
            }
            try #require(box.table.count == model.count)
        }
        #expect(model.count > 100, "seed \(seed)")
    }

    @Test func `it grows, finds all and can be emptied in any order`() throws {
        let seed: UInt64 = 21
        var random = SplitMix64(seed: seed)
        let box = try table(20_000)
        let packets = (0..<20_000).map { mos_packet.random(version: $0 & 1 == 0 ? 4 : 6, &random) }
        let slots = packets.map { box.insert($0) }
        #expect(slots == (0..<20_000).map { Int32($0) })
        #expect(box.insert(mos_packet.random(version: 4, &random)) == -1)
        #expect(packets.map { box.find($0.reversed) } == slots)
        #expect(box.table.longestProbe < 64)
        for slot in slots.shuffled(using: &random) { box.table.remove(slot) }
        #expect(box.table.count == 0)
        #expect(packets.allSatisfy { box.find($0) == -1 })
        #expect(box.indexEntries == 0)
    }

    @Test func `a slot used again has another generation and a later serial`() throws {
        var random = SplitMix64(seed: 2)
        let box = try table(4)
        let first = box.insert(mos_packet.random(version: 4, &random))
        let old = box.table.conns[first]
        box.table.remove(first)
        let second = box.insert(mos_packet.random(version: 4, &random))
        let generation = box.table.conns[second].generation
        #expect(second == first)
        #expect(box.table.isLive(second, generation: old.generation) == false)
        #expect(box.table.isLive(second, generation: generation) == true)
        #expect(box.table.isLive(second, generation: 0) == false)
        #expect(box.table.serial(second) == UInt64(old.generation) + 1)
    }

    @Test func `flows come in order of their start whatever their slots`() throws {
        var random = SplitMix64(seed: 4)
        let box = try table(16)
        let slots = (0..<6).map { _ in box.insert(mos_packet.random(version: 4, &random)) }
        for slot in [slots[1], slots[4]] { box.table.remove(slot) }
        let later = (0..<3).map { _ in box.insert(mos_packet.random(version: 4, &random)) }
        #expect(
            box.table.slotsInOrderOfStart() == [slots[0], slots[2], slots[3], slots[5]] + later
        )
    }

    @Test func `a connection between equal addresses is told apart by its ports`() throws {
        var packet = mos_packet()
        packet.ip_version = 4
        packet.src.a = 0x0100_007F
        packet.dst.a = 0x0100_007F
        packet.sport = 40000
        packet.dport = 80
        let box = try table(4)
        let slot = box.insert(packet)
        #expect(box.find(packet) == slot)
        #expect(box.find(packet.reversed) == slot)
        #expect(box.table.sender(slot, packet) == .client)
        #expect(box.table.sender(slot, packet.reversed) == .server)
    }

    @Test func `IPv4 is not IPv6 with the same first bytes`() throws {
        var packet = mos_packet()
        packet.ip_version = 4
        packet.src.a = 1
        packet.dst.a = 2
        let box = try table(4)
        _ = box.insert(packet)
        packet.ip_version = 6
        #expect(box.find(packet) == -1)
    }

    @Test func `what is kept of payload starts empty and goes with its connection`() throws {
        var random = SplitMix64(seed: 8)
        let box = try table(4)
        let slot = box.insert(mos_packet.random(version: 4, &random))
        let ext = box.table.ensureExt(slot)
        #expect(box.table.ensureExt(slot) == ext)
        box.table[stream: ext, .server].next = 77
        #expect(box.table.exts[ext].svr.next == 77)
        #expect(box.table.exts[ext].cli.next == 0)
        box.table.remove(slot)
        #expect(box.table.exts.count == 0)
        let again = box.insert(mos_packet.random(version: 4, &random))
        let fresh = box.table.ensureExt(again)
        #expect(box.table.exts[fresh].svr.next == 0)
        #expect(box.table.exts[fresh].svr_health.gaps == -1)
        #expect(box.table.exts[fresh].reader.socket == -1)
        #expect(box.table.exts[fresh].cli.runs == -1)
    }
}

/// A table behind a reference, since tests hand values around.
private final class TableBox {
    var table: FlowTable

    init?(capacity: Int) {
        guard let table = FlowTable(capacity: capacity, seed: .fixed) else { return nil }
        self.table = table
    }

    func find(_ packet: mos_packet) -> Int32 { table.find(packet, hash: table.hash(packet)) }

    func insert(_ packet: mos_packet) -> Int32 { table.insert(packet, hash: table.hash(packet)) }

    var indexEntries: Int { table.index.count }
}
