// SPDX-License-Identifier: BSD-2-Clause

/// What a decoded frame turned out to be.
public enum PacketKind: UInt8, BitwiseCopyable, Sendable {
    /// A whole TCP segment with complete headers.
    case tcp
    /// A whole UDP datagram.
    case udp
    /// An ICMP or ICMPv6 message.
    case icmp
    /// IP with another protocol, ESP and "no next header" included.
    case otherIP
    /// A part of an IP packet; the transport header is not looked at.
    case fragment
    /// ARP, LLDP, LLC and whatever else is not IP.
    case nonIP
    /// Decoding stopped; ``DecodeResult/error`` says why.
    case malformed
    /// Not decoded: a filter keeps it out, and it is only to be handed on.
    case unseen
    /// Another worker's: it only moves the clock.
    case foreign
    /// A part of an IP packet that worker 0 counts and shows; the others put the packet together, too.
    case borrowed
}

/// What the checksum of the transport header said.
public enum ChecksumVerdict: UInt8, Sendable {
    /// Not looked at: switched off, cut by the capture, a fragment, or a protocol without one.
    case unverified
    /// Right.
    case good
    /// Left unfinished for the network card by the machine that sent it, and accepted as such.
    case offloaded
    /// Wrong: the receiver would have dropped the packet.
    case bad
}

/// What ``PacketDecoder/decode(_:into:)`` found, next to the fields that it filled in.
public struct DecodeResult: Equatable, Sendable {
    /// What the frame is.
    public var kind: PacketKind
    /// Why decoding stopped, with ``PacketKind/malformed`` only.
    public var error: DecodeError?
    /// What the transport checksum said, behind a bad IPv4 header checksum as well.
    public var checksum: ChecksumVerdict
    /// True when the TCP option list is broken; the segment counts all the same.
    public var hasBadOptions: Bool

    /// A frame of `kind`.
    @inlinable @inline(__always)
    public init(
        _ kind: PacketKind,
        checksum: ChecksumVerdict = .unverified,
        hasBadOptions: Bool = false
    ) {
        self.kind = kind
        error = nil
        self.checksum = checksum
        self.hasBadOptions = hasBadOptions
    }

    /// A frame that could not be decoded because of `error`.
    @inlinable @inline(__always)
    public init(malformed error: DecodeError) {
        kind = .malformed
        self.error = error
        checksum = .unverified
        hasBadOptions = false
    }

    /// The same findings of a frame that `error` makes malformed all the same.
    @inline(__always)
    func spoiled(by error: DecodeError) -> DecodeResult {
        var result = self
        result.kind = .malformed
        result.error = error
        return result
    }
}
