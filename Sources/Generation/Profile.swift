// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Glibc

/// A kind of traffic: how many conversations at a time, how large, how interleaved.
public enum Profile: String, CaseIterable, Sendable {
    /// Many short conversations.
    case small
    /// Sizes as they are found: most small, most bytes in few.
    case mixed
    /// Long transfers.
    case bulk
    /// Connections that are asked for and never answered.
    case syn
    /// Connections that are established, say a byte each and stay.
    case open
    /// The smallest packets, between very many ends.
    case tiny

    /// Packets of a capture of full size with so many connections.
    func packets(flows: Int) -> Int {
        switch self {
        case .small: 1_800_000
        case .mixed: 1_310_000
        case .bulk: 870_000
        case .tiny: 2_000_000
        case .syn: flows
        case .open: 5 * flows
        }
    }

    /// What one sentence can say about it.
    public var summary: String {
        switch self {
        case .small: "request and response of some hundred bytes, nine packets a connection"
        case .mixed: "log-normal sizes, a quarter IPv6, losses and reordering"
        case .bulk: "transfers of megabytes in 1448-byte segments"
        case .syn: "one SYN from each of very many sources, never answered"
        case .open: "handshake and a byte each way, in rounds over all connections; none is closed"
        case .tiny: "64-byte packets, ten bytes each way in turn, without end"
        }
    }

    /// Connections: those that run at the same time, or for `syn` and `open` those of the whole capture.
    public var flows: Int {
        switch self {
        case .small: 1000
        case .mixed: 2000
        case .bulk: 40
        case .syn: 1_000_000
        case .open, .tiny: 100_000
        }
    }

    /// True when data is sent that can be lost or come late.
    public var hasData: Bool { self != .syn && self != .open }

    /// The most segments that follow each other before another conversation gets its turn.
    var train: Int {
        switch self {
        case .small, .syn, .open, .tiny: 1
        case .mixed: 4
        case .bulk: 12
        }
    }

    /// Which headers its frames have.
    var style: FrameMaker.Style {
        switch self {
        case .small, .mixed, .bulk: .timestamps
        case .syn, .open, .tiny: .bare
        }
    }

    /// The share of IPv6 connections, unless another is asked for.
    public var shareOfIPv6: Double { self == .mixed ? 0.25 : 0 }

    /// What a new connection is about.
    func plan(isIPv6: Bool, _ random: inout SplitMix64) -> Conversation.Plan {
        let mss = isIPv6 ? 1428 : 1448
        switch self {
        case .small:
            return Conversation.Plan(
                request: 150 + Int(random.below(200)),
                response: 500 + Int(random.below(1000)),
                mss: mss
            )
        case .mixed:
            return Conversation.Plan(
                request: 100 + Int(random.below(1500)),
                response: logNormal(&random),
                mss: mss,
                faults: PathFaults(loss: 0.01, reordering: 0.01)
            )
        case .bulk:
            return Conversation.Plan(
                request: 200,
                response: 1_000_000 + Int(random.below(6_000_000)),
                mss: mss
            )
        case .syn, .open:
            return Conversation.Plan(request: 0, response: 0, mss: mss, isProbe: true)
        case .tiny:
            return Conversation.Plan(
                request: 10,
                response: 10,
                mss: 10,
                segmentsPerACK: 0,
                isEndless: true
            )
        }
    }

    /// Median 6 KB, mean about 60 KB.
    private func logNormal(_ random: inout SplitMix64) -> Int {
        // The sum of twelve uniform numbers is normal enough, and the same on every machine.
        let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.below(1 << 32)) * 0x1p-32
        }
        return max(1, min(20_000_000, Int(exp(8.7 + 2.15 * normal))))
    }
}
