// SPDX-License-Identifier: BSD-2-Clause

extension FixedWidthInteger where Self: UnsignedInteger {
    /// The number in network byte order.
    var octets: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: self >> $0)
        }
    }
}
