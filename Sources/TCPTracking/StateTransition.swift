// SPDX-License-Identifier: BSD-2-Clause

/// What moves an emulated stack: what its end was seen to send, or what reached it.
public enum StateInput: CaseIterable, Sendable {
    /// It sent a SYN without ACK.
    case sendSYN
    /// A SYN without ACK reached it.
    case receiveSYN
    /// A SYN that acknowledges its own reached it.
    case receiveSYNACK
    /// An acknowledgement of its SYN reached it.
    case receiveACKofSYN
    /// It acknowledged a SYN-ACK, or data, that was not captured.
    case sendACKofUnseen
    /// It sent a FIN that does not acknowledge the other's, if there is one.
    case sendFIN
    /// It sent a FIN that acknowledges the other's FIN.
    case sendFINafterFIN
    /// It acknowledged the other's FIN, so it has received it, with all that we may have missed.
    case sendACKofFIN
    /// The other's FIN reached it in order.
    case receiveFIN
    /// An acknowledgement of its FIN reached it.
    case receiveACKofFIN
    /// It sent a RST, or an acceptable one reached it.
    case reset
}

extension TCPState {
    /// The state after `input`; the same state where it changes nothing.
    ///
    /// Source: RFC 9293 figure 5, seen from outside: each stack moves on what its end sends and on what reaches it.
    /// One table, and the only place where states change.
    @inlinable
    public func after(_ input: StateInput) -> TCPState {
        switch (self, input) {
        case (.none, .sendSYN), (.listen, .sendSYN): .synSent
        case (.none, .receiveSYN), (.listen, .receiveSYN): .synReceived
        case (.synSent, .receiveSYN): .synReceived  // simultaneous open
        case (.synSent, .receiveSYNACK): .established
        case (.synSent, .sendACKofUnseen), (.none, .sendACKofUnseen): .established
        case (.synReceived, .sendACKofUnseen): .established
        case (.synReceived, .receiveACKofSYN), (.none, .receiveACKofSYN): .established
        case (.synReceived, .sendFIN), (.established, .sendFIN): .finWait1
        case (.synReceived, .sendFINafterFIN), (.established, .sendFINafterFIN): .lastAck
        case (.closeWait, .sendFINafterFIN): .lastAck
        case (.closeWait, .sendFIN): .closing  // it had not seen the other's FIN: case T20
        case (.synReceived, .receiveFIN), (.established, .receiveFIN): .closeWait
        case (.established, .sendACKofFIN), (.synReceived, .sendACKofFIN): .closeWait
        case (.finWait1, .receiveFIN), (.finWait1, .sendACKofFIN): .closing
        case (.finWait2, .receiveFIN), (.finWait2, .sendACKofFIN): .timeWait
        case (.finWait1, .receiveACKofFIN): .finWait2
        case (.closing, .receiveACKofFIN): .timeWait
        case (.lastAck, .receiveACKofFIN): .closed
        case (_, .reset): .closed
        default: self
        }
    }

    /// True when the end may still be part of a connection that carries data or will.
    public var isOpen: Bool { Self.isOpen(rawValue) }

    /// The same by number.
    @inlinable @inline(__always)
    static func isOpen(_ number: UInt8) -> Bool {
        number != closed.rawValue && number != timeWait.rawValue && number != none.rawValue
    }
}
