// SPDX-License-Identifier: BSD-2-Clause

/// A VLAN tag to build.
public struct VLANTag: Hashable, Sendable {
    /// 1...4094 for a VLAN, 0 for priority only.
    public var id: UInt16
    /// 0...7.
    public var priority: UInt8
    /// The EtherType that announces it.
    public var etherType: UInt16

    /// An 802.1Q tag, unless another EtherType is given.
    public init(_ id: UInt16, priority: UInt8 = 0, etherType: UInt16 = 0x8100) {
        precondition(id < 4096 && priority < 8, "12 bits of id, 3 of priority")
        self.id = id
        self.priority = priority
        self.etherType = etherType
    }

    var control: UInt16 { UInt16(priority) << 13 | id }
}
