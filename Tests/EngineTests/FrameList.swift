// SPDX-License-Identifier: BSD-2-Clause
import Packets

@testable import Capture

/// A source of frames that lie in memory, in bursts of a given length.
final class FrameList: PacketSource {
    let name: String
    let isLive = false
    var statistics = SourceStatistics()
    private var frames: ArraySlice<OwnedFrame>
    private let burstLength: Int
    private var store = FrameStore()

    init(_ frames: [OwnedFrame], name: String = "memory", burstLength: Int = FrameBurst.capacity) {
        self.frames = frames[...]
        self.name = name
        self.burstLength = burstLength
    }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if frames.isEmpty { return .ended }
        let next = frames.prefix(burstLength)
        frames = frames.dropFirst(burstLength)
        store.replace(by: next, in: &burst)
        statistics.received += UInt64(next.count)
        return .frames
    }
}
