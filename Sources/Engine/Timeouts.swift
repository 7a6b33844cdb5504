// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// How long a connection may be silent, by the phase that it is in; nanoseconds.
struct Timeouts {
    /// The phase of a connection as far as time-outs go, in ``mos_conn/phase``.
    enum Class {
        static let handshake: UInt8 = 0
        static let established: UInt8 = 1
        static let closing: UInt8 = 2
        static let timeWait: UInt8 = 3
        static let udp: UInt8 = 4
        static let icmp: UInt8 = 5
    }

    private let spans: InlineArray<8, Int64>
    let timeWait: Int64
    let handshake: Int64
    /// How long bytes that were acknowledged but not captured are waited for.
    let gap: Int64

    init(_ settings: Settings) {
        func nanoseconds(_ seconds: Double) -> Int64 { Int64(min(seconds, 1e9) * 1e9) }
        spans = [
            nanoseconds(settings.handshakeTimeout), nanoseconds(settings.idleTimeout),
            nanoseconds(settings.closeTimeout), nanoseconds(settings.timeWait),
            nanoseconds(settings.udpTimeout), nanoseconds(settings.icmpTimeout), 0, 0,
        ]
        timeWait = nanoseconds(settings.timeWait)
        handshake = nanoseconds(settings.handshakeTimeout)
        gap = nanoseconds(settings.gapTime)
    }

    /// The nanoseconds of a time-out, of ``Class``.
    @inline(__always)
    func span(_ phase: UInt8) -> Int64 { spans[Int(phase & 7)] }

    /// When the connection ends unless another packet comes.
    ///
    /// In line, or the whole connection is copied: wide loads of what was just stored narrowly wait for it.
    @inline(__always)
    func deadline(_ conn: mos_conn) -> Timestamp {
        let lag = conn.lag == 0 ? 0 : 1_000_000_000 &<< Int64(min(conn.lag, 33))
        return Timestamp(conn.last).advanced(nanoseconds: spans[Int(conn.phase & 7)] &+ lag)
    }
}
