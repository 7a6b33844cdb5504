// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// A source through which frames can leave, too: one port of an inline pair.
///
/// Whatever it is given, it neither blocks nor keeps a frame: what does not fit is dropped and counted.
public protocol PacketPort: PacketSource {
    /// Bytes of the largest IP packet that it sends; frames that came with offloads of their own may be longer.
    var mtu: Int { get }
    /// True when a frame whose transport checksum was left to a network card may leave as it came: whoever sends it
    /// finishes it.
    var carriesOffloads: Bool { get }
    /// What left and what could not.
    var departures: DepartureStatistics { get }
    /// Sends all frames of `list`, in order.
    ///
    /// A frame that left from its place is gone with its bytes, as far as the port's own memory is concerned: it can be
    /// sent twice within one list, not again in a later one.
    ///
    /// - Parameters:
    ///   - list: the frames; their bytes are valid until this returns.
    ///   - origin: the port whose last burst the list's places mean. When it is of the same kind, buffers move instead
    ///     of being copied.
    func send(_ list: borrowing DepartureList, from origin: any PacketPort)
}

/// What a port sent and what it had to drop.
public struct DepartureStatistics: Equatable, Sendable {
    /// Frames that left.
    public var sent: UInt64 = 0
    /// Frames that found the transmit queue full.
    public var dropped: UInt64 = 0
    /// Frames that the port cannot send: too long for it, or refused by its driver.
    public var refused: UInt64 = 0

    /// Nothing sent, nothing dropped.
    public init() {}
}

/// A frame that is to leave.
public struct Departure {
    /// What is sent.
    public var bytes: ByteView
    /// The frame's place in the burst that its origin handed out last; -1 for a frame that came from nowhere.
    public var place: Int32
    /// The bytes are others than those that were received, though they may lie in the same place.
    public var isChanged: Bool

    /// A frame that is to leave.
    public init(bytes: ByteView, place: Int32, isChanged: Bool = false) {
        self.bytes = bytes
        self.place = place
        self.isChanged = isChanged
    }
}
