// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Frames in memory of their own, in bursts of a given length; each burst is gone with the next, as a source's are.
@safe
final class MemorySource: PacketSource {
    let name = "memory"
    let isLive = false
    private(set) var statistics = SourceStatistics()
    private var frames: ArraySlice<OwnedFrame>
    private let burstLength: Int
    private var copies: [UnsafeMutableRawBufferPointer] = unsafe []

    init(_ frames: [OwnedFrame], burstLength: Int) {
        self.frames = frames[...]
        self.burstLength = burstLength
    }

    deinit { forget() }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        forget()
        for frame in frames.prefix(burstLength) {
            let copy = UnsafeMutableRawBufferPointer.allocate(
                byteCount: frame.bytes.count,
                alignment: 1
            )
            unsafe copy.copyBytes(from: frame.bytes)
            unsafe copies.append(copy)
            guard let base = copy.baseAddress else { continue }
            burst.append(
                Frame(
                    bytes: unsafe ByteView(base: base, count: copy.count),
                    wireLength: frame.wireLength,
                    time: frame.time,
                    linkType: frame.linkType
                )
            )
        }
        frames = frames.dropFirst(burstLength)
        statistics.received += UInt64(burst.count)
        return burst.count > 0 ? .frames : .ended
    }

    /// A sanitizer catches who still looks at them.
    private func forget() {
        unsafe copies.forEach { unsafe $0.deallocate() }
        unsafe copies.removeAll()
    }
}
