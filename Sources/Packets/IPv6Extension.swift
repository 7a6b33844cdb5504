// SPDX-License-Identifier: BSD-2-Clause

/// An IPv6 extension header to build.
public struct IPv6Extension: Hashable, Sendable {
    /// Its own number.
    public var proto: UInt8
    /// Its bytes behind next header and length; with those two, a multiple of 8 (4 for AH).
    public var body: [UInt8]

    /// An extension header of any kind.
    public init(proto: UInt8, body: [UInt8]) {
        self.proto = proto
        self.body = body
    }

    /// Hop-by-hop options, padding only, of `blocks` times 8 bytes.
    public static func hopByHop(blocks: Int = 1) -> IPv6Extension {
        padding(IPProtocol.hopByHop, blocks: blocks)
    }

    /// Destination options, padding only, of `blocks` times 8 bytes.
    public static func destinationOptions(blocks: Int = 1) -> IPv6Extension {
        padding(IPProtocol.destinationOptions, blocks: blocks)
    }

    /// A routing header that names `addresses`.
    public static func routing(
        type: UInt8 = 0,
        segmentsLeft: UInt8,
        _ addresses: [IPAddress]
    ) -> IPv6Extension {
        IPv6Extension(
            proto: IPProtocol.routing,
            body: [type, segmentsLeft, 0, 0, 0, 0] + addresses.flatMap(\.bytes)
        )
    }

    /// A fragment header; `offset` counts units of 8 bytes.
    public static func fragment(
        offset: UInt16 = 0,
        hasMore: Bool = false,
        identification: UInt32 = 1
    ) -> IPv6Extension {
        IPv6Extension(
            proto: IPProtocol.fragment,
            body: (offset << 3 | (hasMore ? 1 : 0)).octets + identification.octets
        )
    }

    /// An authentication header with a 12-byte integrity value of zeros.
    public static var authentication: IPv6Extension {
        IPv6Extension(proto: IPProtocol.authentication, body: [UInt8](repeating: 0, count: 22))
    }

    private static func padding(_ proto: UInt8, blocks: Int) -> IPv6Extension {
        // One PadN option (RFC 8200, section 4.2) as long as one can be, then Pad1 options.
        let count = 8 * blocks - 2
        let padded = min(count - 2, 255)
        let zeros = [UInt8](repeating: 0, count: count - 2)
        return IPv6Extension(proto: proto, body: [1, UInt8(padded)] + zeros)
    }

    func bytes(next: UInt8) -> [UInt8] {
        let total = body.count + 2
        let field: UInt8 =
            switch proto {
            case IPProtocol.fragment: 0
            case IPProtocol.authentication: UInt8(total / 4 - 2)
            default: UInt8(total / 8 - 1)
            }
        return [next, field] + body
    }

    /// The address that the transport checksum covers, when this header changes it.
    var finalDestination: IPAddress? {
        guard proto == IPProtocol.routing, body.count >= 22, body[1] > 0 else { return nil }
        let address = body[0] == 4 ? body[6..<22] : body.suffix(16)
        return IPAddress(bytes: Array(address))
    }
}
