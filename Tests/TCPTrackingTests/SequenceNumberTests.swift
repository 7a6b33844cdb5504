// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import TCPTracking

struct SequenceNumberTests {
    @Test func `a point before the wrap lies before one behind it`() {
        let before = SequenceNumber(0xFFFF_FFF0)
        let behind = before + 0x20
        #expect(behind.value == 0x10)
        #expect(before < behind)
        #expect(!(behind < before))
        #expect(before <= before)
        #expect(behind - before == 0x20)
        #expect(before - behind == -0x20)
        #expect(SequenceNumber.later(before, behind) == behind)
        #expect(SequenceNumber.later(behind, before) == behind)
    }

    @Test func `the octet behind the ISN has offset 0`() {
        #expect(SequenceNumber(1001).offset(iss: SequenceNumber(1000), near: 0) == 0)
        #expect(SequenceNumber(0).offset(iss: SequenceNumber(.max), near: 0) == 0)
        #expect(SequenceNumber(1000).offset(iss: SequenceNumber(1000), near: 0) == -1)
    }

    @Test func `an offset comes back from its number, near any place of a long stream`() {
        let seed: UInt64 = 5
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let iss = SequenceNumber(UInt32(truncatingIfNeeded: random.next()))
            let near = Int64(random.below(1 << 40))
            let offset = near + Int64(random.below(1 << 31)) - 1 << 30
            // The number on the wire is the offset modulo 2^32, counted from the octet behind the ISN.
            let number = iss + 1 + UInt32(truncatingIfNeeded: offset)
            #expect(number.offset(iss: iss, near: near) == offset, "seed \(seed)")
        }
    }
}
