// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

extension mos_addr {
    /// An IPv4 address from its number in host order.
    @inline(__always)
    static func ipv4(_ value: UInt32) -> mos_addr {
        mos_addr(a: UInt64(littleEndian: UInt64(value.byteSwapped)), b: 0)
    }

    /// An IPv4 address from its four bytes as they lie in memory.
    @inline(__always)
    static func ipv4InMemoryOrder(_ value: UInt32) -> mos_addr {
        mos_addr(a: UInt64(littleEndian: UInt64(UInt32(littleEndian: value))), b: 0)
    }
}
