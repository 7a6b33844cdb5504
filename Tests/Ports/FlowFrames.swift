// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// One flow of TCP or UDP between random ends, as a builder of its frames.
public struct FlowFrames {
    /// What builds its frames from its first end.
    public let builder: PacketBuilder
    /// TCP, or else UDP.
    public let isTCP: Bool
    /// Of the first end and of the second.
    public let ports: (UInt16, UInt16)

    /// A flow that follows from `random`; every third one has a tag when there are any.
    public init(_ random: inout SplitMix64, tags: Bool = false) {
        func word() -> UInt16 { UInt16(random.below(65536)) }
        let isIPv6 = random.chance(0.5)
        var ends: [IPAddress] = []
        while ends.count < 2 {
            let text =
                isIPv6
                ? "2001:db8:"
                    + (0..<6).map { _ in String(word(), radix: 16) }.joined(separator: ":")
                : "10.\(random.below(256)).\(random.below(256)).\(random.below(256))"
            if let address = IPAddress(text) { ends.append(address) }
        }
        var ip = IPFields(source: ends[0], destination: ends[1])
        // Record route: the ports stand elsewhere.
        if !isIPv6, random.chance(0.3) { ip.options = [7, 7, 4, 0, 0, 0, 0] }
        builder = PacketBuilder(
            vlanTags: tags && random.chance(0.3) ? [VLANTag(5)] : [],
            ip: ip
        )
        isTCP = random.chance(0.6)
        ports = (1024 + UInt16(random.below(60000)), UInt16(random.below(65536)))
    }

    /// A frame with that payload, from the second end to the first when `isBack`.
    public func frame(_ payload: [UInt8], isBack: Bool = false) -> [UInt8] {
        let builder = isBack ? self.builder.reversed : self.builder
        let (from, to) = isBack ? (ports.1, ports.0) : ports
        if isTCP {
            let segment = TCPSegment(
                sourcePort: from,
                destinationPort: to,
                flags: [.ack],
                payload: payload
            )
            return builder.frame(segment)
        }
        return builder.frame(
            UDPDatagram(sourcePort: from, destinationPort: to, payload: payload)
        )
    }

    /// The same with a tunnel around it, whose ends are always the same.
    public func tunnelled(_ payload: [UInt8], isBack: Bool = false) -> [UInt8] {
        let tunnel = FlowFrames(builder, isTCP, ports, [BuiltTunnel(.vxlan(7))])
        return tunnel.frame(payload, isBack: isBack)
    }

    /// The two halves of a datagram between its ends that was cut.
    public func fragments(_ payload: [UInt8]) -> [[UInt8]] {
        [false, true].map { isLast in
            let filler = [UInt8](repeating: 0, count: 64 - payload.count)
            return builder.fragment(
                17,
                filler + payload,
                offset: isLast ? 64 : 0,
                hasMore: !isLast
            )
        }
    }

    private init(
        _ builder: PacketBuilder,
        _ isTCP: Bool,
        _ ports: (UInt16, UInt16),
        _ tunnels: [BuiltTunnel]
    ) {
        var builder = builder
        builder.tunnels = tunnels
        self.builder = builder
        self.isTCP = isTCP
        self.ports = ports
    }
}

/// The owner of a frame of these bytes.
public func owner(_ bytes: [UInt8], of count: Int) -> Int {
    withFrame(bytes) { WorkerShare(of: count).owner(of: $0) }
}

/// Calls `body` with a frame of these bytes.
public func withFrame<Result>(
    _ bytes: [UInt8],
    time: Int64 = 0,
    _ body: (Frame) throws -> Result
) rethrows -> Result {
    try ByteView.of(bytes) {
        try body(
            Frame(
                bytes: $0,
                wireLength: UInt32(bytes.count),
                time: Timestamp(nanoseconds: time),
                linkType: .ethernet
            )
        )
    }
}
