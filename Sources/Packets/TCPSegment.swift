// SPDX-License-Identifier: BSD-2-Clause

/// A TCP segment to build; a test names only the fields that matter to it.
public struct TCPSegment: Sendable {
    /// Source port.
    public var sourcePort: UInt16
    /// Destination port.
    public var destinationPort: UInt16
    /// Sequence number.
    public var seq: UInt32
    /// Acknowledgment number.
    public var ack: UInt32
    /// Control bits.
    public var flags: TCPFlags
    /// Window, unscaled.
    public var window: UInt16
    /// Urgent pointer.
    public var urgent: UInt16
    /// Options in order; the list is padded to 4 bytes with end-of-list.
    public var options: [TCPOption]
    /// Payload.
    public var payload: [UInt8]

    /// A segment from the client, port 40000, to port 80.
    public init(
        sourcePort: UInt16 = 40000,
        destinationPort: UInt16 = 80,
        seq: UInt32 = 0,
        ack: UInt32 = 0,
        flags: TCPFlags = [.ack],
        window: UInt16 = 65535,
        urgent: UInt16 = 0,
        options: [TCPOption] = [],
        payload: [UInt8] = []
    ) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.seq = seq
        self.ack = ack
        self.flags = flags
        self.window = window
        self.urgent = urgent
        self.options = options
        self.payload = payload
    }

    /// The same segment with its ports exchanged: what the other end sends.
    public var reversed: TCPSegment {
        var segment = self
        segment.sourcePort = destinationPort
        segment.destinationPort = sourcePort
        return segment
    }

    /// Header and payload with a checksum of 0.
    var bytes: [UInt8] {
        var list = options.flatMap(\.bytes)
        list += [UInt8](repeating: 0, count: -list.count & 3)
        precondition(list.count <= 40, "TCP options take at most 40 bytes")
        var bytes = sourcePort.octets + destinationPort.octets + seq.octets + ack.octets
        bytes += [UInt8((20 + list.count) / 4) << 4, flags.rawValue]
        bytes += window.octets + [0, 0] + urgent.octets
        return bytes + list + payload
    }
}
