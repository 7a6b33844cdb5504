// SPDX-License-Identifier: BSD-2-Clause

/// XXH64, the 64-bit hash of the xxHash specification, version 0.1.1 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
enum XXHash64 {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9,
        0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5
    )

    // All arithmetic of a hash is modulo 2^64.

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 &- count)
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* primes.1, 31) &* primes.0
    }

    @inline(__always)
    private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* primes.0 &+ primes.3
    }

    @inline(__always)
    private static func avalanche(_ value: UInt64) -> UInt64 {
        var hash = (value ^ value >> 33) &* primes.1
        hash = (hash ^ hash >> 29) &* primes.2
        return hash ^ hash >> 32
    }

    /// The hash of eight bytes.
    static func hash(_ word: UInt64, seed: UInt64) -> UInt64 {
        let hash = (seed &+ primes.4 &+ 8) ^ round(0, UInt64(littleEndian: word))
        return avalanche(rotate(hash, 27) &* primes.0 &+ primes.3)
    }

    /// The hash of `bytes`.
    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var at = 0
        func word() -> UInt64 {
            defer { at &+= 8 }
            return unsafe UInt64(
                littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            )
        }
        var hash = seed &+ primes.4
        if bytes.count >= 32 {
            var lanes = (
                seed &+ primes.0 &+ primes.1, seed &+ primes.1, seed, seed &- primes.0
            )
            while at &+ 32 <= bytes.count {
                lanes.0 = round(lanes.0, word())
                lanes.1 = round(lanes.1, word())
                lanes.2 = round(lanes.2, word())
                lanes.3 = round(lanes.3, word())
            }
            hash = rotate(lanes.0, 1) &+ rotate(lanes.1, 7)
            hash = hash &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
            hash = merge(merge(merge(merge(hash, lanes.0), lanes.1), lanes.2), lanes.3)
        }
        hash = hash &+ UInt64(bytes.count)
        while at &+ 8 <= bytes.count {
            hash = rotate(hash ^ round(0, word()), 27) &* primes.0 &+ primes.3
        }
        if at &+ 4 <= bytes.count {
            let half = unsafe UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
            )
            hash = rotate(hash ^ UInt64(half) &* primes.0, 23) &* primes.1 &+ primes.2
            at &+= 4
        }
        while at < bytes.count {
            hash = unsafe rotate(hash ^ UInt64(bytes[at]) &* primes.4, 11) &* primes.0
            at &+= 1
        }
        return avalanche(hash)
    }
}
