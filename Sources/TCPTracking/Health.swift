// SPDX-License-Identifier: BSD-2-Clause
// How the sending of one end went, a step at a time; works on one `mos_health`.
import CMosABI
import Flows

/// Times on the scale of ``mos_health``: microseconds modulo 2^32.
public enum Micros {
    /// A point in time.
    @inlinable @inline(__always)
    public static func of(_ time: mos_time) -> UInt32 {
        // Modulo 2^32 by definition: differences below 71 minutes come out right.
        time.sec &* 1_000_000 &+ time.nsec / 1000
    }
}

extension mos_stream {
    /// Begins to measure: what ends at `seq` was sent now.
    public mutating func beginSample(_ seq: SequenceNumber) {
        sample_seq = seq.value
        set(MOS_STREAM_SAMPLE)
    }

    /// So many bytes were in flight.
    ///
    /// In the line that every segment needs, since each acknowledgement looks at it.
    @inlinable @inline(__always)
    public mutating func noteFlight(_ bytes: Int64) {
        if bytes > Int64(in_flight) { in_flight = UInt32(clamping: bytes) }
    }
}

extension mos_health {
    /// How many samples of the round-trip time are taken one after the other, before one segment of 16 will do.
    public static var denseSamples: UInt32 { 8 }

    /// Takes the sample that ends with an acknowledgement at `time`.
    ///
    /// Source: RFC 6298 section 2, the R of SRTT; RFC 7323 section 4.1 on why one a round trip is enough.
    ///
    /// - Returns: false when the packets were captured in the wrong order: then there is none.
    @discardableResult
    public mutating func endSample(at time: UInt32) -> Bool {
        // Wraps with the scale of times.
        let rtt = time &- sample_time
        guard rtt < 1 << 31 else { return false }
        rtt_min = rtt_count == 0 ? rtt : min(rtt_min, rtt)
        rtt_max = max(rtt_max, rtt)
        rtt_sum += Double(rtt)
        rtt_count &+= 1
        return true
    }

    /// The mean of the samples, microseconds; 0 without any.
    public var meanRTT: Int64 { rtt_count == 0 ? 0 : Int64(rtt_sum / Double(rtt_count)) }

    /// A repeat of that kind.
    public mutating func count(_ kind: RetransmissionKind) {
        switch kind {
        case .rto: rexmit_rto &+= 1
        case .fast: rexmit_fast &+= 1
        case .spurious: rexmit_spurious.increase()
        case .probe: rexmit_probe.increase()
        }
    }

    /// The window went to zero at `time`.
    public mutating func closeWindow(at time: UInt32) {
        zero_windows.increase()
        zero_window_since = time
    }

    /// The window opened again at `time`.
    ///
    /// - Returns: how long it was closed.
    public mutating func openWindow(at time: UInt32) -> UInt32 {
        // Wraps with the scale of times; packets captured in the wrong order give nothing.
        let duration = time &- zero_window_since
        guard duration < 1 << 31 else { return 0 }
        zero_window_time &+= duration
        return duration
    }
}

extension UInt16 {
    /// One more, up to the largest number.
    public mutating func increase() { if self < .max { self &+= 1 } }
}
