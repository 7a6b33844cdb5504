// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The two secret numbers of the hash: random when packets are live, fixed for files so that runs repeat.
public struct HashSeed: Sendable {
    @usableFromInline let k0: UInt64
    @usableFromInline let k1: UInt64

    /// The seed for files.
    public static let fixed = HashSeed(0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03)

    /// A seed of two numbers that an outsider must not know.
    public init(_ k0: UInt64, _ k1: UInt64) {
        self.k0 = k0
        self.k1 = k1
    }

    /// A seed that nobody can foresee.
    public static func random() -> HashSeed {
        var generator = SystemRandomNumberGenerator()
        return HashSeed(generator.next(), generator.next())
    }

    /// The hash of the packet's addresses and ports, the same for both directions of a connection.
    ///
    /// The ends are ordered first, then mixed by 64x64-bit multiplications with secret terms, so that nobody outside
    /// can choose addresses that collide.
    @inlinable @inline(__always)
    public func hash(_ packet: mos_packet, vlan: UInt16) -> UInt32 {
        let sourcePort = UInt64(packet.sport)
        let destinationPort = UInt64(packet.dport)
        let sourceFirst =
            packet.src.a != packet.dst.a
            ? packet.src.a < packet.dst.a
            : packet.src.b != packet.dst.b
                ? packet.src.b < packet.dst.b : sourcePort <= destinationPort
        let lowA = sourceFirst ? packet.src.a : packet.dst.a
        let lowB = sourceFirst ? packet.src.b : packet.dst.b
        let highA = sourceFirst ? packet.dst.a : packet.src.a
        let highB = sourceFirst ? packet.dst.b : packet.src.b
        let ports =
            sourceFirst
            ? sourcePort &<< 16 | destinationPort : destinationPort &<< 16 | sourcePort
        var h = fold(lowA ^ k0, highA ^ k1)
        if packet.ip_version == 6 { h = fold(h ^ lowB ^ k1, highB ^ k0) }
        h = fold(h ^ ports ^ UInt64(vlan) &<< 32 ^ UInt64(packet.proto) &<< 48 ^ k0, k1 | 1)
        return UInt32(truncatingIfNeeded: h ^ h &>> 32)
    }

    /// High and low half of the product: wrapping is the point, every bit of both factors reaches the result.
    @inlinable @inline(__always)
    func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
