// SPDX-License-Identifier: BSD-2-Clause
import Capture

/// The two ends of a conversation: clients in 10.0.0.0/8, servers in 192.0.2.0/24, or their like in IPv6.
package struct Endpoints: Equatable {
    /// Clients that differ: the numbers of 24 bits.
    package static let clients = 1 << 24

    /// True for IPv6.
    package let isIPv6: Bool
    /// The client's number, 24 bits.
    package let client: UInt32
    /// Its port.
    package let clientPort: UInt16
    /// The server's number, 8 bits.
    package let server: UInt32
    /// Its port.
    package let serverPort: UInt16
    /// The identifier of the VLAN that they talk through, nil without a tag.
    package var vlan: UInt16?

    /// Ends of an IPv4 connection.
    package init(client: UInt32, clientPort: UInt16, server: UInt32, serverPort: UInt16) {
        isIPv6 = false
        self.client = client
        self.clientPort = clientPort
        self.server = server
        self.serverPort = serverPort
    }

    /// Ends that follow from `random`; clients differ for the first ``clients`` numbers.
    init(number: UInt64, isIPv6: Bool, random: inout SplitMix64) {
        self.isIPv6 = isIPv6
        // An odd factor walks through all 24-bit numbers before one repeats.
        client = UInt32(truncatingIfNeeded: (number &* 0x9E_3779) & 0xFF_FFFF)
        clientPort = UInt16(truncatingIfNeeded: 32768 + random.below(28232))
        server = UInt32(truncatingIfNeeded: random.below(250) + 1)
        serverPort = random.chance(0.5) ? 443 : 80
    }
}
