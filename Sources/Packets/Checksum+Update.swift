// SPDX-License-Identifier: BSD-2-Clause

/// Checksums that follow a change instead of being computed anew (RFC 1624): what was right stays right, what was wrong
/// stays wrong.
extension Checksum {
    /// The field after what it covers has changed; everything in memory order.
    ///
    /// - Parameters:
    ///   - field: the checksum before.
    ///   - old: the sum of what has changed, before.
    ///   - new: the sum of the same afterwards.
    /// - Returns: HC' = ~(~HC + ~m + m'), equation 3.
    static func updated(_ field: UInt16, from old: UInt64, to new: UInt64) -> UInt16 {
        ~fold(UInt64(~field) &+ UInt64(~fold(old)) &+ UInt64(fold(new)))
    }
}

extension MutableByteView {
    /// The two bytes at `offset` as they lie in memory, as sums count them.
    func rawU16(_ offset: Int) -> UInt16 { u16(offset).bigEndian }

    /// Writes two bytes as they lie in memory.
    func setRaw(_ value: UInt16, at offset: Int) { set(value.bigEndian, at: offset) }

    /// Sets the checksum of the IPv4 header at `offset` right.
    ///
    /// - Parameter offset: where the IP header begins.
    /// - Returns: false, and nothing is written, when there is no whole one.
    @discardableResult
    public func updateIPv4Checksum(at offset: Int) -> Bool {
        guard offset >= 0, count - offset >= IPv4Header.minimumLength else { return false }
        let length = Int(self[offset] & 0xF) * 4
        guard self[offset] >> 4 == 4, length >= IPv4Header.minimumLength, length <= count - offset
        else { return false }
        set(UInt16(0), at: offset + 10)
        set(IPFragment.checksum(ofHeader: view.slice(offset, length)), at: offset + 10)
        return true
    }
}
