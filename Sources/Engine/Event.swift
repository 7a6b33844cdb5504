// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// A base event, numbered from 0 in the order in which the events of one hook are handed out.
public enum Event: Int, CaseIterable, Sendable {
    case packetIn, connStart, stateChange, rexmit, connEnd, newData, error, gap, zeroWindow, orphan

    /// Its bit in a mask.
    @inlinable public var bit: UInt16 { 1 &<< UInt16(truncatingIfNeeded: rawValue) }
    /// The shared layout's number.
    @inlinable public var number: Int32 {
        Int32(truncatingIfNeeded: rawValue) &+ Int32(MOS_EVENT_BASE)
    }

    /// Whoever registers one of these reads both receive buffers (section 4 of the contract).
    static var ofReaders: UInt16 { newData.bit | gap.bit | error.bit }
}

/// A hook, numbered from 0.
public enum Hook: Int, CaseIterable, Sendable {
    case null = 0
    case snd = 1
    case rcv = 2

    /// The shared layout's number.
    @inlinable public var number: Int32 {
        Int32(truncatingIfNeeded: rawValue) &+ Int32(MOS_HOOK_BASE)
    }
}
