// SPDX-License-Identifier: BSD-2-Clause

/// A TCP option to build (RFC 9293, section 3.2; RFC 7323; RFC 2018).
public enum TCPOption: Hashable, Sendable {
    /// One byte of padding.
    case noOperation
    /// End of the option list.
    case endOfList
    /// Maximum segment size.
    case mss(UInt16)
    /// Window scale shift.
    case windowScale(UInt8)
    /// Selective acknowledgments may be sent.
    case sackPermitted
    /// Selective acknowledgments.
    case sack([SACKBlock])
    /// Timestamps.
    case timestamps(value: UInt32, echo: UInt32)
    /// Any other, or a broken one, byte by byte.
    case raw([UInt8])

    var bytes: [UInt8] {
        switch self {
        case .noOperation: [TCPOptions.noOperation]
        case .endOfList: [TCPOptions.endOfList]
        case .mss(let size): [TCPOptions.maximumSegmentSize, 4] + size.octets
        case .windowScale(let shift): [TCPOptions.windowScale, 3, shift]
        case .sackPermitted: [TCPOptions.sackPermitted, 2]
        case .sack(let blocks):
            [TCPOptions.sack, UInt8(2 + 8 * blocks.count)]
                + blocks.flatMap { $0.left.octets + $0.right.octets }
        case .timestamps(let value, let echo):
            [TCPOptions.timestamps, 10] + value.octets + echo.octets
        case .raw(let bytes): bytes
        }
    }
}

/// Sequence space that arrived out of order, as the SACK option names it.
public struct SACKBlock: Hashable, BitwiseCopyable, Sendable {
    /// Its first sequence number.
    public var left: UInt32
    /// The sequence number behind its last.
    public var right: UInt32

    /// The space from `left` up to, not including, `right`.
    public init(_ left: UInt32, _ right: UInt32) {
        self.left = left
        self.right = right
    }
}
