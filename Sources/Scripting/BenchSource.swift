// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// The packets of a bench, in one piece of memory: handing them out costs next to nothing.
///
/// It has nothing, once, where measuring begins, and once behind the last packet.
@safe
final class BenchSource: PacketSource {
    let name = "bench"
    let isLive = false
    private(set) var statistics = SourceStatistics()
    private let memory: UnsafeMutableRawBufferPointer
    private var frames: [Frame] = []
    private let warm: Int
    private var next = 0
    private var looks = 0

    /// All of `frames`, of which the first `warm` are not measured.
    init(_ owned: [OwnedFrame], warm: Int) {
        self.warm = warm
        let size = owned.reduce(0) { $0 + $1.bytes.count }
        unsafe memory = .allocate(byteCount: max(1, size), alignment: 64)
        frames.reserveCapacity(owned.count)
        guard var place = unsafe memory.baseAddress else { return }
        for frame in owned {
            unsafe frame.bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress {
                    unsafe place.copyMemory(from: base, byteCount: bytes.count)
                }
            }
            frames.append(
                Frame(
                    bytes: unsafe ByteView(base: place, count: frame.bytes.count),
                    wireLength: frame.wireLength,
                    time: frame.time,
                    linkType: frame.linkType
                )
            )
            unsafe place += frame.bytes.count
        }
    }

    deinit { unsafe memory.deallocate() }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if (looks == 0 && next == warm) || (looks == 1 && next == frames.count) {
            looks += 1
            return .idle
        }
        if next == frames.count { return .ended }
        let end = min(next + FrameBurst.capacity, next < warm ? warm : frames.count)
        for index in next..<end { burst.append(frames[index]) }
        statistics.received += UInt64(end - next)
        next = end
        return .frames
    }
}
