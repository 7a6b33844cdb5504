// SPDX-License-Identifier: BSD-2-Clause

/// The state of one emulated stack (RFC 9293 section 3.3.2), numbered as the shared layout numbers them.
public enum TCPState: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    /// Nothing was seen of this end yet. Next: listen's successor SYN-RECEIVED, or SYN-SENT.
    case none = 0
    /// The connection is over for this end.
    case closed = 1
    /// Waits for a SYN. Never shown: an end is `none` until its SYN came.
    case listen = 2
    /// Sent a SYN. Next: ESTABLISHED, SYN-RECEIVED, CLOSED.
    case synSent = 3
    /// Received a SYN. Next: ESTABLISHED, CLOSE-WAIT, FIN-WAIT-1, CLOSED.
    case synReceived = 4
    /// Data flows. Next: FIN-WAIT-1, CLOSE-WAIT, CLOSED.
    case established = 5
    /// Sent its FIN. Next: FIN-WAIT-2, CLOSING, TIME-WAIT, CLOSED.
    case finWait1 = 6
    /// Its FIN is acknowledged. Next: TIME-WAIT, CLOSED.
    case finWait2 = 7
    /// Received the other's FIN. Next: LAST-ACK, CLOSING, CLOSED.
    case closeWait = 8
    /// Both sent a FIN, neither knew of the other's. Next: TIME-WAIT, CLOSED.
    case closing = 9
    /// Sent its FIN after the other's. Next: CLOSED.
    case lastAck = 10
    /// Waits for what may still be on the way. Next: CLOSED.
    case timeWait = 11

    /// The state that the shared layout's number stands for.
    @inlinable @inline(__always)
    public init(_ number: UInt8) { self = TCPState(rawValue: number) ?? .none }

    /// The name as RFC 9293 spells it.
    public var description: String {
        switch self {
        case .none: "-"
        case .closed: "CLOSED"
        case .listen: "LISTEN"
        case .synSent: "SYN-SENT"
        case .synReceived: "SYN-RECEIVED"
        case .established: "ESTABLISHED"
        case .finWait1: "FIN-WAIT-1"
        case .finWait2: "FIN-WAIT-2"
        case .closeWait: "CLOSE-WAIT"
        case .closing: "CLOSING"
        case .lastAck: "LAST-ACK"
        case .timeWait: "TIME-WAIT"
        }
    }
}
