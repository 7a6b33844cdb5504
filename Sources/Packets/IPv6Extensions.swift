// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// IPv6 extension headers (RFC 8200, section 4; RFC 4302 for the authentication header).
///
/// All begin with next header (1) and a length (1) and have at least 8 bytes.
public enum IPv6Extensions {
    /// The most extension headers that a packet may have.
    public static var limit: Int { 16 }

    static var minimumLength: Int { 8 }

    @inline(__always)
    static func isExtension(_ proto: UInt8) -> Bool {
        proto == IPProtocol.hopByHop || proto == IPProtocol.routing
            || proto == IPProtocol.fragment || proto == IPProtocol.destinationOptions
            || proto == IPProtocol.authentication
    }

    /// Moves `datagram` past its extension headers; stops behind the header of a real fragment.
    @inline(never)
    static func skip(_ datagram: inout Datagram, _ bytes: ByteView) throws(DecodeError) {
        var count = 0
        while isExtension(datagram.proto) && !datagram.isFragment {
            count += 1
            guard count <= limit else { throw .ipv6TooManyExtensions }
            guard datagram.captured >= minimumLength else { throw .ipv6ExtensionTruncated }
            let at = datagram.start
            let length = length(of: datagram.proto, field: bytes[at + 1])
            guard datagram.captured >= length else { throw .ipv6ExtensionTruncated }
            note(&datagram, bytes, at, length)
            datagram.proto = bytes[at]
            datagram.start += length
            datagram.length -= length
            datagram.captured -= length
        }
    }

    /// Moves `datagram`, of IPv4, past its authentication header (RFC 4302).
    @inline(never)
    static func skipAuthentication(
        _ datagram: inout Datagram,
        _ bytes: ByteView
    ) throws(DecodeError) {
        guard datagram.captured >= minimumLength else { throw .ipv6ExtensionTruncated }
        let length = length(of: datagram.proto, field: bytes[datagram.start + 1])
        guard datagram.captured >= length else { throw .ipv6ExtensionTruncated }
        datagram.proto = bytes[datagram.start]
        datagram.start += length
        datagram.length -= length
        datagram.captured -= length
    }

    static func length(of proto: UInt8, field: UInt8) -> Int {
        switch proto {
        case IPProtocol.fragment: 8
        case IPProtocol.authentication: (Int(field) + 2) * 4
        default: (Int(field) + 1) * 8
        }
    }

    /// What the header at `at` changes for what follows.
    private static func note(
        _ datagram: inout Datagram,
        _ bytes: ByteView,
        _ at: Int,
        _ length: Int
    ) {
        switch datagram.proto {
        case IPProtocol.fragment:
            // Offset 0 and no more to come is an atomic fragment (RFC 6946): the whole packet.
            if bytes.u16(at + 2) & 0xFFF9 != 0 { datagram.set(MOS_PKT_FRAGMENT) }
        case IPProtocol.routing:
            datagram.destination = finalDestination(bytes, at, length)
        case IPProtocol.destinationOptions:
            if let home = homeAddress(bytes, at + 2, at + length) { datagram.source = .at(home) }
        default: break
        }
    }

    /// Where the home address option of a mobile node stands, which counts as its source
    /// (RFC 6275, section 6.3).
    private static func homeAddress(_ bytes: ByteView, _ start: Int, _ end: Int) -> Int? {
        let homeAddressOption: UInt8 = 201
        var at = start
        while at + 1 < end {
            if bytes[at] == 0 {
                at += 1  // Pad1 is the one option without a length
                continue
            }
            let length = Int(bytes[at + 1])
            guard at + 2 + length <= end else { return nil }
            if bytes[at] == homeAddressOption && length == 16 { return at + 2 }
            at += 2 + length
        }
        return nil
    }

    /// The last address that a routing header names, when it has not been reached yet.
    private static func finalDestination(
        _ bytes: ByteView,
        _ at: Int,
        _ length: Int
    ) -> PseudoAddress {
        let type = bytes[at + 2]
        let segmentsLeft = bytes[at + 3]
        if segmentsLeft == 0 { return .header }
        guard length >= 24 else { return .unknown }
        switch type {
        case 0, 2: return .at(at + length - 16)  // RFC 2460, RFC 6275: in order of travel
        case 4: return .at(at + 8)  // RFC 8754: in reverse order
        default: return .unknown
        }
    }
}
