// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Flows

struct ICMPConversationTests {
    private func talk(_ version: UInt8, _ type: UInt8, _ code: UInt8 = 0, _ rest: UInt16 = 0)
        -> ICMPConversation
    {
        ICMPConversation(version: version, type: type, code: code, rest: rest)
    }

    private func ports(_ talk: ICMPConversation) -> [UInt16] {
        [talk.sourcePort, talk.destinationPort]
    }

    /// Those with an identifier, then those without.
    private static let pairs:
        [(version: UInt8, request: UInt8, reply: UInt8, hasIdentifier: Bool)] = [
            (4, 8, 0, true), (4, 13, 14, true), (4, 15, 16, true), (4, 17, 18, true),
            (6, 128, 129, true), (6, 144, 145, true), (4, 10, 9, false), (6, 130, 131, false),
            (6, 133, 134, false), (6, 135, 136, false), (6, 139, 140, false),
        ]

    @Test func `a reply has the ports of its request exchanged`() {
        for pair in Self.pairs {
            let request = talk(pair.version, pair.request, 0, 77)
            let reply = talk(pair.version, pair.reply, 0, 77)
            #expect(ports(request) == ports(reply).reversed(), "\(pair)")
            #expect(request.answer == pair.reply && reply.answer == pair.request, "\(pair)")
            #expect(request.identifier == (pair.hasIdentifier ? 77 : nil), "\(pair)")
        }
    }

    @Test func `each identifier is a conversation of its own, and so is each kind`() {
        var seen: Set<[UInt16]> = []
        for pair in Self.pairs where pair.version == 4 && pair.hasIdentifier {
            for identifier in [0, 1, 0x0800, 0xFFFF] as [UInt16] {
                let key = ports(talk(4, pair.request, 0, identifier))
                #expect(seen.insert(key).inserted, "\(pair) \(identifier)")
            }
        }
        #expect(ports(talk(6, 135, 0, 1)) == ports(talk(6, 135, 0, 2)))
    }

    @Test func `a message without an answer is never the reverse of another`() {
        let types = (0...255).map { UInt8($0) }
        let oneWay = types.filter { talk(4, $0).answer == nil }
        #expect(oneWay.count == 246)
        for type in oneWay {
            for code in [0, 3, 255] as [UInt8] {
                let message = talk(4, type, code, 9)
                #expect(message.sourcePort < 256 && message.destinationPort >= 256)
                #expect(message.identifier == nil)
            }
        }
        #expect(ports(talk(4, 3, 1)) != ports(talk(4, 3, 3)))
    }

    @Test func `types mean what their version says`() {
        #expect(talk(6, 8).answer == nil)
        #expect(talk(4, 128).answer == nil)
    }
}
