// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// An IPv4 or IPv6 address with its version, which `mos_addr` alone does not know.
public struct IPAddress: Hashable, Sendable {
    /// 4 or 6.
    public let version: UInt8
    private let a: UInt64
    private let b: UInt64

    /// The address that the shared layout holds.
    public init(_ shared: mos_addr, version: UInt8) {
        self.version = version
        a = shared.a
        b = shared.b
    }

    /// The address of 4 or 16 bytes in network order; nil for another count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let words = [0, 8].map { start in
            bytes.dropFirst(start).prefix(8).enumerated().reduce(UInt64(0)) { word, byte in
                word | UInt64(byte.element) << (8 * UInt64(byte.offset))
            }
        }
        version = bytes.count == 4 ? 4 : 6
        a = UInt64(littleEndian: words[0])
        b = UInt64(littleEndian: words[1])
    }

    /// The address in the shared layout.
    public var shared: mos_addr { mos_addr(a: a, b: b) }

    /// The 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        (0..<(version == 4 ? 4 : 16)).map { index in
            let word = (index < 8 ? a : b).littleEndian
            return UInt8(truncatingIfNeeded: word >> (8 * UInt64(index % 8)))
        }
    }
}

extension IPAddress: LosslessStringConvertible {
    /// Dotted decimal, or the canonical text of RFC 5952.
    public var description: String { AddressText.text(bytes) }

    /// The address that `text` spells, in any form of RFC 4291; nil when it is none.
    public init?(_ text: String) {
        guard let bytes = AddressText.bytes(text) else { return nil }
        self.init(bytes: bytes)
    }
}

extension IPAddress: ExpressibleByStringLiteral {
    /// The address that a literal spells; a literal that is none is a mistake of the programmer.
    public init(stringLiteral text: String) {
        guard let address = IPAddress(text) else {
            preconditionFailure("not an IP address: \(text)")
        }
        self = address
    }
}
