// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets
import Testing

@testable import Flows

struct TranslationsTests {
    private final class Box {
        private var table: Translations
        private let vlanInKey: Bool

        init?(capacity: Int = 100, vlanInKey: Bool = false) {
            guard
                let table = Translations(capacity: capacity, seed: .fixed, vlanInKey: vlanInKey)
            else { return nil }
            self.table = table
            self.vlanInKey = vlanInKey
        }

        var isEmpty: Bool { table.isEmpty }
        var count: Int { table.count }

        func insert(_ packet: mos_packet, sender: Side, slot: Int32) -> Bool {
            table.insert(packet, sender: sender, slot: slot)
        }

        func remove(_ slot: Int32) { table.remove(slot) }

        func find(_ packet: mos_packet) -> (slot: Int32, sender: Side)? {
            let hash = HashSeed.fixed.hash(packet, vlan: vlanInKey ? packet.vlan : 0)
            return table.find(packet, hash: hash)
        }
    }

    private func packet(
        _ source: IPAddress = "192.0.2.1",
        _ sport: UInt16 = 9,
        _ destination: IPAddress = "198.51.100.1",
        _ dport: UInt16 = 80,
        vlan: UInt16 = VLAN.none
    ) -> mos_packet {
        var packet = mos_packet()
        packet.src = source.shared
        packet.dst = destination.shared
        packet.sport = sport
        packet.dport = dport
        packet.ip_version = source.version
        packet.proto = 6
        packet.vlan = vlan
        return packet
    }

    @Test func `what answers a translated packet of the client comes from the server`() throws {
        let box = try #require(Box())
        #expect(box.isEmpty && box.find(packet().reversed) == nil)
        #expect(box.insert(packet(), sender: .client, slot: 7))
        let found = try #require(box.find(packet().reversed))
        #expect(found.slot == 7 && found.sender == .server)
        #expect(!box.isEmpty)
        // The packet itself is of nobody here, and so is what differs in anything.
        #expect(box.find(packet()) == nil)
        var other = packet().reversed
        other.proto = 17
        #expect(box.find(other) == nil)
        other = packet().reversed
        other.dport = 10
        #expect(box.find(other) == nil)
    }

    @Test func `both ends may be translated`() throws {
        let box = try #require(Box())
        #expect(box.insert(packet("192.0.2.1", 9), sender: .client, slot: 3))
        #expect(
            box.insert(packet("203.0.113.5", 80, "10.0.0.1", 5000), sender: .server, slot: 3)
        )
        #expect(box.find(packet("192.0.2.1", 9).reversed)?.sender == .server)
        let fromClient = packet("10.0.0.1", 5000, "203.0.113.5", 80)
        #expect(box.find(fromClient)?.sender == .client)
        #expect(box.find(fromClient)?.slot == 3)
    }

    @Test func `a tuple has one owner until that is gone`() throws {
        let box = try #require(Box())
        #expect(box.insert(packet(), sender: .client, slot: 1))
        #expect(box.insert(packet(), sender: .client, slot: 1), "again is no conflict")
        #expect(box.count == 1)
        #expect(!box.insert(packet(), sender: .client, slot: 2))
        #expect(!box.insert(packet(), sender: .server, slot: 1))
        #expect(box.find(packet().reversed)?.slot == 1)
        box.remove(1)
        #expect(box.isEmpty && box.find(packet().reversed) == nil)
        #expect(box.insert(packet(), sender: .client, slot: 2))
        #expect(box.find(packet().reversed)?.slot == 2)
    }

    @Test func `a fifth tuple of a connection and one beyond the capacity are refused`() throws {
        let box = try #require(Box(capacity: 6))
        for port: UInt16 in 1...4 {
            #expect(box.insert(packet("192.0.2.1", port), sender: .client, slot: 5))
        }
        #expect(!box.insert(packet("192.0.2.1", 5), sender: .client, slot: 5))
        #expect(box.insert(packet("192.0.2.1", 6), sender: .client, slot: 0))
        #expect(box.insert(packet("192.0.2.1", 7), sender: .client, slot: 1))
        #expect(!box.insert(packet("192.0.2.1", 8), sender: .client, slot: 2))
        box.remove(5)
        #expect(box.count == 2)
        #expect(box.insert(packet("192.0.2.1", 8), sender: .client, slot: 2))
    }

    @Test(arguments: [false, true])
    func `the VLAN id counts when it is a part of the key`(counts: Bool) throws {
        let box = try #require(Box(vlanInKey: counts))
        #expect(box.insert(packet(vlan: 1), sender: .client, slot: 1))
        #expect(box.insert(packet(vlan: 2), sender: .client, slot: 2) == counts)
        #expect(box.find(packet(vlan: 2).reversed)?.slot == (counts ? 2 : 1))
    }

    /// What a dictionary needs to tell tuples apart.
    private struct Tuple: Hashable {
        let source: IPAddress
        let destination: IPAddress
        let ports: [UInt16]

        init(_ packet: mos_packet) {
            source = IPAddress(packet.src, version: packet.ip_version)
            destination = IPAddress(packet.dst, version: packet.ip_version)
            ports = [packet.sport, packet.dport, UInt16(packet.proto)]
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `the table answers as a dictionary does`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let box = try #require(Box(capacity: 60))
        var model: [Tuple: (slot: Int32, sender: Side)] = [:]
        for step in 0..<20_000 {
            // Few addresses and ports, so that tuples meet; some between equal addresses.
            let host = { (random: inout SplitMix64) -> IPAddress in
                random.chance(0.5) ? "10.0.0.1" : "10.0.0.2"
            }
            let port = { (random: inout SplitMix64) in UInt16(random.below(5)) }
            let packet = packet(
                host(&random),
                port(&random),
                host(&random),
                port(&random)
            )
            let slot = Int32(random.below(60))
            let found = box.find(packet)
            let expected = model[Tuple(packet)]
            try #require(
                found?.slot == expected?.slot && found?.sender == expected?.sender,
                "seed \(seed), step \(step)"
            )
            if random.chance(0.2) {
                box.remove(slot)
                model = model.filter { $0.value.slot != slot }
            } else {
                let sender: Side = random.chance(0.5) ? .client : .server
                let answer = Tuple(packet.reversed)
                let known = model[answer]
                let hasRoom =
                    model.count < 60 && model.values.count { $0.slot == slot } < 4
                let isTaken =
                    known.map { $0.slot == slot && $0.sender == sender.other } ?? hasRoom
                let result = box.insert(packet, sender: sender, slot: slot)
                try #require(result == isTaken, "seed \(seed), step \(step)")
                if isTaken { model[answer] = (slot, sender.other) }
            }
            try #require(box.count == model.count, "seed \(seed), step \(step)")
        }
    }

    @Test func `many translations are all found and all forgotten`() throws {
        let box = try #require(Box(capacity: 20_000))
        for slot: Int32 in 0..<10_000 {
            for end: UInt16 in 0..<2 {
                let left = packet("192.0.2.1", UInt16(slot), "198.51.100.1", end)
                try #require(box.insert(left, sender: .client, slot: slot))
            }
        }
        for slot: Int32 in 0..<10_000 {
            let answer = packet("192.0.2.1", UInt16(slot), "198.51.100.1", 1).reversed
            try #require(box.find(answer)?.slot == slot)
        }
        for slot: Int32 in 0..<10_000 { box.remove(slot) }
        #expect(box.isEmpty)
    }
}
