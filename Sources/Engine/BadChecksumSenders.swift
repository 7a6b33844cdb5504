// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// Who sends most of the wrong checksums: a majority vote in constant memory (Boyer and Moore).
struct BadChecksumSenders {
    private var address = mos_addr()
    private var version: UInt8 = 0
    private var lead = 0

    /// One more packet with a wrong TCP checksum.
    mutating func note(_ packet: mos_packet) {
        if lead == 0 {
            address = packet.src
            version = packet.ip_version
        }
        let isLeader = address.a == packet.src.a && address.b == packet.src.b
        lead += isLeader ? 1 : -1
    }

    /// The sender of most of them as text.
    var leader: String { AddressText.text(address, version: version) }
}

extension Worker {
    /// What to do when many packets were refused for their checksum; nil when few were (case T42).
    public var checksumHint: String? {
        let bad = counters[.badTCPChecksum]
        guard bad > 0.05 * counters[.tcp] else { return nil }
        return
            "\(Int(bad)) of \(Int(counters[.tcp])) TCP packets had a wrong checksum, most of them from "
            + "\(badSenders.leader), and were not believed; if that machine leaves checksums to its "
            + "network card, run again with -C"
    }
}
