// SPDX-License-Identifier: BSD-2-Clause
import TCPTracking

/// What a stream holds, byte by byte.
struct StreamModel {
    /// Instead of a byte: nothing is known there; it was seen, and is not kept.
    private static let unknown: UInt16 = 0xFFFF
    private static let unkept: UInt16 = 0x100

    private(set) var next = 0
    /// A full pool lost something: what is there must be right, but nobody knows what is.
    var isVague = false
    private let rule: OverlapRule
    private let looksAtSegments: Bool
    /// What lies at each offset, and the segment that it came with.
    private var known: [UInt16] = []
    private var owner: [Int] = []
    private var segments = 0
    private var discarded = 0

    init(_ rule: OverlapRule) {
        self.rule = rule
        looksAtSegments = rule != .first && rule != .last
    }

    /// A byte that may come for an offset: there are two.
    static func byte(_ offset: Int, isOther: Bool) -> UInt8 {
        UInt8(truncatingIfNeeded: offset &* 31) ^ (isOther ? 0xFF : 0)
    }

    private func at(_ offset: Int) -> UInt16 {
        offset < known.count ? known[offset] : Self.unknown
    }

    private mutating func set(_ offset: Int, _ value: UInt16, _ segment: Int) {
        while known.count <= offset {
            known.append(Self.unknown)
            owner.append(-1)
        }
        known[offset] = value
        owner[offset] = segment
    }

    /// How many bytes are kept.
    var stored: Int { known[discarded...].count { $0 < Self.unkept } }

    /// The ranges that are known behind ``next``, for messages.
    var description: String {
        (next..<max(next, known.count)).map {
            known[$0] == Self.unknown ? "." : known[$0] == Self.unkept ? "-" : "x"
        }.joined()
    }

    /// How many of `count` bytes at `offset` were never seen.
    func fresh(_ offset: Int, _ count: Int) -> Int {
        (offset..<(offset + count)).count { $0 >= next && at($0) == Self.unknown }
    }

    /// How bytes that come again compare with those that are kept.
    func compare(_ bytes: [UInt8], at offset: Int) -> RepeatedBytes {
        var result = RepeatedBytes.same
        for (index, byte) in bytes.enumerated() {
            let old = at(offset + index)
            if old == Self.unknown, offset + index >= next { continue }
            if old >= Self.unkept {
                result = .unknown
            } else if old != UInt16(byte) {
                return .different
            }
        }
        return result
    }

    /// True when that may be what lies there.
    func hold(_ bytes: [UInt8], at offset: Int) -> Bool {
        bytes.enumerated().allSatisfy { index, byte in
            let here = offset + index
            if !isVague { return at(here) == UInt16(byte) }
            return byte == Self.byte(here, isOther: false) || byte == Self.byte(here, isOther: true)
        }
    }

    /// In-order bytes go by; nothing waits.
    mutating func pass(_ bytes: [UInt8], at offset: Int) { next = offset + bytes.count }

    /// Bytes below ``next`` are kept.
    mutating func keep(_ bytes: [UInt8], at offset: Int) {
        for (index, byte) in bytes.enumerated() { set(offset + index, UInt16(byte), 0) }
    }

    /// A segment comes, and its bytes win where the policy says so.
    mutating func merge(_ bytes: [UInt8], at offset: Int, store: Bool) {
        segments += 1
        let start = max(offset, next)
        let new = start..<max(start, offset + bytes.count)
        // Judged before anything changes, by what is left of each stored segment.
        var judged = (range: -1..<0, wins: false)
        let won = new.filter { place in
            let old = at(place)
            if old == Self.unknown { return true }
            guard store else { return false }
            // A range whose bytes nobody kept has nothing to put against them, but for first and last alone.
            if old == Self.unkept { return looksAtSegments }
            if !judged.range.contains(place) {
                let range = segment(around: place)
                judged = (range, wins(new, over: range))
            }
            return judged.wins
        }
        for place in won {
            set(place, store ? UInt16(bytes[place - offset]) : Self.unkept, segments)
        }
        advance(to: next)
    }

    private func wins(_ new: Range<Int>, over old: Range<Int>) -> Bool {
        rule.prefersNew(
            Int64(new.lowerBound)..<Int64(new.upperBound),
            over: Int64(old.lowerBound)..<Int64(old.upperBound)
        )
    }

    /// What is left of the segment that holds a byte behind ``next``.
    private func segment(around place: Int) -> Range<Int> {
        var (start, end) = (place, place + 1)
        while start > next, owner[start - 1] == owner[place] { start -= 1 }
        while end < owner.count, owner[end] == owner[place] { end += 1 }
        return start..<end
    }

    /// ``next`` moves over bytes that will not come, and over all that waits behind them.
    mutating func advance(to offset: Int) {
        next = max(next, offset)
        while at(next) != Self.unknown {
            // Nothing is kept of what was seen while nobody read.
            if known[next] == Self.unkept { known[next] = Self.unknown }
            next += 1
        }
    }

    /// ``next`` is where the reassembler says: the model has no opinion of its own any more.
    mutating func follow(_ offset: Int) { next = offset }

    mutating func discard(below offset: Int) {
        let limit = min(offset, next, known.count)
        guard discarded < limit else { return }
        for place in discarded..<limit { known[place] = Self.unknown }
        discarded = limit
    }

    /// Bytes go, ranges behind holes stay known.
    mutating func forgetBytes() {
        discard(below: next)
        for place in known.indices where known[place] < Self.unkept { known[place] = Self.unkept }
    }
}
