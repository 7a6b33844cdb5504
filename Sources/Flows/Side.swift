// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// An end of a connection.
///
/// The client is who sent the first SYN.
public enum Side: UInt8, CaseIterable, Sendable {
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

    /// The serial number of the flow, counted from 1 and never used twice in a run.
    @inlinable @inline(__always)
    public var serial: UInt64 { UInt64(serial_high) << 32 | UInt64(generation) }
}

extension mos_ext {
    /// What one end sent.
    @inlinable
    public subscript(sentBy side: Side) -> mos_stream {
        @inline(__always) get { side == .client ? cli : svr }
        @inline(__always) _modify {
            if side == .client { yield &cli } else { yield &svr }
        }
    }
}
