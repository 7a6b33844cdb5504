// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Connections that are opened together and never closed, without memory for any of them.
///
///     all SYNs, all SYN-ACKs, all ACKs, a byte from every client, a byte from every server, ...
///
/// Everything about a connection follows from its number. From the second round on they come in another order than they
/// were opened in, so that neighbours in time are none in a monitor's memory.
struct StandingConnections {
    private static let handshake: UInt64 = 3
    private let count: UInt64
    private let stride: UInt64
    private let options: TrafficOptions
    private var round: UInt64 = 0
    /// How many had their turn in this round.
    private var done: UInt64 = 0
    private var number: UInt64 = 0

    init(_ options: TrafficOptions, count: Int) {
        self.options = options
        self.count = UInt64(count)
        stride = Self.stride(around: UInt64(count))
    }

    /// The next segment; there is always one.
    mutating func next() -> (Segment, Endpoints) {
        let result = segment(of: number, in: round)
        done += 1
        number = round == 0 ? done : (number + stride) % count
        if done == count {
            round += 1
            done = 0
            number = 0
        }
        return result
    }

    private func segment(of number: UInt64, in round: UInt64) -> (Segment, Endpoints) {
        var random = SplitMix64(seed: options.seed &+ number &* 0x2545_F491_4F6C_DD1D)
        let isIPv6 = random.chance(options.ipv6 ?? 0)
        var ends = Endpoints(number: number, isIPv6: isIPv6, random: &random)
        ends.vlan = options.vlan(of: number)
        let client = UInt32(truncatingIfNeeded: random.next())
        let server = UInt32(truncatingIfNeeded: random.next())
        return (Self.segment(round, client: client, server: server), ends)
    }

    private static func segment(_ round: UInt64, client: UInt32, server: UInt32) -> Segment {
        switch round {
        case 0: return Segment(isFromClient: true, flags: .syn, seq: client, ack: 0)
        case 1:
            return Segment(isFromClient: false, flags: [.syn, .ack], seq: server, ack: client &+ 1)
        case 2:
            return Segment(isFromClient: true, flags: .ack, seq: client &+ 1, ack: server &+ 1)
        default:
            // Each end's bytes so far: one for every two rounds.
            let said = UInt32(truncatingIfNeeded: (round - handshake) / 2)
            let isFromClient = (round - handshake).isMultiple(of: 2)
            var segment = Segment(
                isFromClient: isFromClient,
                flags: [.psh, .ack],
                seq: (isFromClient ? client : server) &+ 1 &+ said,
                ack: (isFromClient ? server &+ said : client &+ said &+ 1) &+ 1
            )
            segment.length = 1
            segment.offset = said
            return segment
        }
    }

    /// A step that meets every number once, at the golden section of `count`.
    private static func stride(around count: UInt64) -> UInt64 {
        var stride = max(1, UInt64(Double(count) * 0.618_033_988_75))
        while greatestCommonDivisor(stride, count) != 1 { stride += 1 }
        return stride % max(count, 1)
    }

    private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
