// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// Frames that are to leave through one port, in order.
///
/// Made once and filled again and again.
@safe
public struct DepartureList: ~Copyable {
    /// The most frames of a list: those of a burst, and as many that scripts add.
    public static var capacity: Int { 2 * FrameBurst.capacity }

    private let storage: UnsafeMutablePointer<Departure>
    /// Frames in the list.
    public private(set) var count = 0

    /// An empty list.
    public init() {
        unsafe storage = .allocate(capacity: Self.capacity)
        unsafe storage.initialize(
            repeating: Departure(bytes: .empty, place: -1),
            count: Self.capacity
        )
    }

    deinit { unsafe storage.deallocate() }

    /// True when no further frame fits.
    public var isFull: Bool { count == Self.capacity }

    /// Forgets all frames.
    public mutating func removeAll() { count = 0 }

    /// Adds a frame behind the others; the list must not be full.
    public mutating func append(_ departure: Departure) {
        precondition(count < Self.capacity, "a list of departures is full")
        unsafe storage[count] = departure
        count &+= 1
    }

    /// The frame at `index`.
    public subscript(index: Int) -> Departure {
        precondition(index >= 0 && index < count)
        return unsafe storage[index]
    }
}
