// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Glibc

/// How many different values there were: the sketches of `mos_api`, in memory that the script library owns.
///
/// While there are few, their hashes are kept and the count is exact (but for values whose 64 bits of hash are the same). More
/// become the registers of HyperLogLog (Flajolet et al. 2007). What a sketch is depends on the set of values alone,
/// neither on their order nor on how they came to be split over sketches that are merged.
public enum SketchCalls {
    /// Hashes that are kept at most: with more of them there are registers, whatever room is left.
    static var mostHashes: Int32 { 192 }

    /// Takes in a value: 0, or 1 when there is no room.
    public static let add:
        @convention(c) (
            UnsafeMutablePointer<mos_sketch>?, Int32, Int32, UnsafePointer<CChar>?, Int32, Double
        ) -> Int32 = { sketches, index, kind, text, length, number in
            guard let sketch = unsafe sketches.map({ unsafe $0 + Int(index) }) else { return 0 }
            let seed = UInt64(UInt32(bitPattern: kind))
            let hash: UInt64
            if let text = unsafe text {
                let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(length))
                hash = unsafe XXHash64.hash(bytes, seed: seed)
            } else {
                // There are two zeros, and they are equal.
                hash = XXHash64.hash((number == 0 ? 0 : number).bitPattern, seed: seed)
            }
            return unsafe SketchCalls.insert(hash, into: sketch) ? 0 : 1
        }

    /// Takes in what another sketch knows: 0, or 1 when there is no room.
    public static let merge:
        @convention(c) (
            UnsafeMutablePointer<mos_sketch>?, UnsafePointer<mos_sketch>?, Int32
        ) -> Int32 = { into, sketches, index in
            guard let into = unsafe into, let from = unsafe sketches.map({ unsafe $0 + Int(index) })
            else { return 0 }
            if unsafe from.pointee.room > 0 {
                for place in 0..<(unsafe Int(from.pointee.room)) {
                    let hash = unsafe SketchCalls.hashes(of: from)[place]
                    if hash != 0, unsafe !SketchCalls.insert(hash, into: into) { return 1 }
                }
                return 0
            }
            if unsafe into.pointee.room > 0 { return 1 }
            for place in 0..<(1 << (unsafe Int(from.pointee.precision))) {
                let other = unsafe from.pointee.memory[place]
                if unsafe other > into.pointee.memory[place] {
                    unsafe into.pointee.memory[place] = other
                }
            }
            return 0
        }

    /// How many different values a sketch has seen.
    public static let estimate: @convention(c) (UnsafePointer<mos_sketch>?, Int32) -> Double = {
        sketches,
        index in
        guard let sketch = unsafe sketches.map({ unsafe $0 + Int(index) }) else { return 0 }
        if unsafe sketch.pointee.room > 0 { return unsafe Double(sketch.pointee.count) }
        return unsafe SketchCalls.cardinality(sketch)
    }

    private static func hashes(of sketch: UnsafePointer<mos_sketch>) -> UnsafeMutablePointer<UInt64>
    {
        unsafe UnsafeMutableRawPointer(sketch.pointee.memory).assumingMemoryBound(to: UInt64.self)
    }

    /// False when there is no room for it.
    private static func insert(_ value: UInt64, into sketch: UnsafeMutablePointer<mos_sketch>)
        -> Bool
    {
        // 0 is an empty place.
        let hash = value == 0 ? 1 : value
        if unsafe sketch.pointee.room == 0 {
            unsafe register(hash, in: sketch)
            return true
        }
        let mask = unsafe Int(sketch.pointee.room) - 1
        let hashes = unsafe Self.hashes(of: sketch)
        var place = Int(truncatingIfNeeded: hash) & mask
        while unsafe hashes[place] != 0 {
            if unsafe hashes[place] == hash { return true }
            place = (place + 1) & mask
        }
        // A quarter stays empty, so that searches end soon.
        guard unsafe sketch.pointee.count < min(Int32(mask + 1) / 4 * 3, mostHashes) else {
            return false
        }
        unsafe hashes[place] = hash
        unsafe sketch.pointee.count += 1
        return true
    }

    private static func register(_ hash: UInt64, in sketch: UnsafeMutablePointer<mos_sketch>) {
        let precision = unsafe Int(sketch.pointee.precision)
        let place = Int(hash >> UInt64(64 - precision))
        let zeros = (hash << UInt64(precision)).leadingZeroBitCount
        let rank = UInt8(min(zeros, 64 - precision) + 1)
        if unsafe rank > sketch.pointee.memory[place] {
            unsafe sketch.pointee.memory[place] = rank
        }
    }

    /// The improved raw estimator, which needs no table of biases and no other one for small numbers.
    ///
    /// Source: O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284, algorithm 6.
    private static func cardinality(_ sketch: UnsafePointer<mos_sketch>) -> Double {
        let precision = unsafe Int(sketch.pointee.precision)
        let last = 64 - precision
        var counts = [Double](repeating: 0, count: last + 2)
        for place in 0..<(1 << precision) { counts[Int(unsafe sketch.pointee.memory[place])] += 1 }
        let registers = Double(1 << precision)
        var sum = registers * tau(1 - counts[last + 1] / registers)
        for rank in stride(from: last, through: 1, by: -1) { sum = 0.5 * (sum + counts[rank]) }
        sum += registers * sigma(counts[0] / registers)
        return registers * registers / (2 * log(2) * sum)
    }

    private static func sigma(_ share: Double) -> Double {
        if share == 1 { return .infinity }
        var x = share
        var y = 1.0
        var z = share
        while true {
            x *= x
            let before = z
            z += x * y
            y += y
            if z == before { return z }
        }
    }

    private static func tau(_ share: Double) -> Double {
        if share == 0 || share == 1 { return 0 }
        var x = share
        var y = 1.0
        var z = 1 - share
        while true {
            x = x.squareRoot()
            let before = z
            y *= 0.5
            z -= (1 - x) * (1 - x) * y
            if z == before { return z / 3 }
        }
    }
}
