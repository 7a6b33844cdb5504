// SPDX-License-Identifier: BSD-2-Clause

/// Up to 64 frames that were received together.
///
/// Made once per worker and filled again and again.
@safe
public struct FrameBurst: ~Copyable {
    /// The most frames of a burst.
    public static var capacity: Int { 64 }

    @usableFromInline let storage: UnsafeMutablePointer<Frame>
    /// Frames in the burst.
    public internal(set) var count = 0

    /// An empty burst.
    public init() {
        unsafe storage = .allocate(capacity: Self.capacity)
        unsafe storage.initialize(
            repeating: Frame(
                bytes: .empty,
                wireLength: 0,
                time: Timestamp(nanoseconds: 0),
                linkType: .ethernet
            ),
            count: Self.capacity
        )
    }

    deinit { unsafe storage.deallocate() }

    /// True when no further frame fits.
    public var isFull: Bool { count == Self.capacity }

    /// Forgets all frames.
    public mutating func removeAll() { count = 0 }

    /// Adds a frame; the burst must not be full.
    public mutating func append(_ frame: Frame) {
        precondition(count < Self.capacity, "a burst holds 64 frames")
        unsafe storage[count] = frame
        count &+= 1
    }

    /// The frame at `index`.
    public subscript(index: Int) -> Frame {
        get {
            precondition(index >= 0 && index < count)
            return unsafe storage[index]
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe storage[index] = newValue
        }
    }
}
