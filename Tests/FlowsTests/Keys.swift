// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture

extension mos_packet {
    /// A packet between random ends.
    static func random(version: UInt8, _ random: inout SplitMix64) -> mos_packet {
        var packet = mos_packet()
        packet.ip_version = version
        packet.vlan = 65535
        packet.src = address(version, &random)
        packet.dst = address(version, &random)
        packet.sport = UInt16(random.below(65536))
        packet.dport = UInt16(random.below(65536))
        return packet
    }

    private static func address(_ version: UInt8, _ random: inout SplitMix64) -> mos_addr {
        version == 4
            ? mos_addr(a: random.next() & 0xFFFF_FFFF, b: 0)
            : mos_addr(a: random.next(), b: random.next())
    }

    /// The packet of the other direction.
    var reversed: mos_packet {
        var packet = self
        swap(&packet.src, &packet.dst)
        swap(&packet.sport, &packet.dport)
        return packet
    }
}
