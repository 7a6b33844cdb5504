// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// Keeps the bytes of the frames of one burst, for sources that hand out copies.
@safe
public struct FrameStore: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity = 64 * 1024

    /// A store without frames.
    public init() { unsafe memory = .allocate(byteCount: 64 * 1024, alignment: 64) }

    deinit { unsafe memory.deallocate() }

    /// Fills `burst` with copies of `frames`, 64 at most; those of the last call are gone.
    public mutating func replace(by frames: ArraySlice<OwnedFrame>, in burst: inout FrameBurst) {
        burst.removeAll()
        reserve(frames.reduce(0) { $0 + $1.bytes.count })
        var used = 0
        for frame in frames {
            let place = unsafe memory + used
            unsafe frame.bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress {
                    unsafe place.copyMemory(from: base, byteCount: bytes.count)
                }
            }
            used += frame.bytes.count
            burst.append(
                Frame(
                    bytes: unsafe ByteView(base: place, count: frame.bytes.count),
                    wireLength: frame.wireLength,
                    time: frame.time,
                    linkType: frame.linkType
                )
            )
        }
    }

    private mutating func reserve(_ length: Int) {
        guard length > capacity else { return }
        while capacity < length { capacity *= 2 }
        unsafe memory.deallocate()
        unsafe memory = .allocate(byteCount: capacity, alignment: 64)
    }
}
