// SPDX-License-Identifier: BSD-2-Clause

/// What stands in the checksum field of a built transport header.
public enum BuiltChecksum: Sendable, CaseIterable {
    /// The right one.
    case right
    /// One that is wrong, and not what a network card would be handed either.
    case bad
    /// The folded sum of the pseudo-header, as the kernel leaves it to the network card.
    case offloaded
    /// Zero: none, for UDP.
    case none

    /// The field for `segment`, whose own field is 0, behind `pseudo`.
    func field(_ segment: [UInt8], pseudo: [UInt8]) -> UInt16 {
        let right = Self.checksum(pseudo + segment)
        return switch self {
        case .right: right
        case .bad: wrong(right, offloaded: ~Self.checksum(pseudo))
        case .offloaded: ~Self.checksum(pseudo)
        case .none: 0
        }
    }

    private func wrong(_ right: UInt16, offloaded: UInt16) -> UInt16 {
        // Neither 0, which may mean "none", nor 0xFFFF, which some take for the same.
        let candidates: [UInt16] = [right ^ 0x0101, right ^ 0x0202, right ^ 0x0404, right ^ 0x0808]
        return candidates.first { $0 != offloaded && $0 != 0 && $0 != 0xFFFF } ?? 0x5A5A
    }

    /// The Internet checksum of `bytes` (RFC 1071).
    static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt64 = 0
        for index in bytes.indices {
            sum += index.isMultiple(of: 2) ? UInt64(bytes[index]) << 8 : UInt64(bytes[index])
        }
        return ~Checksum.fold(sum)
    }
}
