// SPDX-License-Identifier: BSD-2-Clause

/// Length fields ahead of the IP header: that of IEEE 802.3 frames, and that of PPPoE sessions (RFC 2516).
enum LinkLengths {
    /// Sets those of an Ethernet frame whose IP packet reaches from `l3` to `end`.
    static func set(_ frame: MutableByteView, l3: Int, end: Int) {
        let bytes = frame.view.slice(0, l3)
        guard bytes.count >= Ethernet.headerLength else { return }
        var header = LinkHeader(etherType: bytes.u16(12), length: Ethernet.headerLength)
        while true {
            if EtherType.isTag(header.etherType) {
                guard let behind = try? VLAN.skipTags(header, bytes) else { return }
                header = behind
            }
            if header.etherType < EtherType.smallest {
                frame.set(UInt16(truncatingIfNeeded: end - header.length), at: header.length - 2)
            } else if header.etherType == EtherType.pppoe, header.length + 6 <= l3 {
                let length = end - header.length - 6
                frame.set(UInt16(truncatingIfNeeded: length), at: header.length + 4)
            }
            guard let inner = try? Carrier.next(header, bytes), inner.length <= l3 else { return }
            header = inner
        }
    }
}
