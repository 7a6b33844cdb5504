// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// What a segment becomes.
public struct StreamOutput: Equatable, Sendable {
    /// Where it stands, as the receiver counts.
    public var offset: Int64
    /// Payload bytes.
    public var count: Int
    /// The segment had payload and has none any more.
    ///
    /// Its receiver has all of it, or all before it counts for all of it; a segment without payload one number below
    /// `offset` (RFC 9293, section 3.8.4) makes it say so.
    public var isEmptied: Bool

    /// An output.
    public init(offset: Int64, count: Int, isEmptied: Bool) {
        self.offset = offset
        self.count = count
        self.isEmptied = isEmptied
    }
}

extension StreamEdits {
    /// Bytes that the payload of a segment becomes.
    public func outputLength(of segment: Range<Int64>) -> Int {
        Int(toReceiver(segment.upperBound) - toReceiver(start(of: segment)))
    }

    /// True when the payload of a segment is not what it was; else only its number changes.
    public func changes(_ segment: Range<Int64>) -> Bool {
        if segment.isEmpty { return false }
        if segment.lowerBound < floor.sender { return true }
        let index = firstEdit { $0.owner >= segment.lowerBound }
        if index < edits.count, edits[index].owner < segment.upperBound { return true }
        return index > 0 && edits[index - 1].end > segment.lowerBound
    }

    /// Writes what the payload `bytes` at `offset` of S becomes.
    ///
    /// - Parameters:
    ///   - bytes: the payload as it came.
    ///   - offset: where its first byte stands, as the sender counts.
    ///   - output: room for the result, apart from `bytes`; ``outputLength(of:)`` tells how much is needed.
    /// - Returns: what was written, at the beginning of `output`; nil, and nothing written, when it has no room.
    public func apply(
        _ bytes: ByteView,
        at offset: Int64,
        into output: MutableByteView
    ) -> StreamOutput? {
        let segment = offset..<offset + Int64(bytes.count)
        let start = start(of: segment)
        let length = outputLength(of: segment)
        guard length <= output.count else { return nil }

        var at = start
        var written = 0
        func copy(upTo end: Int64) {
            guard end > at else { return }
            output.set(bytes.slice(Int(at - offset), Int(end - at)), at: written)
            written += Int(end - at)
            at = end
        }
        let first = firstEdit { $0.owner >= start }
        // What the edit before took out may reach into the segment.
        if first > 0 { at = min(max(at, edits[first - 1].end), segment.upperBound) }
        for edit in edits[first...] {
            guard edit.owner < segment.upperBound else { break }
            copy(upTo: edit.at)
            for index in edit.from..<edit.from + edit.count {
                output[written] = inserted[index]
                written += 1
            }
            at = max(at, min(edit.end, segment.upperBound))
        }
        copy(upTo: segment.upperBound)
        assert(written == length)
        return StreamOutput(
            offset: length == 0 ? toReceiver(segment.upperBound) : toReceiver(start),
            count: length,
            isEmptied: length == 0 && bytes.count > 0
        )
    }

    /// The first byte of a segment of which anything is still to be told: what is folded stays behind.
    func start(of segment: Range<Int64>) -> Int64 {
        min(max(segment.lowerBound, floor.sender), segment.upperBound)
    }
}
