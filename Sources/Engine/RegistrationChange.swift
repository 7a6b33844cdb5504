// SPDX-License-Identifier: BSD-2-Clause
import Flows

/// A change of what one socket has registered for a flow, as a number: what makes the changed registration, and the key
/// under which the set that it leads to is found again.
///
///     kind (8 bits) | what: hook and event, or side (8) | socket (16) | value: slot, bytes, policy, sides (32)
public struct RegistrationChange: BitwiseCopyable, Hashable, Sendable {
    let bits: UInt64

    private enum Kind: UInt64 {
        case callback = 1
        case buffer, keep, policy, stop
    }

    private init(_ kind: Kind, _ socket: Int32, _ what: Int = 0, _ value: UInt32) {
        bits =
            kind.rawValue &<< 56 | UInt64(truncatingIfNeeded: what) &<< 48
            | UInt64(UInt16(exactly: socket) ?? .max) &<< 32 | UInt64(value)
    }

    /// Callback `slot` for an event at a hook; 0 removes.
    @inline(__always)
    static func callback(_ socket: Int32, _ hook: Hook, _ event: Event, slot: Int32) -> Self {
        let what = hook.rawValue &<< 4 | event.rawValue
        return Self(.callback, socket, what, UInt32(bitPattern: slot))
    }

    /// Bytes that may wait in the receive buffer of `side`.
    static func buffer(_ socket: Int32, _ side: Side, bytes: UInt32) -> Self {
        Self(.buffer, socket, Int(side.rawValue), bytes)
    }

    /// Bytes of the receive buffer of `side` that are kept once they are read.
    static func keep(_ socket: Int32, _ side: Side, bytes: UInt32) -> Self {
        Self(.keep, socket, Int(side.rawValue), bytes)
    }

    /// The overlap policy of the receive buffer of `side`.
    static func policy(_ socket: Int32, _ side: Side, _ policy: Int8) -> Self {
        Self(.policy, socket, Int(side.rawValue), UInt32(UInt8(bitPattern: policy)))
    }

    /// Sides that are stopped: bit 0 CLI, bit 1 SVR.
    static func stop(_ socket: Int32, sides: UInt32) -> Self { Self(.stop, socket, 0, sides) }

    /// The socket whose registration changes.
    var socket: Int32 { Int32(bits >> 32 & 0xFFFF) }

    /// Where it changes the callback; nil when it changes something else.
    var callback: (hook: Hook, event: Event)? {
        guard Kind(rawValue: bits >> 56) == .callback,
            let hook = Hook(rawValue: Int(bits >> 52 & 0xF)),
            let event = Event(rawValue: Int(bits >> 48 & 0xF))
        else { return nil }
        return (hook, event)
    }

    /// Makes the change.
    func apply(to registration: inout Registration) {
        let value = UInt32(truncatingIfNeeded: bits)
        let side: Side = bits >> 48 & 1 == 0 ? .client : .server
        switch Kind(rawValue: bits >> 56) {
        case .callback:
            guard let (hook, event) = callback else { return }
            registration.register(hook, event, slot: Int32(bitPattern: value))
        case .buffer: registration.setBuffer(value, of: side)
        case .keep: registration.setKeep(value, of: side)
        case .policy:
            registration.setPolicy(Int8(bitPattern: UInt8(truncatingIfNeeded: value)), of: side)
        case .stop: registration.stopped |= value
        case nil: return
        }
    }
}
