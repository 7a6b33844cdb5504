// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture

struct VLANTaggerTests {
    private func tagged(_ frame: OwnedFrame, _ tags: VLANTags) -> OwnedFrame? {
        drain(VLANTagger(ListSource([frame]), tags: tags)).frames.first
    }

    private let original = OwnedFrame(
        bytes: frame(60),
        wireLength: 100,
        time: Timestamp(nanoseconds: 5)
    )

    @Test func `a tag follows the addresses`() {
        let expected = OwnedFrame(
            bytes: Array(frame(60)[..<12]) + [0x81, 0, 0x20, 0x64] + Array(frame(60)[12...]),
            wireLength: 104,
            time: Timestamp(nanoseconds: 5)
        )
        #expect(tagged(original, VLANTags(0x2064)) == expected)
    }

    @Test func `an outer tag comes before the inner one`() {
        let result = tagged(original, VLANTags(5, outer: 6))
        #expect(result.map { Array($0.bytes[12..<20]) } == [0x88, 0xA8, 0, 6, 0x81, 0, 0, 5])
        #expect(result?.wireLength == 108)
        #expect(result?.bytes.count == 68)
    }

    @Test func `other link layers and stumps pass unchanged`() {
        let stump = OwnedFrame(bytes: frame(13), time: Timestamp(nanoseconds: 0))
        #expect(tagged(stump, VLANTags(5)) == stump)
        let raw = OwnedFrame(bytes: frame(60), time: Timestamp(nanoseconds: 0), linkType: .raw)
        #expect(tagged(raw, VLANTags(5)) == raw)
    }
}
