// SPDX-License-Identifier: BSD-2-Clause

/// A UDP datagram to build.
public struct UDPDatagram: Sendable {
    /// Source port.
    public var sourcePort: UInt16
    /// Destination port.
    public var destinationPort: UInt16
    /// Payload.
    public var payload: [UInt8]

    /// A datagram from port 40000 to port 53.
    public init(
        sourcePort: UInt16 = 40000,
        destinationPort: UInt16 = 53,
        payload: [UInt8] = []
    ) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.payload = payload
    }

    /// Header and payload with a checksum of 0.
    var bytes: [UInt8] {
        let length = UInt16(truncatingIfNeeded: UDPHeader.length + payload.count)
        return sourcePort.octets + destinationPort.octets + length.octets + [0, 0] + payload
    }
}
