// SPDX-License-Identifier: BSD-2-Clause
import Flows
import Packets

/// What the engine counts: names as `mos.stats()` and the closing summary show them.
public enum Counter: Int, CaseIterable, Sendable {
    case packets, bytes, filtered
    case ipv4, ipv6, tcp, udp, icmp
    case otherIP, nonIP, truncated, tunnelled
    case fragments, fragmentsReassembled, fragmentsTimeout, fragmentsOverlap, fragmentsDropped
    case fragmentsBad
    case offloadedIP, offloadedTCP, offloadedUDP
    case badTCPChecksum, badUDPChecksum, badICMPChecksum, badIPChecksum, badTCPOptions
    case flows, flowsOpen, flowsRefused, flowsEvicted, flowsShed, udpFlows, icmpFlows, orphans,
        invalid
    case retransmitted, outOfOrder, dupACKs, zeroWindows, gaps, gapBytes
    case late, overlapsDiffer
    case overruns, overrunBytes, bufferLimit, bufferPoolFull, segmentsShed
    case timersRefused, clockSteps
    case callbackErrors, callbackPauses, loopErrors, aggregateKeysRefused
    case sourceDropped, interfaceDropped, ringDropped, handedOver
    case forwarded, forwardDropped, forwardRefused, scriptDropped, changed, injected
    case translationsRefused

    /// The name that scripts see.
    public var name: String {
        switch self {
        case .otherIP: "other_ip"
        case .nonIP: "non_ip"
        case .fragmentsReassembled: "fragments_reassembled"
        case .fragmentsTimeout: "fragments_timeout"
        case .fragmentsOverlap: "fragments_overlap"
        case .fragmentsDropped: "fragments_dropped"
        case .fragmentsBad: "fragments_bad"
        case .offloadedIP: "offloaded_ip"
        case .offloadedTCP: "offloaded_tcp"
        case .offloadedUDP: "offloaded_udp"
        case .badTCPChecksum: "bad_tcp_checksum"
        case .badUDPChecksum: "bad_udp_checksum"
        case .badICMPChecksum: "bad_icmp_checksum"
        case .badIPChecksum: "bad_ip_checksum"
        case .badTCPOptions: "bad_tcp_options"
        case .flowsOpen: "flows_open"
        case .flowsRefused: "flows_refused"
        case .flowsEvicted: "flows_evicted"
        case .flowsShed: "flows_shed"
        case .udpFlows: "udp_flows"
        case .icmpFlows: "icmp_flows"
        case .outOfOrder: "out_of_order"
        case .dupACKs: "dup_acks"
        case .zeroWindows: "zero_windows"
        case .gapBytes: "gap_bytes"
        case .overlapsDiffer: "overlaps_differ"
        case .overrunBytes: "overrun_bytes"
        case .bufferLimit: "buffer_limit"
        case .bufferPoolFull: "buffer_pool_full"
        case .segmentsShed: "segments_shed"
        case .timersRefused: "timers_refused"
        case .clockSteps: "clock_steps"
        case .callbackErrors: "callback_errors"
        case .callbackPauses: "callback_pauses"
        case .loopErrors: "loop_errors"
        case .aggregateKeysRefused: "aggregate_keys_refused"
        case .sourceDropped: "source_dropped"
        case .interfaceDropped: "interface_dropped"
        case .ringDropped: "ring_dropped"
        case .handedOver: "handed_over"
        case .forwardDropped: "forward_dropped"
        case .forwardRefused: "forward_refused"
        case .scriptDropped: "script_dropped"
        case .translationsRefused: "translations_refused"
        default: "\(self)"
        }
    }

    /// Those that mean nothing when checksums are not verified.
    static let ofChecksums: [Counter] = [
        .badTCPChecksum, .badUDPChecksum, .badICMPChecksum, .badIPChecksum, .offloadedIP,
        .offloadedTCP, .offloadedUDP,
    ]

    /// The names of all counters, those of ``DecodeError`` behind ours, in the order of their values.
    public static let names: [String] =
        allCases.map(\.name) + DecodeError.allCases.map { "malformed_" + $0.description }
}

/// The counters of one worker: doubles, exact to 2^53, read by scripts as they are.
public struct Counters: ~Copyable {
    @usableFromInline var values: ReservedMemory<Double>

    /// All at 0; nil when memory is refused.
    public init?() {
        guard let values = ReservedMemory<Double>(capacity: Counter.names.count) else { return nil }
        self.values = values
    }

    /// The value whose name is ``Counter/names`` `[index]`.
    public func value(at index: Int) -> Double { values[index] }

    /// The value of a counter.
    @inlinable
    public subscript(counter: Counter) -> Double {
        @inline(__always) get { values[counter.rawValue] }
        @inline(__always) set { values[counter.rawValue] = newValue }
    }

    /// The frames that were malformed in that way.
    @inlinable
    public subscript(error: DecodeError) -> Double {
        @inline(__always) get { values[Counter.allCases.count &+ error.rawValue] }
        @inline(__always) set { values[Counter.allCases.count &+ error.rawValue] = newValue }
    }
}
