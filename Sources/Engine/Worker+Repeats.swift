// SPDX-License-Identifier: BSD-2-Clause
// A segment that repeats: whether its bytes are still the same, and whether it comes after its gap was declared.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// Notes on the packet in hand how it repeats; its bytes are not merged yet.
    @inline(never)
    mutating func judgeRepeat(_ ext: Int32, _ sender: Side) {
        let end = update.offset + Int64(segment.len)
        if reassembler.isLate(table[health: ext, sender].gaps, from: update.offset, upTo: end) {
            packets[current].flags |= UInt32(MOS_PKT_LATE)
            counters[.late] += 1
        }
        let isWhole = payload.count == Int(segment.len)
        switch reassembler.compare(table[stream: ext, sender], payload, at: update.offset) {
        case .same where isWhole: packets[current].flags |= UInt32(MOS_PKT_DIFFERS_KNOWN)
        case .different:
            packets[current].flags |= UInt32(MOS_PKT_DIFFERS_KNOWN | MOS_PKT_DIFFERS)
            // The octet of a keep-alive may be anything (RFC 9293 section 3.8.4).
            if !update.isKeepAlive { counters[.overlapsDiffer] += 1 }
        default: break
        }
    }

    /// Forgets the payload in hand when there is nothing in it that could change the stream.
    @inline(__always)
    mutating func dropRepeated(_ ext: Int32, _ sender: Side) {
        guard extent.fresh == 0 else { return }
        let end = update.offset &+ Int64(payload.count)
        if !isRead(ext, sentBy: sender)
            || !reassembler.mayReplace(table[stream: ext, sender], upTo: end)
        {
            payload = .empty
        }
    }
}
