// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct AddressTextTests {
    @Test(
        arguments: [
            ("0.0.0.0", "0.0.0.0"),
            ("255.255.255.255", "255.255.255.255"),
            ("192.0.2.1", "192.0.2.1"),
            ("::", "::"),
            ("::1", "::1"),
            ("1::", "1::"),
            ("2001:DB8::1", "2001:db8::1"),
            ("2001:0db8:0000:0000:0000:ff00:0042:8329", "2001:db8::ff00:42:8329"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("::ffff:192.0.2.128", "::ffff:192.0.2.128"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("fe80:0:0:0:0:0:0:0", "fe80::"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ]
    )
    func `an address reads in any form and writes in the one of RFC 5952`(
        text: String,
        canonical: String
    ) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "+1.2.3.4", "1..2.3",
            " 1.2.3.4",
            ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4:5:6:7::8:9",
            "12345::", "g::", "+1::", ":1::", "1::2:", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5",
            "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "::-1", "٣::",
        ]
    )
    func `what is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `the shared layout holds network byte order`() {
        let ipv4 = ("1.2.3.4" as IPAddress).shared
        #expect(ipv4.a == UInt64(littleEndian: 0x0403_0201) && ipv4.b == 0)
        let ipv6 = ("102:304:506:708:90a:b0c:d0e:f10" as IPAddress).shared
        #expect(ipv6.a == UInt64(bigEndian: 0x0102_0304_0506_0708))
        #expect(ipv6.b == UInt64(bigEndian: 0x090A_0B0C_0D0E_0F10))
        #expect(AddressText.text(ipv4, version: 4) == "1.2.3.4")
    }

    @Test func `random addresses survive their text`() throws {
        let seed: UInt64 = 5952
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            // Zero groups often, so that every shape of compression occurs.
            let groups = (0..<8).flatMap { _ in
                Bool.random(using: &generator) ? [0, 0] : generator.bytes(2)
            }
            let address = try #require(IPAddress(bytes: groups), "seed \(seed)")
            #expect(IPAddress(address.description) == address, "seed \(seed)")
            #expect(address.bytes == groups, "seed \(seed)")
        }
    }
}
