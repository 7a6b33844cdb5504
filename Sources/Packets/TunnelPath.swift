// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// Which IP packet of those within each other is the one that counts.
public enum Decapsulation: UInt8, CaseIterable, Sendable {
    /// The innermost: what tunnels carry.
    case inner
    /// The outermost: a tunnel is UDP or another protocol of IP.
    case outer
}

/// The tunnels that a packet came through, the outermost first.
public struct TunnelPath: BitwiseCopyable, Sendable {
    /// The most tunnels within each other.
    public static var capacity: Int { 8 }

    private var layers = InlineArray<8, mos_tunnel>(repeating: mos_tunnel())
    /// How many there are.
    public private(set) var count = 0

    /// A path without a tunnel.
    public init() {}

    /// The tunnel at `index`.
    public subscript(index: Int) -> mos_tunnel {
        precondition(index >= 0 && index < count)
        return layers[index]
    }

    /// Adds a tunnel within those that are there; a ninth is left out.
    public mutating func append(_ layer: mos_tunnel) {
        guard count < Self.capacity else { return }
        layers[count] = layer
        count += 1
    }
}

extension TunnelPath: Equatable {
    /// True when both go through the same tunnels, in the same direction.
    public static func == (a: TunnelPath, b: TunnelPath) -> Bool {
        a.count == b.count && (0..<a.count).allSatisfy { a.layers[$0].isEqual(to: b.layers[$0]) }
    }
}

extension mos_tunnel {
    fileprivate func isEqual(to other: mos_tunnel) -> Bool {
        src.a == other.src.a && src.b == other.src.b && dst.a == other.dst.a
            && dst.b == other.dst.b && id == other.id && kind == other.kind
            && ip_version == other.ip_version && has_id == other.has_id
    }
}
