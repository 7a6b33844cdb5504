// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture

struct LinkTypeDLTTests {
    @Test func `the number of a file and the number of libpcap name the same link layer`() {
        #expect(LinkType.raw.dlt == 12)
        #expect(LinkType(dlt: 12) == .raw)
        for same: LinkType in [.ethernet, .null, .loop, .linuxCooked, .linuxCooked2, .ipv4, .ipv6] {
            #expect(same.dlt == Int32(same.rawValue))
            #expect(LinkType(dlt: same.dlt) == same)
        }
    }
}
