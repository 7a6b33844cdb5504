// SPDX-License-Identifier: BSD-2-Clause
// Why an end sent something again, as far as it can be told from outside: from what the other end had acknowledged, what
// it had told of losses, and how long the connection was silent.
import CMosABI

/// Why a segment was sent again.
public enum RetransmissionKind: UInt8, CaseIterable, Sendable {
    /// The retransmission timer ran out (RFC 6298 section 5.4); and whatever no other kind fits.
    case rto = 1
    /// The other end told of a loss: by three duplicate ACKs (RFC 5681 section 3.2), or by SACK (RFC 6675 section 5,
    /// RFC 8985 section 6.2). What is repeated until that loss is repaired counts too (RFC 6582 section 3.2).
    case fast = 2
    /// All that it repeats had been acknowledged already.
    case spurious = 3
    /// The end of what is in flight, repeated to provoke an acknowledgement (RFC 8985 section 7.3).
    case probe = 4
}

/// What tells one kind of repeat from another.
///
/// Points are stream offsets, SYN lying before 0 and FIN taking one behind the payload; times are microseconds.
public struct Repetition: Equatable, Sendable {
    /// Where the segment begins.
    public var start: Int64
    /// The end of what it repeats.
    public var end: Int64
    /// The end of what its sender has sent.
    public var top: Int64
    /// SND.UNA: up to where it was acknowledged; -1 when nothing was.
    public var una: Int64
    /// The other end has told of a loss that is not repaired yet.
    public var isRecovering: Bool
    /// How long no packet of the connection was seen before this one.
    public var silence: Int64
    /// What is known of the round-trip time, 0 = nothing.
    public var rtt: Int64

    /// A repeat.
    public init(
        start: Int64,
        end: Int64,
        top: Int64,
        una: Int64,
        isRecovering: Bool,
        silence: Int64,
        rtt: Int64
    ) {
        self.start = start
        self.end = end
        self.top = top
        self.una = una
        self.isRecovering = isRecovering
        self.silence = silence
        self.rtt = rtt
    }

    /// The shortest retransmission timeout in use: RFC 6298 section 2.4 asks for a second, systems take 200 ms.
    static var shortestTimeout: Int64 { 200_000 }
    /// The shortest probe timeout in use (RFC 8985 section 7.2 leaves it to the round-trip time alone).
    static var shortestProbe: Int64 { 2_000 }

    /// Why it was sent.
    ///
    /// An end that answers a report of loss does so within a round trip, as seen from anywhere on the path: after a longer
    /// silence it was the timer. A probe is told from that by repeating the last octets, not the first.
    public var kind: RetransmissionKind {
        if end <= una { return .spurious }
        let isTail = end == top && start > max(una, 0)
        if isTail, silence >= max(rtt, Self.shortestProbe), !isRecovering { return .probe }
        let isTimeout = silence >= max(Self.shortestTimeout, rtt + rtt / 4)
        return isRecovering && !isTimeout ? .fast : .rto
    }
}
