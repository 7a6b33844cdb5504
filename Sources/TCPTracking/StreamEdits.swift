// SPDX-License-Identifier: BSD-2-Clause
// What was put into a stream and taken out of it, so that every segment, however cut, becomes the same bytes at the same
// place. This file: the two numberings. StreamEdits+Applying: segments. StreamEdits+Editing: new edits.
import Packets

/// The changes of one direction of a connection that made it longer or shorter, by stream offset.
///
///     S   a b c d e f g h      offsets as the sender counts
///         │ │ ╰─┬─╯ │ │ │
///         │ │  XYZ  │ │ │ +!   "cde" were taken out and "XYZ" put there, "!" was put behind "h"
///     R   a b X Y Z f g h !    offsets as the receiver counts
///
/// Each byte of S stands for a range of R, perhaps an empty one, and these ranges are R without gap or overlap. So any
/// segment becomes the ranges of its bytes, and whatever segments come, what they become fits together. What was put in
/// belongs to the byte behind it, or to the first one taken out there; at the end of the payload in which it was put, to
/// the byte before it: a repeat that ends there carries it, one that begins there does not.
///
/// What the receiver has acknowledged is folded: below ``floor`` nothing is known any more, and nothing is sent again.
/// SYN and FIN take a number in both, and the initial sequence numbers are equal; so a SYN's number is never translated.
public struct StreamEdits: Sendable {
    /// The most edits that are remembered.
    public static var maximumEdits: Int { 256 }
    /// The most bytes put in that are remembered.
    public static var maximumBytes: Int { 256 << 10 }

    /// A change that is remembered.
    struct Edit: Sendable {
        /// S: where it is.
        var at: Int64
        /// S: how many bytes were taken out there.
        var removed: Int64
        /// R: where what was put in begins.
        var place: Int64
        /// How many bytes were put in, and where among all these they begin.
        var count: Int
        var from: Int
        /// Its bytes belong to the byte before them.
        var belongsBefore: Bool

        /// S: behind what was taken out.
        var end: Int64 { at + removed }
        /// R: behind what was put in.
        var placeEnd: Int64 { place + Int64(count) }
        /// S: the byte in whose range what was put in lies.
        var owner: Int64 { belongsBefore ? at - 1 : at }
    }

    /// A place in both numberings.
    public struct Place: Equatable, Sendable {
        /// As the sender counts.
        public var sender: Int64
        /// As the receiver counts.
        public var receiver: Int64
    }

    /// Those that are remembered, in order; no two touch unless they were made in different segments.
    var edits: [Edit] = []
    /// What they put in, in order, behind some bytes of those that are forgotten.
    var inserted: [UInt8] = []
    /// Behind the last change that the receiver has acknowledged: below it nothing is remembered.
    public internal(set) var floor = Place(sender: 0, receiver: 0)

    /// A stream without a change.
    public init() {}

    /// Edits that are remembered.
    public var count: Int { edits.count }

    /// Bytes put in that are remembered.
    public var bytes: Int { inserted.count - (edits.first?.from ?? inserted.count) }

    /// True when nothing is remembered and both count alike again: it may be thrown away.
    public var isIdentity: Bool { edits.isEmpty && floor.sender == floor.receiver }

    /// How much farther the receiver has counted than the sender, behind all edits.
    public var shift: Int64 { shift(before: edits.count) }

    /// The same between the edits `index - 1` and `index`.
    func shift(before index: Int) -> Int64 {
        index > 0
            ? edits[index - 1].placeEnd - edits[index - 1].end : floor.receiver - floor.sender
    }

    // MARK: From one numbering to the other

    /// Where the byte at `offset` of S begins in R, and where a segment without payload, or a FIN, stands.
    ///
    /// Of what lies below ``floor`` no more is known than that the receiver has it; it keeps its distance to the floor
    /// and is never above it.
    public func toReceiver(_ offset: Int64) -> Int64 {
        if offset < 0 { return offset }
        if offset < floor.sender { return max(0, offset + floor.receiver - floor.sender) }
        let index = firstEdit { $0.owner >= offset }
        guard index > 0 else { return offset + floor.receiver - floor.sender }
        return edits[index - 1].placeEnd + max(0, offset - edits[index - 1].end)
    }

    /// Up to where in S a receiver has everything that acknowledges all below `offset` of R.
    ///
    /// Within bytes that were put in, that is the byte to which they belong. Bytes that were taken out count as
    /// acknowledged once everything before them is.
    public func toSender(_ offset: Int64) -> Int64 {
        if offset < 0 { return offset }
        if offset < floor.receiver { return max(0, offset - floor.receiver + floor.sender) }
        let index = firstEdit { $0.place > offset }
        guard index > 0 else { return offset - floor.receiver + floor.sender }
        let edit = edits[index - 1]
        return offset < edit.placeEnd ? edit.owner : edit.end + (offset - edit.placeEnd)
    }

    /// What of S a receiver has that has this range of R; nil when no byte of S is in it as a whole.
    public func toSender(_ range: Range<Int64>) -> Range<Int64>? {
        guard !range.isEmpty else { return nil }
        // The first byte that begins within it, and the first that does not end there.
        let start =
            range.lowerBound == floor.receiver ? floor.sender : toSender(range.lowerBound - 1) + 1
        let end = toSender(range.upperBound)
        return start < end ? start..<end : nil
    }

    /// The receiver has acknowledged all below `offset` of R: edits below are forgotten.
    ///
    /// - Parameters:
    ///   - offset: a place of R; what lies behind `passed` is left out.
    ///   - passed: up to where of S bytes have left.
    public mutating func acknowledge(_ offset: Int64, passed: Int64) {
        let acknowledged = min(offset, toReceiver(passed))
        let count = firstEdit { $0.placeEnd > acknowledged }
        guard count > 0 else { return }
        let last = edits[count - 1]
        floor = Place(sender: last.end, receiver: last.placeEnd)
        edits.removeFirst(count)
        let unused = edits.first?.from ?? inserted.count
        // Moving what is left is worth its time when that is less than what goes.
        guard unused * 2 >= inserted.count else { return }
        inserted.removeFirst(unused)
        for index in edits.indices { edits[index].from -= unused }
    }

    /// The first edit for which `condition` is true, as it is for all behind it; ``count`` when there is none.
    func firstEdit(where condition: (Edit) -> Bool) -> Int {
        var low = 0
        var high = edits.count
        while low < high {
            let middle = (low + high) / 2
            if condition(edits[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
