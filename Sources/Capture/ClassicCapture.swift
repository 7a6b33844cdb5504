// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// The file header of a classic capture, and how its records are read.
///
///     file:    magic 4 | major 2 | minor 2 | zone 4 | accuracy 4 | snaplen 4 | link type 4
///     record:  seconds 4 | fraction 4 | captured 4 | on the wire 4 | (patched: 8 more) | bytes
///
/// Source: draft-ietf-opsawg-pcap.
struct ClassicCapture {
    static let headerLength = 24

    let order: ByteOrder
    let linkType: LinkType
    private let recordHeaderLength: Int
    private let nanosecondsPerUnit: Int64
    /// Versions up to 2.3 stored the two lengths in either order.
    private let lengthsMayBeSwapped: Bool

    /// Reads the file header; `bytes` hold one, and begin with a known magic number.
    static func read(header bytes: ByteView) -> Result<ClassicCapture, CaptureDamage> {
        guard let order = CaptureMagic.order(bytes) else { return .failure(.cut) }
        let (major, minor) = (order.u16(bytes, 4), order.u16(bytes, 6))
        guard major == 2 else { return .failure(.version(major, minor)) }
        let magic = order.u32(bytes, 0)
        return .success(
            ClassicCapture(
                order: order,
                // The upper half tells the length of frame check sequences, not the link layer.
                linkType: LinkType(rawValue: UInt16(truncatingIfNeeded: order.u32(bytes, 20))),
                recordHeaderLength: magic == CaptureMagic.kuznetzov ? 24 : 16,
                nanosecondsPerUnit: magic == CaptureMagic.nanoseconds ? 1 : 1000,
                lengthsMayBeSwapped: minor <= 3
            )
        )
    }

    /// Appends the complete records that `input` holds, until one is incomplete or the burst is full.
    func take(from input: inout CaptureInput, into burst: inout FrameBurst) -> RecordStop {
        let bytes = input.bytes
        let isShared = input.isShared
        var at = 0
        defer { input.advance(at) }
        while !burst.isFull {
            let left = bytes.count &- at
            guard left >= recordHeaderLength else { return .short(recordHeaderLength) }
            let header = unsafe bytes.base + at
            var captured = unsafe order.load(header, 8)
            var sent = unsafe order.load(header, 12)
            if captured > sent {
                guard lengthsMayBeSwapped else {
                    return .damaged(.moreCapturedThanSent(captured: captured, sent: sent))
                }
                swap(&captured, &sent)
            }
            guard captured <= CaptureDamage.longestFrame else {
                return .damaged(.recordTooLong(captured))
            }
            let length = recordHeaderLength &+ Int(captured)
            guard left >= length else { return .short(length) }
            if isShared { bytes.prefetchFar(at &+ CaptureInput.ahead, length) }
            burst.append(
                Frame(
                    bytes: unsafe ByteView(
                        base: header + recordHeaderLength,
                        count: Int(captured)
                    ),
                    wireLength: sent,
                    time: unsafe time(header),
                    linkType: linkType
                )
            )
            at &+= length
        }
        return .full
    }

    @unsafe @inline(__always)
    private func time(_ header: UnsafeRawPointer) -> Timestamp {
        // The factors are below 2^32 and 2^30: nothing can overflow.
        let seconds = unsafe Int64(order.load(header, 0)) &* 1_000_000_000
        let fraction = unsafe Int64(order.load(header, 4)) &* nanosecondsPerUnit
        return Timestamp(nanoseconds: seconds &+ fraction)
    }
}
