// SPDX-License-Identifier: BSD-2-Clause
import Capture

/// The two ends of a conversation, all of them in documentation or benchmarking address space.
struct Endpoints: Equatable {
    /// True for IPv6.
    let isIPv6: Bool
    /// The client's number: its address without the fixed part, its port.
    let client: UInt32
    let clientPort: UInt16
    /// The server's number.
    let server: UInt32
    let serverPort: UInt16

    /// Ends that follow from `random`; clients differ for the first 16 million numbers.
    init(number: UInt64, isIPv6: Bool, random: inout SplitMix64) {
        self.isIPv6 = isIPv6
        // An odd factor walks through all 24-bit numbers before one repeats.
        client = UInt32(truncatingIfNeeded: (number &* 0x9E_3779) & 0xFF_FFFF)
        clientPort = UInt16(truncatingIfNeeded: 32768 + random.below(28232))
        server = UInt32(truncatingIfNeeded: random.below(250) + 1)
        serverPort = random.chance(0.5) ? 443 : 80
    }
}
