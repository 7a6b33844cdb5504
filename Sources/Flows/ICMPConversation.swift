// SPDX-License-Identifier: BSD-2-Clause

/// What tells the flow of an ICMP or ICMPv6 message: request and reply are one, anything else flows one way.
///
/// ICMP has no ports. Messages that answer each other are paired as Community ID version 1 pairs them; where they have
/// an identifier (RFC 792: echo, timestamp, information; RFC 950: mask; RFC 4443: echo; RFC 6275: home agents) each
/// identifier is a flow of its own. The flow table sees the result as two ports:
///
///     request with identifier   identifier, request << 8 | reply       reply: the same exchanged
///     paired without one        type, type of its answer               answer: the same exchanged
///     one way                   type, 256 + code                       never the reverse of another message
public struct ICMPConversation: Equatable, Sendable {
    /// The message's type.
    public let type: UInt8
    /// Its code.
    public let code: UInt8
    /// The type that answers it, or that it answers; nil for a message that flows one way.
    public let answer: UInt8?
    /// Its identifier; nil for messages without one.
    public let identifier: UInt16?
    /// What stands in the place of the source port.
    public let sourcePort: UInt16
    /// What stands in the place of the destination port.
    public let destinationPort: UInt16

    /// The conversation of a message.
    ///
    /// - Parameters:
    ///   - version: 4 for ICMP, 6 for ICMPv6.
    ///   - type: its type.
    ///   - code: its code.
    ///   - rest: bytes 4 and 5 of the message, where identifiers stand.
    public init(version: UInt8, type: UInt8, code: UInt8, rest: UInt16) {
        self.type = type
        self.code = code
        guard let pair = Self.pair(version, type) else {
            answer = nil
            identifier = nil
            sourcePort = UInt16(type)
            destinationPort = 256 + UInt16(code)
            return
        }
        let isRequest = type == pair.request
        answer = isRequest ? pair.reply : pair.request
        identifier = pair.hasIdentifier ? rest : nil
        let family = UInt16(pair.request) << 8 | UInt16(pair.reply)
        let first = pair.hasIdentifier ? rest : UInt16(pair.request)
        let second = pair.hasIdentifier ? family : UInt16(pair.reply)
        sourcePort = isRequest ? first : second
        destinationPort = isRequest ? second : first
    }

    private typealias Pair = (request: UInt8, reply: UInt8, hasIdentifier: Bool)

    private static func pair(_ version: UInt8, _ type: UInt8) -> Pair? {
        version == 4 ? pairOfICMP(type) : pairOfICMPv6(type)
    }

    private static func pairOfICMP(_ type: UInt8) -> Pair? {
        switch type {
        case 8, 0: (8, 0, true)  // echo
        case 10, 9: (10, 9, false)  // router solicitation, advertisement (RFC 1256)
        case 13, 14: (13, 14, true)  // timestamp
        case 15, 16: (15, 16, true)  // information
        case 17, 18: (17, 18, true)  // address mask
        default: nil
        }
    }

    private static func pairOfICMPv6(_ type: UInt8) -> Pair? {
        switch type {
        case 128, 129: (128, 129, true)  // echo
        case 130, 131: (130, 131, false)  // multicast listener query, report (RFC 2710)
        case 133, 134: (133, 134, false)  // router solicitation, advertisement (RFC 4861)
        case 135, 136: (135, 136, false)  // neighbor solicitation, advertisement
        case 139, 140: (139, 140, false)  // node information (RFC 4620)
        case 144, 145: (144, 145, true)  // home agent address discovery
        default: nil
        }
    }
}
