// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// An end of a connection.
///
/// The client is who sent the first SYN.
public enum Side: UInt8, CaseIterable, BitwiseCopyable, Sendable {
    /// The end that sent the first SYN.
    case client = 0
    /// The other end.
    case server = 1

    /// The other end.
    @inlinable @inline(__always)
    public var other: Side { self == .client ? .server : .client }
}

extension mos_conn {
    /// What is known of one end.
    @inlinable
    public subscript(side: Side) -> mos_endpoint {
        @inline(__always) get { side == .client ? cli : svr }
        @inline(__always) _modify {
            if side == .client { yield &cli } else { yield &svr }
        }
    }

    /// Where its time-out waits, as ``TimeoutWheel`` numbers places.
    @inlinable
    public var timer: UInt8 {
        @inline(__always) get { timing & 3 }
        @inline(__always) set { timing = timing & ~3 | newValue & 3 }
    }

    /// Which time-out applied when it was put there; 7 = the place may be a later one.
    @inlinable
    public var armed: UInt8 {
        @inline(__always) get { timing &>> 2 & 7 }
        @inline(__always) set { timing = timing & ~(7 &<< 2) | (newValue & 7) &<< 2 }
    }

    /// Which time-out applies.
    @inlinable
    public var phase: UInt8 {
        @inline(__always) get { timing &>> 5 }
        @inline(__always) set { timing = timing & 0x1F | newValue &<< 5 }
    }
}

extension mos_endpoint {
    /// Payload bytes that this end of a UDP or ICMP flow sent; a connection has other fields in their place.
    @inlinable
    public var datagramBytes: UInt64 {
        @inline(__always) get { UInt64(nxt) &<< 32 | UInt64(iss) }
        @inline(__always) set {
            iss = UInt32(truncatingIfNeeded: newValue)
            nxt = UInt32(truncatingIfNeeded: newValue &>> 32)
        }
    }
}

extension mos_stream {
    /// Nothing waits.
    @inlinable @inline(__always)
    mutating func withoutRuns() {
        runs = -1
        last_run = -1
        ordered_run = -1
    }

    /// True when any of these MOS_STREAM_* flags is set.
    @inlinable @inline(__always)
    public func has(_ flag: Int) -> Bool { flags & UInt16(truncatingIfNeeded: flag) != 0 }

    /// Sets these MOS_STREAM_* flags.
    @inlinable @inline(__always)
    public mutating func set(_ flag: Int) { flags |= UInt16(truncatingIfNeeded: flag) }

    /// Clears these MOS_STREAM_* flags.
    @inlinable @inline(__always)
    public mutating func clear(_ flag: Int) { flags &= ~UInt16(truncatingIfNeeded: flag) }
}
