// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct FrameBurstTests {
    @Test func `a burst takes 64 frames and gives them back in order`() {
        var burst = FrameBurst()
        for index in 0..<FrameBurst.capacity {
            let wasFull = burst.isFull
            #expect(!wasFull)
            burst.append(frame(UInt32(index)))
        }
        let isFull = burst.isFull
        #expect(isFull)
        for index in 0..<FrameBurst.capacity {
            let length = burst[index].wireLength
            #expect(length == UInt32(index))
        }
    }

    @Test func `a burst that forgot its frames can be filled again`() {
        var burst = FrameBurst()
        burst.append(frame(1))
        burst.append(frame(2))
        burst.removeAll()
        let emptied = burst.count
        #expect(emptied == 0)
        burst.append(frame(3))
        let (count, length) = (burst.count, burst[0].wireLength)
        #expect(count == 1 && length == 3)
    }

    @Test func `a frame of a burst can be replaced`() {
        var burst = FrameBurst()
        burst.append(frame(1))
        burst[0] = frame(7)
        let length = burst[0].wireLength
        #expect(length == 7)
    }

    private func frame(_ wireLength: UInt32) -> Frame {
        Frame(
            bytes: .empty,
            wireLength: wireLength,
            time: Timestamp(nanoseconds: 0),
            linkType: .ethernet
        )
    }
}
