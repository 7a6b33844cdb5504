// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Flows

/// Frames whose parts are put together leave as they came.
struct HeldFramesTests {
    private let builder = PacketBuilder()
    private let data = (0..<4000).map { UInt8(truncatingIfNeeded: $0) }

    /// Parts that begin at 0 and at `cut`.
    private func parts(cut: Int) -> [[UInt8]] {
        let length = data.count
        return [0..<cut, cut..<length].map {
            builder.fragment(
                17,
                Array(data[$0]),
                offset: $0.lowerBound,
                hasMore: $0.upperBound < length
            )
        }
    }

    @Test func `frames come out in the order in which they came, duplicates too`() throws {
        let box = try #require(FragmentBox(holdsFrames: true))
        let parts = parts(cut: 2400)
        #expect(box.take(parts[1]) == nil)
        #expect(box.take(parts[1]) == nil)
        #expect(box.bytesInUse > 0)
        #expect(box.take(parts[0]) != nil)
        #expect(box.frames() == [parts[1], parts[1], parts[0]])
        #expect(box.frames().isEmpty)
        #expect(box.bytesInUse == 0)
    }

    @Test func `frames that nobody takes go with the next part`() throws {
        let box = try #require(FragmentBox(holdsFrames: true))
        let parts = parts(cut: 80)
        #expect(box.take(parts[0]) == nil)
        #expect(box.take(parts[1]) != nil)
        #expect(box.take(parts[0]) == nil)
        box.giveUpAll()
        #expect(box.bytesInUse == 0)
        #expect(box.frames().isEmpty)
    }

    @Test func `what is given up takes its frames along`() throws {
        let box = try #require(FragmentBox(seconds: 1, holdsFrames: true))
        let parts = parts(cut: 80)
        #expect(box.take(parts[0], at: 0) == nil)
        #expect(box.take(parts[1], at: 5) == nil)
        #expect(box.counts.timeouts == 1)
        box.giveUpAll()
        #expect(box.bytesInUse == 0)
    }

    @Test func `one packet cannot hold more than its share of duplicates`() throws {
        let box = try #require(FragmentBox(pool: 1 << 23, holdsFrames: true))
        let parts = parts(cut: 80)
        for _ in 0..<(FragmentReassembler.maximumPieces + 5) { #expect(box.take(parts[0]) == nil) }
        #expect(box.counts.bad == 5)
        box.giveUpAll()
        #expect(box.bytesInUse == 0)
    }
}
