// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets
import Testing

@testable import Flows

struct HashSeedTests {
    @Test(arguments: [4, 6] as [UInt8])
    func `T61 both directions of a connection have one hash, so one core`(version: UInt8) {
        let seed: UInt64 = 11
        var random = SplitMix64(seed: seed)
        for _ in 0..<1000 {
            let packet = mos_packet.random(version: version, &random)
            #expect(
                HashSeed.fixed.hash(packet, vlan: 0)
                    == HashSeed.fixed.hash(packet.reversed, vlan: 0),
                "seed \(seed)"
            )
        }
    }

    @Test func `equal addresses are ordered by their ports`() {
        var packet = mos_packet()
        packet.ip_version = 4
        packet.src.a = 7
        packet.dst.a = 7
        packet.sport = 5000
        packet.dport = 80
        #expect(
            HashSeed.fixed.hash(packet, vlan: 0) == HashSeed.fixed.hash(packet.reversed, vlan: 0)
        )
    }

    @Test func `every part of the key and the secret changes the hash`() {
        var random = SplitMix64(seed: 3)
        let packet = mos_packet.random(version: 6, &random)
        let hash = HashSeed.fixed.hash(packet, vlan: 0)
        let changes: [(inout mos_packet) -> Void] = [
            { $0.src.a ^= 1 }, { $0.src.b ^= 1 }, { $0.dst.a ^= 1 }, { $0.dst.b ^= 1 },
            { $0.sport ^= 1 }, { $0.dport ^= 1 },
        ]
        for change in changes {
            var other = packet
            change(&other)
            #expect(HashSeed.fixed.hash(other, vlan: 0) != hash)
        }
        #expect(HashSeed.fixed.hash(packet, vlan: 5) != hash)
        #expect(HashSeed(1, 2).hash(packet, vlan: 0) != hash)
    }

    @Test func `neighbouring clients spread evenly over the low bits`() {
        // 4096 clients on 256 places: 16 each; a good hash stays well below three times that.
        var counts = [Int](repeating: 0, count: 256)
        for client in 0..<4096 {
            var packet = mos_packet()
            packet.ip_version = 4
            packet.src.a = UInt64(client)
            packet.dst.a = 0x0100_0A0A
            packet.sport = 1024
            packet.dport = 80
            counts[Int(HashSeed.fixed.hash(packet, vlan: 0) & 255)] += 1
        }
        #expect(counts.allSatisfy { $0 < 48 })
    }
}
