// SPDX-License-Identifier: BSD-2-Clause

/// What of each flow was delivered to whomever: the first 64 KiB of each side.
struct DeliveredStreams {
    private struct Key: Hashable {
        let generation: UInt32
        let side: Int
    }

    private var bytes: [Key: [UInt16]] = [:]
    private static let none: UInt16 = 0xFFFF
    private static let most: Int64 = 65_536

    /// Notes bytes; false when others were delivered there.
    mutating func deliver(_ generation: UInt32, _ side: Int, _ new: [UInt8], at offset: Int64)
        -> Bool
    {
        guard agree(generation, side, new, at: offset) else { return false }
        guard offset + Int64(new.count) <= Self.most else { return true }
        let start = Int(offset)
        var known = bytes.removeValue(forKey: Key(generation: generation, side: side)) ?? []
        let missing = start + new.count - known.count
        if missing > 0 { known += [UInt16](repeating: Self.none, count: missing) }
        for (index, byte) in new.enumerated() { known[start + index] = UInt16(byte) }
        bytes[Key(generation: generation, side: side)] = known
        return true
    }

    /// False when other bytes were delivered there.
    func agree(_ generation: UInt32, _ side: Int, _ new: [UInt8], at offset: Int64) -> Bool {
        guard let known = bytes[Key(generation: generation, side: side)] else { return true }
        return new.enumerated().allSatisfy { index, byte in
            let at = Int(offset) + index
            return at >= known.count || known[at] == Self.none || known[at] == UInt16(byte)
        }
    }
}
