// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import Packets

/// libpcap's own numbers differ from those of capture files where systems disagreed (pcap-linktype(7)).
extension LinkType {
    private static let differing: [(file: UInt16, dlt: Int32)] = [
        (100, DLT_ATM_RFC1483), (101, DLT_RAW), (102, DLT_SLIP_BSDOS), (103, DLT_PPP_BSDOS),
    ]

    /// The link layer that libpcap calls `dlt`.
    init(dlt: Int32) {
        let known = Self.differing.first { $0.dlt == dlt }?.file
        self.init(rawValue: known ?? UInt16(truncatingIfNeeded: dlt))
    }

    /// What libpcap calls it.
    var dlt: Int32 {
        switch self {
        case .rawBSD, .rawOpenBSD: DLT_RAW
        default: Self.differing.first { $0.file == rawValue }?.dlt ?? Int32(rawValue)
        }
    }
}
