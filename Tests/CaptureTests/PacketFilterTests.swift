// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture

/// An IPv4 packet of TCP from port 1234 to `port`.
func packet(toPort port: UInt16, flags: UInt8 = 2) -> [UInt8] {
    [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
        + [0x04, 0xD2, UInt8(port >> 8), UInt8(port & 0xFF), 0, 0, 0, 0, 0, 0, 0, 0]
        + [0x50, flags, 0, 0, 0, 0, 0, 0]
}

/// `packet` behind an Ethernet header.
func ethernet(_ packet: [UInt8]) -> [UInt8] {
    [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0] + packet
}

struct PacketFilterTests {
    private func matches(
        _ expression: String,
        _ bytes: [UInt8],
        wireLength: UInt32 = 60,
        linkType: LinkType = .ethernet
    ) throws -> Bool {
        let filter = try PacketFilter(expression, linkType: linkType)
        return withView(bytes) { filter.matches($0, wireLength: wireLength) }
    }

    @Test(arguments: [
        ("", true), ("tcp", true), ("udp", false), ("tcp port 80", true), ("port 81", false),
        ("(tcp[13] & 2 != 0) and not src port 80", true), ("tcp[tcpflags] & tcp-ack != 0", false),
        ("ether host 02:00:00:00:00:01", true), ("host 10.0.0.2 and net 10", true),
        ("vlan", false), ("ip6", false), ("greater 60", true), ("greater 61", false),
        ("ip[8] = 64 or ip[8] = 255", true), ("tcp[100] = 0", false),
    ])
    func `the whole grammar of libpcap decides`(expression: String, expected: Bool) throws {
        #expect(try matches(expression, ethernet(packet(toPort: 80))) == expected)
    }

    @Test(arguments: [LinkType.raw, .ipv4, .rawBSD, .rawOpenBSD])
    func `raw IP has no link header`(linkType: LinkType) throws {
        #expect(try matches("tcp dst port 80", packet(toPort: 80), linkType: linkType))
        #expect(try !matches("tcp dst port 81", packet(toPort: 80), linkType: linkType))
    }

    @Test func `a frame cut before the field does not match`() throws {
        for length in 0..<38 {
            let cut = Array(ethernet(packet(toPort: 80)).prefix(length))
            #expect(try !matches("tcp dst port 80", cut))
        }
    }

    @Test(arguments: ["tcp prot 80", "port 80 and", "host 10.0.0.0.1"])
    func `a bad expression is refused with the words of libpcap`(expression: String) {
        #expect(throws: SourceError.self) { try PacketFilter(expression, linkType: .ethernet) }
        do throws(SourceError) {
            _ = try PacketFilter(expression, linkType: .ethernet)
        } catch {
            #expect(error.description.hasPrefix("filter '\(expression)': "))
            #expect(error.description.count > expression.count + 15)
        }
    }

    @Test func `a program is plain memory for the packet path`() throws {
        let filter = try PacketFilter("tcp", linkType: .raw)
        let program = filter.program
        #expect(MemoryLayout.size(ofValue: program) == 8)
        #expect(withView(packet(toPort: 1)) { program.matches($0, wireLength: 40) })
        #expect(filter.expression == "tcp" && filter.linkType == .raw)
    }
}
