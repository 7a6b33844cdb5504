// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// What an IP header says about the bytes that it carries.
struct Datagram {
    /// The protocol of those bytes.
    var proto: UInt8
    /// Where they begin, counted from the first byte of the frame.
    var start: Int
    /// How many the IP header claims.
    var length: Int
    /// How many of these were captured.
    var captured: Int
    /// What MOS_PKT_* flags the IP header gives; gathered here, so that the packet is stored to once.
    var flags = UInt32(MOS_PKT_IP)
    /// The IP header left its length at 0 for the network card to fill in.
    var hasInferredLength = false
    /// The frame was shorter than the IP header claims already when it was sent: no receiver takes it.
    var isShort = false
    /// The source that the transport checksum covers.
    var source = PseudoAddress.header
    /// The destination that the transport checksum covers.
    var destination = PseudoAddress.header

    @inline(__always)
    init(proto: UInt8, start: Int, length: Int, frame: ByteView) {
        self.proto = proto
        self.start = start
        self.length = length
        captured = min(length, frame.count - start)
    }

    mutating func set(_ flag: Int) { flags |= UInt32(truncatingIfNeeded: flag) }

    private func has(_ flag: Int) -> Bool { flags & UInt32(truncatingIfNeeded: flag) != 0 }

    /// `flags`, and whether the capture cut it.
    var allFlags: UInt32 {
        @inline(__always) get { flags | (isComplete ? 0 : UInt32(MOS_PKT_TRUNCATED)) }
    }

    /// Some bytes only: not to be read as a transport header.
    var isFragment: Bool {
        @inline(__always) get { has(MOS_PKT_FRAGMENT) }
    }

    /// The IPv4 header checksum is wrong.
    var hasBadHeader: Bool {
        @inline(__always) get { has(MOS_PKT_BAD_CHECKSUM) }
    }

    /// False when the capture cut it.
    var isComplete: Bool {
        @inline(__always) get { captured == length }
    }
}

/// An address that the pseudo-header counts (RFC 8200, section 8.1).
enum PseudoAddress {
    /// The one in the IP header.
    case header
    /// The IPv6 address at that offset of the frame, in an extension header.
    case at(Int)
    /// Another one, not known: the checksum cannot be verified.
    case unknown
}
