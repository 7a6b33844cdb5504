// SPDX-License-Identifier: BSD-2-Clause

/// An ICMP or ICMPv6 message to build.
public struct ICMPMessage: Sendable {
    /// Type.
    public var type: UInt8
    /// Code.
    public var code: UInt8
    /// The four bytes behind the checksum; their meaning depends on the type.
    public var rest: UInt32
    /// What follows the header.
    public var payload: [UInt8]

    /// A message; an echo request for ICMP unless told otherwise.
    public init(type: UInt8 = 8, code: UInt8 = 0, rest: UInt32 = 0, payload: [UInt8] = []) {
        self.type = type
        self.code = code
        self.rest = rest
        self.payload = payload
    }

    /// Header and payload with a checksum of 0.
    var bytes: [UInt8] { [type, code, 0, 0] + rest.octets + payload }
}
