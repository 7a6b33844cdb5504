// SPDX-License-Identifier: BSD-2-Clause

/// What traffic is to be made; what is nil follows from the profile.
public struct TrafficOptions: Equatable, Sendable {
    /// The kind of traffic.
    public var profile: Profile
    /// Equal seeds give equal frames.
    public var seed: UInt64 = 1
    /// Connections: those that run at the same time, or for `syn` and `open` those of the whole capture.
    public var flows: Int?
    /// Frames after which it ends; nil: never, but for `syn` when all its connections have been asked for.
    public var packets: Int?
    /// The share of IPv6 connections.
    public var ipv6: Double?
    /// The share of connections with a VLAN tag.
    public var vlan = 0.0
    /// The share of data segments that are lost and sent again.
    public var loss: Double?
    /// The share of data segments that come behind the next one.
    public var reordering: Double?
    /// How fast the frames follow each other.
    public var rate = Rate.packets(perSecond: 1_000_000)

    /// A profile with all its defaults.
    public init(_ profile: Profile) { self.profile = profile }

    /// Frames that a capture has unless others are asked for.
    public var packetsOfCapture: Int { profile.packets(flows: flows ?? profile.flows) }

    /// Connections that can be told apart.
    public static let flowLimit = Endpoints.clients
    /// The largest share of data segments that can be lost or late: a receiver waits for one at a time.
    public static let faultLimit = 0.1

    /// The faults of the path, where those of the profile are `usual`.
    func faults(usual: PathFaults) -> PathFaults {
        if loss == nil && reordering == nil { return usual }
        return PathFaults(
            loss: loss ?? usual.loss,
            reordering: reordering ?? usual.reordering,
            areShares: true
        )
    }
}
