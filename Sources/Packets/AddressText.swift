// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// The text of IP addresses: RFC 5952 to write, RFC 4291 section 2.2 to read.
public enum AddressText {
    /// The text of an address in the shared layout.
    public static func text(_ address: mos_addr, version: UInt8) -> String {
        text(IPAddress(address, version: version).bytes)
    }

    /// The text of 4 or 16 bytes.
    static func text(_ bytes: [UInt8]) -> String {
        bytes.count == 4 ? dotted(bytes[...]) : colonated(bytes)
    }

    private static func dotted(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { String($0) }.joined(separator: ".")
    }

    private static func colonated(_ bytes: [UInt8]) -> String {
        // RFC 5952, section 5: an address known to embed IPv4 shows it; ::ffff:0:0/96 is.
        if bytes[..<10].allSatisfy({ $0 == 0 }) && bytes[10] == 0xFF && bytes[11] == 0xFF {
            return "::ffff:" + dotted(bytes[12...])
        }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        let zeros = longestZeroRun(groups)
        guard zeros.count > 1 else { return hex(groups[...]) }
        return hex(groups[..<zeros.lowerBound]) + "::" + hex(groups[zeros.upperBound...])
    }

    private static func hex(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The first of the longest runs of zero groups.
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0..<groups.count {
            if groups[index] != 0 { start = index + 1 }
            if index + 1 - start > best.count { best = start..<(index + 1) }
        }
        return best
    }

    /// The 4 or 16 bytes that `text` spells; nil when it is no address.
    static func bytes(_ text: String) -> [UInt8]? {
        text.utf8.contains(UInt8(ascii: ":")) ? parseColonated(text) : parseDotted(text[...])
    }

    private static func parseDotted(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { part -> UInt8? in
            // A leading zero is octal to some and decimal to others: refused, as inet_pton does.
            guard isNumber(part, radix: 10, digits: 3), part == "0" || part.first != "0" else {
                return nil
            }
            return UInt8(part)
        }
        return bytes.count == 4 ? bytes : nil
    }

    private static func parseColonated(_ text: String) -> [UInt8]? {
        guard let gap = firstDoubleColon(text) else {
            guard let bytes = parseGroups(text[...]), bytes.count == 16 else { return nil }
            return bytes
        }
        guard let head = parseGroups(text[..<gap.lowerBound], mayEndDotted: false),
            let tail = parseGroups(text[gap.upperBound...]),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func firstDoubleColon(_ text: String) -> Range<String.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if next < text.endIndex && text[index] == ":" && text[next] == ":" {
                return index..<text.index(after: next)
            }
            index = next
        }
        return nil
    }

    /// Groups of up to four hexadecimal digits, the last two perhaps as dotted decimal.
    private static func parseGroups(_ text: Substring, mayEndDotted: Bool = true) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if part.contains(".") {
                guard mayEndDotted, index == parts.count - 1, let ipv4 = parseDotted(part) else {
                    return nil
                }
                bytes += ipv4
            } else {
                guard isNumber(part, radix: 16, digits: 4), let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }

    /// Digits only: the standard parser takes a sign as well.
    private static func isNumber(_ text: Substring, radix: Int, digits: Int) -> Bool {
        guard (1...digits).contains(text.utf8.count) else { return false }
        return text.allSatisfy { character in
            character.isASCII && (character.hexDigitValue.map { $0 < radix } ?? false)
        }
    }
}
